using System.Buffers;
using System.Text.Json;
using Notify.Files;

namespace Notify.Scripts;

/// <summary>A time in which a user's scripts are gone, as it is kept in <c>~/.notifications/folder.json</c> from round to round.</summary>
/// <param name="Since">When a round first found none.</param>
/// <param name="Told">Whether the owner's phone was told, and so must be told when they are back.</param>
public sealed record FolderOutage(DateTimeOffset Since, bool Told)
{
    /// <summary>The outage that earlier rounds found; null where there is none, or it can't be read.</summary>
    public static FolderOutage? Read(ScriptHome home)
    {
        ArgumentNullException.ThrowIfNull(home);
        if (!File.Exists(home.FolderFile))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(home.FolderFile));
            var root = document.RootElement;
            return new FolderOutage(
                DateTimeOffset.FromUnixTimeSeconds(root.GetProperty("gone_since").GetInt64()),
                root.TryGetProperty("told", out var told) && told.ValueKind == JsonValueKind.True
            );
        }
        catch (Exception e)
            when (e
                    is IOException
                        or UnauthorizedAccessException
                        or JsonException
                        or InvalidOperationException
                        or KeyNotFoundException
                        or FormatException
                        or ArgumentOutOfRangeException
            )
        {
            return null;
        }
    }

    /// <summary>Keeps it.</summary>
    /// <exception cref="FileNotWrittenException">It can't be written.</exception>
    public void Write(ScriptHome home)
    {
        ArgumentNullException.ThrowIfNull(home);
        var buffer = new ArrayBufferWriter<byte>(64);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("gone_since", Since.ToUnixTimeSeconds());
            writer.WriteBoolean("told", Told);
            writer.WriteEndObject();
        }

        AtomicFile.Replace(home.FolderFile, buffer.WrittenSpan, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Forgets it: the scripts are there again.</summary>
    /// <exception cref="IOException">It can't be taken away.</exception>
    /// <exception cref="UnauthorizedAccessException">There is no right to.</exception>
    public static void Forget(ScriptHome home)
    {
        ArgumentNullException.ThrowIfNull(home);
        File.Delete(home.FolderFile);
    }
}
