using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Notify.Images;

namespace Notify.Bot.Outbox;

/// <summary>A chart or file in the folder of attachments.</summary>
/// <param name="Id">Its random id, the file's name without ending.</param>
public abstract record StoredAttachment(string Id)
{
    /// <summary>Length of a notification's id.</summary>
    private const int IdLength = 22;

    /// <summary>Its size in bytes.</summary>
    public abstract long ByteLength { get; }

    /// <summary>Its name in the folder.</summary>
    internal abstract string FileName { get; }

    /// <summary>The name of an attachment in the send API: its notification's id and its number, from 1.</summary>
    public static string Reference(string notificationId, int index) =>
        string.Create(CultureInfo.InvariantCulture, $"{notificationId}.{index + 1}");

    /// <summary>Reads <see cref="Reference"/>; null for another text.</summary>
    internal static (string NotificationId, int Index)? ParseReference(string reference) =>
        reference.Length is > IdLength + 1 and <= IdLength + 3
        && reference[IdLength] == '.'
        && int.TryParse(reference.AsSpan(IdLength + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number > 0
            ? (reference[..IdLength], number - 1)
            : null;
}

/// <summary>A chart in the folder of attachments.</summary>
/// <param name="Id">Its random id.</param>
/// <param name="Info">Kind and size.</param>
public sealed record StoredImage(string Id, ImageInfo Info) : StoredAttachment(Id)
{
    /// <inheritdoc />
    public override long ByteLength => Info.ByteLength;

    internal override string FileName => Id + Info.Extension;
}

/// <summary>A file in the folder of attachments.</summary>
/// <param name="Id">Its random id.</param>
/// <param name="Name">The name that its sender gave it, cleaned.</param>
/// <param name="ByteLength">Its size in bytes.</param>
public sealed record StoredFile(string Id, string Name, long ByteLength) : StoredAttachment(Id)
{
    /// <inheritdoc />
    public override long ByteLength { get; } = ByteLength;

    internal override string FileName => Id + ".file";
}

/// <summary>The attachments of a notification as JSON in a column.</summary>
internal static class AttachmentColumn
{
    internal static string? Write(IReadOnlyList<StoredAttachment> attachments) =>
        attachments.Count == 0
            ? null
            : JsonSerializer.Serialize(
                attachments
                    .Select(attachment =>
                        attachment switch
                        {
                            StoredImage image => new AttachmentEntry(
                                image.Id,
                                image.ByteLength,
                                Kind: (int)image.Info.Kind,
                                Width: image.Info.Width,
                                Height: image.Info.Height
                            ),
                            StoredFile file => new AttachmentEntry(file.Id, file.ByteLength, file.Name),
                            _ => throw new InvalidOperationException($"No entry for {attachment.GetType().Name}."),
                        }
                    )
                    .ToList(),
                AttachmentJson.Default.ListAttachmentEntry
            );

    /// <exception cref="FormatException">It is not what <see cref="Write"/> writes.</exception>
    internal static IReadOnlyList<StoredAttachment> Read(string? column)
    {
        if (column is null)
        {
            return [];
        }

        try
        {
            return
            [
                .. JsonSerializer
                    .Deserialize(column, AttachmentJson.Default.ListAttachmentEntry)!
                    .Select(entry =>
                        entry.Kind is { } kind
                            ? (StoredAttachment)
                                new StoredImage(
                                    entry.Id,
                                    new ImageInfo((ImageKind)kind, entry.Width ?? 1, entry.Height ?? 1, entry.Bytes)
                                )
                            : new StoredFile(entry.Id, entry.Name ?? "file", entry.Bytes)
                    ),
            ];
        }
        catch (JsonException e)
        {
            throw new FormatException("The attachments of a notification can't be read.", e);
        }
    }
}

/// <summary>An attachment in a column.</summary>
internal sealed record AttachmentEntry(
    string Id,
    long Bytes,
    string? Name = null,
    int? Kind = null,
    int? Width = null,
    int? Height = null
);

/// <summary>A button in a column.</summary>
internal sealed record ButtonEntry(string Text, string? Url = null, string? Run = null, string? Show = null);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(List<AttachmentEntry>))]
[JsonSerializable(typeof(List<ButtonEntry>))]
internal sealed partial class AttachmentJson : JsonSerializerContext;
