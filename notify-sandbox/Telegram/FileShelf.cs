using System.Security.Cryptography;

namespace Notify.Sandbox.Telegram;

/// <summary>Photos and documents by id and by path, bounded in bytes. Guarded by the world's gate.</summary>
internal sealed class FileShelf(long maxBytes)
{
    private readonly Dictionary<string, StoredFile> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StoredFile> _byPath = new(StringComparer.Ordinal);
    private readonly Queue<StoredFile> _order = new();
    private long _bytes;
    private int _count;

    /// <summary>Finds a file by its id; the ids of a photo's smaller sizes end in one more letter.</summary>
    public StoredFile? ById(string id) =>
        _byId.GetValueOrDefault(id) ?? (id.Length > 1 ? _byId.GetValueOrDefault(id[..^1]) : null);

    public StoredFile? ByPath(string path) => _byPath.GetValueOrDefault(path);

    public StoredFile Add(byte[] bytes, string name, string mimeType, (int Width, int Height)? photo)
    {
        var number = _count++;
        var unique = Convert.ToHexString(SHA256.HashData(bytes), 0, 8);
        var extension =
            Path.GetExtension(name) is { Length: > 1 and <= 8 } given && given.Skip(1).All(char.IsAsciiLetterOrDigit)
                ? given
                : "";
        var file = new StoredFile
        {
            // Letters at the end would be taken for a photo's size.
            Id = $"{(photo is null ? "BQAC" : "AgAC")}{unique}-{number}",
            UniqueId = $"AQAD{unique}",
            Path = photo is null
                ? $"documents/file_{number}{extension}"
                : $"photos/file_{number}{(mimeType == "image/png" ? ".png" : ".jpg")}",
            Name = name,
            MimeType = mimeType,
            Bytes = bytes,
            Width = photo?.Width ?? 0,
            Height = photo?.Height ?? 0,
        };
        _byId.Add(file.Id, file);
        _byPath.Add(file.Path, file);
        _order.Enqueue(file);
        _bytes += bytes.Length;
        while (_bytes > maxBytes && _order.Count > 1)
        {
            var oldest = _order.Dequeue();
            _byId.Remove(oldest.Id);
            _byPath.Remove(oldest.Path);
            _bytes -= oldest.Bytes.Length;
        }

        return file;
    }
}
