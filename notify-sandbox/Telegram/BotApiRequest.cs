using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Notify.Sandbox.Telegram;

/// <summary>A file part of a multipart request.</summary>
internal sealed record UploadedFile(string FileName, string ContentType, byte[] Bytes);

/// <summary>The fields of one call, from the query and from a form, multipart or JSON body; the body wins.</summary>
internal sealed class BotApiRequest
{
    // Telegram refuses bodies over 50 MB before it reads them; a little is added for the other fields.
    private const long LargestBody = (50L * 1024 * 1024) + (64 * 1024);

    private static readonly UTF8Encoding StrictUtf8 = new(
        encoderShouldEmitUTF8Identifier: false,
        throwOnInvalidBytes: true
    );

    // A null value is a string that isn't UTF-8.
    private readonly Dictionary<string, string?> _fields = new(StringComparer.Ordinal);
    private readonly Dictionary<string, UploadedFile> _files = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, string?> Fields => _fields;

    public IReadOnlyDictionary<string, UploadedFile> Files => _files;

    /// <summary>The field <c>chat_id</c>, if it is a number.</summary>
    public long? ChatId =>
        _fields.TryGetValue("chat_id", out var text)
        && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id)
            ? id
            : null;

    /// <summary>Reads the whole request.</summary>
    /// <exception cref="BotApiRefusal">The body is over the limit or not what its type says.</exception>
    public static async Task<BotApiRequest> ReadAsync(HttpRequest http, CancellationToken cancellation)
    {
        var request = new BotApiRequest();
        if (http.QueryString.HasValue)
        {
            request.AddUrlEncoded(Encoding.Latin1.GetBytes(http.QueryString.Value![1..]));
        }

        if (!HttpMethods.IsPost(http.Method))
        {
            return request;
        }

        if (http.ContentLength > LargestBody)
        {
            throw BotApiRefusal.EntityTooLarge();
        }

        if (!MediaTypeHeaderValue.TryParse(http.ContentType, out var type))
        {
            return request;
        }

        if (type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            await request.AddMultipartAsync(type, http.Body, cancellation);
            return request;
        }

        var body = await ReadBoundedAsync(http.Body, LargestBody, (int)(http.ContentLength ?? 0), cancellation);
        if (type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
        {
            request.AddUrlEncoded(body);
        }
        else if (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase))
        {
            request.AddJson(body);
        }

        return request;
    }

    /// <summary>A field as text; empty where it is missing.</summary>
    /// <exception cref="BotApiRefusal">It isn't UTF-8.</exception>
    public string Text(string name) =>
        _fields.TryGetValue(name, out var value) ? value ?? throw BotApiRefusal.NotUtf8() : "";

    /// <summary>A field as a number within limits; anything else counts as <paramref name="otherwise"/>.</summary>
    public int Number(string name, int otherwise, int least = int.MinValue, int most = int.MaxValue) =>
        _fields.TryGetValue(name, out var value)
        && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? (int)Math.Clamp(number, least, most)
            : otherwise;

    /// <summary>A field as a yes or no.</summary>
    public bool Flag(string name)
    {
        var value = Text(name);
        return value.Equals("true", StringComparison.OrdinalIgnoreCase)
            || value.Equals("yes", StringComparison.OrdinalIgnoreCase)
            || value == "1";
    }

    /// <summary>A field that holds JSON, or null where it is missing, empty or JSON's null.</summary>
    /// <exception cref="BotApiRefusal">It isn't JSON.</exception>
    public JsonElement? Json(string name, string inErrors)
    {
        var text = Text(name);
        if (text.Length == 0)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Null ? null : document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw BotApiRefusal.BadRequest($"can't parse {inErrors} JSON object");
        }
    }

    private void AddUrlEncoded(byte[] encoded)
    {
        foreach (var pair in encoded.AsSpan().Split((byte)'&'))
        {
            var part = encoded.AsSpan(pair);
            if (part.IsEmpty)
            {
                continue;
            }

            var equals = part.IndexOf((byte)'=');
            var name = Strict(UrlDecode(equals < 0 ? part : part[..equals]));
            if (name is not null)
            {
                _fields[name] = equals < 0 ? "" : Strict(UrlDecode(part[(equals + 1)..]));
            }
        }
    }

    private void AddJson(byte[] body)
    {
        if (body.Length == 0)
        {
            return;
        }

        try
        {
            var reader = new Utf8JsonReader(body);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new JsonException();
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                var name = StringOrNull(ref reader);
                reader.Read();
                string? value;
                if (reader.TokenType == JsonTokenType.String)
                {
                    value = StringOrNull(ref reader);
                }
                else
                {
                    var begin = (int)reader.TokenStartIndex;
                    reader.Skip();
                    value = Strict(body.AsSpan(begin, (int)reader.BytesConsumed - begin));
                }

                if (name is not null)
                {
                    _fields[name] = value;
                }
            }
        }
        catch (JsonException)
        {
            throw BotApiRefusal.BadRequest("can't parse JSON object");
        }
    }

    /// <summary>Half a surrogate pair and bytes that aren't UTF-8 make no string.</summary>
    private static string? StringOrNull(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private async Task AddMultipartAsync(MediaTypeHeaderValue type, Stream body, CancellationToken cancellation)
    {
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value;
        if (string.IsNullOrEmpty(boundary))
        {
            throw BotApiRefusal.BadRequest("can't find boundary in Content-Type");
        }

        var left = LargestBody;
        try
        {
            var reader = new MultipartReader(boundary, body);
            while (await reader.ReadNextSectionAsync(cancellation) is { } section)
            {
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition))
                {
                    continue;
                }

                var bytes = await ReadBoundedAsync(section.Body, left, 0, cancellation);
                left -= bytes.Length;
                var name = HeaderUtilities.RemoveQuotes(disposition.Name).Value ?? "";
                if (disposition.FileName.HasValue || disposition.FileNameStar.HasValue)
                {
                    var fileName = disposition.FileNameStar.HasValue
                        ? disposition.FileNameStar.Value!
                        : HeaderUtilities.RemoveQuotes(disposition.FileName).Value!;
                    _files[name] = new UploadedFile(
                        Path.GetFileName(fileName),
                        section.ContentType ?? "application/octet-stream",
                        bytes
                    );
                }
                else
                {
                    _fields[name] = Strict(bytes);
                }
            }
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw BotApiRefusal.BadRequest("can't parse multipart form data");
        }
    }

    private static async Task<byte[]> ReadBoundedAsync(
        Stream body,
        long most,
        int expected,
        CancellationToken cancellation
    )
    {
        using var read = new MemoryStream(expected);
        var buffer = new byte[16 * 1024];
        int count;
        while ((count = await body.ReadAsync(buffer, cancellation)) > 0)
        {
            if (read.Length + count > most)
            {
                throw BotApiRefusal.EntityTooLarge();
            }

            await read.WriteAsync(buffer.AsMemory(0, count), cancellation);
        }

        return read.ToArray();
    }

    private static string? Strict(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>By bytes, since what is encoded may be invalid UTF-8, which must be refused and not replaced.</summary>
    private static byte[] UrlDecode(ReadOnlySpan<byte> encoded)
    {
        var decoded = new byte[encoded.Length];
        var length = 0;
        for (var i = 0; i < encoded.Length; i++)
        {
            var b = encoded[i];
            if (
                b == '%'
                && i + 2 < encoded.Length
                && char.IsAsciiHexDigit((char)encoded[i + 1])
                && char.IsAsciiHexDigit((char)encoded[i + 2])
            )
            {
                b = byte.Parse(encoded.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                i += 2;
            }
            else if (b == '+')
            {
                b = (byte)' ';
            }

            decoded[length++] = b;
        }

        return decoded[..length];
    }
}
