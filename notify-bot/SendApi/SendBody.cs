using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Http;
using Notify.Posix;
using Notify.Text;

namespace Notify.Bot.SendApi;

/// <summary>Reads request bodies within their limits.</summary>
internal static class SendBody
{
    /// <summary>Largest picture that stays in memory while it arrives, in bytes. A larger one goes to a file in the private folder.</summary>
    private const int InMemory = 1_000_000;

    private const int MaxParts = 48;

    internal static bool IsForm(HttpRequest request) =>
        request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Reads a JSON body.</summary>
    /// <param name="request">The request.</param>
    /// <param name="most">Its largest size in bytes.</param>
    /// <param name="cancellation">The caller is gone.</param>
    /// <exception cref="ApiException">It is too large or malformed.</exception>
    internal static async Task<ReadOnlyMemory<byte>> ReadAsync(
        HttpRequest request,
        int most,
        CancellationToken cancellation
    )
    {
        if (request.ContentLength > most)
        {
            throw TooLarge();
        }

        var body = new MemoryStream((int)(request.ContentLength ?? 1024));
        var buffer = new byte[16 * 1024];
        int count;
        while ((count = await ReadAsync(request.Body, buffer, cancellation)) > 0)
        {
            if (body.Length + count > most)
            {
                throw TooLarge();
            }

            body.Write(buffer.AsSpan(0, count));
        }

        return body.GetBuffer().AsMemory(0, (int)body.Length);

        ApiException TooLarge() =>
            new(
                StatusCodes.Status413PayloadTooLarge,
                string.Create(CultureInfo.InvariantCulture, $"The body is over {most} bytes. Shorten the text.")
            );
    }

