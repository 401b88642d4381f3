using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Notify.Bot.Outbox;
using Notify.Sending;

namespace Notify.Bot.SendApi;

/// <summary>Reads request bodies within their limits (specification, section 7).</summary>
internal static class SendBody
{
    /// <summary>A picture up to this size stays in memory while it is received; a larger one goes through a file in the private folder.</summary>
    private const int InMemory = 1_000_000;

    private const int MaxParts = 32;

    internal static bool IsForm(HttpRequest request) =>
        request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Reads a body of JSON.</summary>
    /// <param name="request">The request.</param>
    /// <param name="most">How many bytes it may have.</param>
    /// <param name="cancellation">The caller is gone.</param>
    /// <exception cref="ApiException">It is too large, or broken.</exception>
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
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The body is over {most} bytes. Shorten the text, or send what is long as a file."
                )
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
                "The body is broken: its chunks do not fit together, or it is cut short."
            );
        }
    }

    /// <summary>Reads a form: its fields, and the file part <c>photo</c> if there is one. The stream is the caller's to dispose.</summary>
    /// <exception cref="ApiException">The form is broken, or over the limits.</exception>
    /// <exception cref="OutboxNotWritableException">The picture can't be stored while it is received.</exception>
    internal static async Task<(FormFields Fields, Stream? Photo)> ReadFormAsync(
        HttpRequest request,
        string temporaryFolder,
        CancellationToken cancellation
    )
    {
        if (request.ContentLength > SendApiLimits.Photo + SendApiLimits.FormFields)
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
        Stream? photo = null;
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

                if (name == "photo")
                {
                    if (photo is not null)
                    {
                        throw ApiException.Field("photo", "is there twice");
                    }

                    photo = await ReceiveAsync(section.Body, temporaryFolder, cancellation);
                    continue;
                }

                var text = await ReadFieldAsync(section.Body, room, cancellation);
                room -= text.Length;
                fields[name] = Encoding.UTF8.GetString(text);
            }

            return (new FormFields(fields), photo);
        }
        catch (Exception e)
        {
            if (photo is not null)
            {
                await photo.DisposeAsync();
            }

            throw e
                is InvalidDataException
                    or IOException
                    and not (BadHttpRequestException or OutboxNotWritableException)
                ? new ApiException(
                    StatusCodes.Status400BadRequest,
                    "The form is broken: it is cut short, or a part of it has no end."
                )
            : e is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } ? TooLarge()
            : e;
        }
    }

    /// <summary>Copies a file up to its end, as <see cref="ReadFormAsync"/> keeps a picture that is received. The stream is the caller's to dispose.</summary>
    /// <param name="file">The file.</param>
    /// <param name="size">How many bytes it should have.</param>
    /// <param name="temporaryFolder">Where a large copy is kept.</param>
    /// <param name="cancellation">Ends the copying.</param>
    /// <returns>Null where the file has more bytes, or can't be read to its end.</returns>
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

    /// <summary>Keeps what a stream gives up to its end. What goes wrong with the disk is none of the stream's faults, and so is told from them here.</summary>
    /// <returns>Null where it gives more than <paramref name="most"/> bytes.</returns>
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

    /// <summary>A file for the bot alone that goes when it is closed.</summary>
    private static FileStream NewTemporary(string folder)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new FileStream(
            Path.Combine(folder, Path.GetRandomFileName()),
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                BufferSize = 0,
                Options = FileOptions.DeleteOnClose,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
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
                $"Too large: a photo may have {SendApiLimits.Photo / 1_000_000} MB, all other fields together {SendApiLimits.FormFields / 1_000_000} MB. Make the chart smaller (plt.savefig with a lower dpi)."
            )
        );
}