    private static async Task<int> ReadAsync(Stream body, byte[] buffer, CancellationToken cancellation)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellation);
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            throw new ApiException(
                StatusCodes.Status400BadRequest,
                "The body is malformed: its chunks do not fit together, or it is cut short."
            );
        }
    }

    /// <summary>Reads a form: its fields, pictures and files.</summary>
    /// <param name="request">The request.</param>
    /// <param name="temporaryFolder">The folder for large files while they arrive.</param>
    /// <param name="grow">Takes another turn for each further <see cref="SendApiLimits.Photo"/> bytes; throws if there is none.</param>
    /// <param name="cancellation">The caller is gone.</param>
    /// <exception cref="ApiException">The form is malformed or over the limits.</exception>
    /// <exception cref="OutboxNotWritableException">The arriving picture can't be stored.</exception>
    internal static async Task<ReceivedForm> ReadFormAsync(
        HttpRequest request,
        string temporaryFolder,
        Action grow,
        CancellationToken cancellation
    )
    {
        if (request.ContentLength > SendApiLimits.Attachments + SendApiLimits.FormFields)
        {
            throw TooLarge();
        }

        var boundary = MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            ? HeaderUtilities.RemoveQuotes(type.Boundary).Value
            : null;
        if (string.IsNullOrEmpty(boundary) || boundary.Length > 200)
        {
            throw new ApiException(StatusCodes.Status400BadRequest, "The form has no boundary in its Content-Type.");
        }

        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        var attachments = new ReceivedAttachments(grow);
        try
        {
            var reader = new MultipartReader(boundary, request.Body)
            {
                HeadersCountLimit = 16,
                HeadersLengthLimit = 8 * 1024,
            };
            var room = SendApiLimits.FormFields;
            for (var parts = 0; await reader.ReadNextSectionAsync(cancellation) is { } section; parts++)
            {
                if (
                    parts >= MaxParts
                    || !ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)
                    || HeaderUtilities.RemoveQuotes(disposition.Name).Value is not { Length: > 0 and <= 100 } name
                )
                {
                    throw new ApiException(
                        StatusCodes.Status400BadRequest,
                        $"The form has a part without a name, or more than {MaxParts} parts."
                    );
                }

                if (name is SendField.Photo or SendField.Photos)
                {
                    attachments.RequireRoomForPicture(name);
                    attachments.AddPicture(name, await ReceiveAsync(section.Body, temporaryFolder, cancellation));
                    continue;
                }

                if (name == SendField.Files)
                {
                    attachments.RequireRoomForFile();
                    attachments.AddFile(
                        FileName(disposition)
                            ?? throw ApiException.Field(
                                SendField.Files,
                                "has a part that is no file: give it a filename"
                            ),
                        await ReceiveAsync(section.Body, temporaryFolder, cancellation)
                    );
                    continue;
                }

                if (FileName(disposition) is not null && FilePart(name) is { } part)
                {
                    throw ApiException.Field(name, $"holds a file, and the bot knows no such part: name it '{part}'");
                }

                var text = await ReadFieldAsync(section.Body, room, cancellation);
                room -= text.Length;
                fields[name] = Encoding.UTF8.GetString(text);
            }

            return new ReceivedForm(new FormFields(fields), attachments);
        }
        catch (Exception e)
        {
            await attachments.DisposeAsync();

            throw e
                is InvalidDataException
                    or IOException
                    and not (BadHttpRequestException or OutboxNotWritableException)
                ? new ApiException(
                    StatusCodes.Status400BadRequest,
                    "The form is malformed: it is cut short, or a part has no end."
                )
            : e is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } ? TooLarge()
            : e;
        }
    }

    /// <summary>The part that a misspelt one with a file means; null if it is something else. A file must not get lost as an unknown field.</summary>
    private static string? FilePart(string name) =>
        NearestName.Find(name, [SendField.Files, "document", "attachment"]) is not null ? SendField.Files
        : NearestName.Find(name, [SendField.Photos, SendField.Photo, SendField.Images, "picture"]) is not null
            ? SendField.Photos
        : null;

    /// <summary>The name of an arriving file as its sender wrote it; null if the part is no file. Curl escapes quotes in it.</summary>
    private static string? FileName(ContentDispositionHeaderValue disposition) =>
        disposition.FileNameStar.HasValue ? disposition.FileNameStar.Value
        : disposition.FileName.HasValue ? HeaderUtilities.UnescapeAsQuotedString(disposition.FileName).Value
        : null;

    /// <summary>Copies a whole file, as <see cref="ReadFormAsync"/> keeps an arriving picture. The caller disposes the stream.</summary>
    /// <param name="file">The file.</param>
    /// <param name="size">Its expected size in bytes.</param>
    /// <param name="temporaryFolder">The folder for a large copy.</param>
    /// <param name="cancellation">Ends the copying.</param>
    /// <returns>Null if the file is larger, or can't be read to its end.</returns>
    /// <exception cref="OutboxNotWritableException">The copy can't be stored.</exception>
    internal static async Task<Stream?> CopyAsync(
        Stream file,
        long size,
        string temporaryFolder,
        CancellationToken cancellation
    )
    {
        try
        {
            return await KeepAsync(file, size, temporaryFolder, cancellation);
        }
        catch (IOException e) when (e is not OutboxNotWritableException)
        {
            return null;
        }
    }

    private static async Task<Stream> ReceiveAsync(
        Stream part,
        string temporaryFolder,
        CancellationToken cancellation
    ) => await KeepAsync(part, SendApiLimits.Photo, temporaryFolder, cancellation) ?? throw TooLarge();

    /// <summary>Reads a stream to its end into memory or a file. Tells disk errors apart from errors of the stream.</summary>
    /// <returns>Null if it has more than <paramref name="most"/> bytes.</returns>
    private static async Task<Stream?> KeepAsync(
        Stream part,
        long most,
        string temporaryFolder,
        CancellationToken cancellation
    )
    {
        Stream received = new MemoryStream();
        try
        {
            var buffer = new byte[64 * 1024];
            int count;
            while ((count = await part.ReadAsync(buffer, cancellation)) > 0)
            {
                if (received.Length + count > most)
                {
                    await received.DisposeAsync();
                    return null;
                }

                try
                {
                    if (received is MemoryStream memory && received.Length + count > InMemory)
                    {
                        received = NewTemporary(temporaryFolder);
                        await using (memory)
                        {
                            memory.Position = 0;
                            await memory.CopyToAsync(received, cancellation);
                        }
                    }

                    await received.WriteAsync(buffer.AsMemory(0, count), cancellation);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    throw new OutboxNotWritableException(e.Message, e);
                }
            }

            received.Position = 0;
            return received;
        }
        catch
        {
            await received.DisposeAsync();
            throw;
        }
    }

    /// <summary>A private file that is deleted when it is closed.</summary>
    private static FileStream NewTemporary(string folder)
    {
        Directory.CreateDirectory(folder, FileModes.OwnerFolder);
        return new FileStream(
            Path.Combine(folder, Path.GetRandomFileName()),
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                BufferSize = 0,
                Options = FileOptions.DeleteOnClose,
                UnixCreateMode = FileModes.OwnerFile,
            }
        );
    }

    private static async Task<byte[]> ReadFieldAsync(Stream part, int room, CancellationToken cancellation)
    {
        using var text = new MemoryStream();
        var buffer = new byte[4096];
        int count;
        while ((count = await part.ReadAsync(buffer, cancellation)) > 0)
        {
            if (text.Length + count > room)
            {
                throw TooLarge();
            }

            text.Write(buffer.AsSpan(0, count));
        }

        return text.ToArray();
    }

    private static ApiException TooLarge() =>
        new(
            StatusCodes.Status413PayloadTooLarge,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Too large: a photo or file may have {SendApiLimits.Photo / 1_000_000} MB, all of them together {SendApiLimits.Attachments / 1_000_000} MB, all other fields together {SendApiLimits.FormFields / 1_000_000} MB. Make the chart smaller (plt.savefig with a lower dpi)."
            )
        );
}
