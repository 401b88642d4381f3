using System.Buffers;
using System.Globalization;
using System.Text;

namespace Notify.Sending;

/// <summary>Reads a complete HTTP/1.1 answer, after the connection was closed.</summary>
internal static class HttpAnswer
{
    /// <summary>Parses the answer; null if it is cut short or not HTTP.</summary>
    internal static SendApiAnswer? Parse(ReadOnlySpan<byte> answer)
    {
        while (true)
        {
            var headEnd = answer.IndexOf("\r\n\r\n"u8);
            if (headEnd < 0 || !answer.StartsWith("HTTP/1."u8))
            {
                return null;
            }

            var head = Encoding.Latin1.GetString(answer[..headEnd]).Split("\r\n");
            var words = head[0].Split(' ', 3);
            if (
                words.Length < 2
                || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            )
            {
                return null;
            }

            answer = answer[(headEnd + 4)..];
            if (status is < 200 and not 101)
            {
                // 100 Continue and the like precede the real answer.
                continue;
            }

            return Body(answer, head) is { } body ? new SendApiAnswer(status, body) : null;
        }
    }

    private static byte[]? Body(ReadOnlySpan<byte> rest, IReadOnlyList<string> head)
    {
        if (
            Header(head, "Transfer-Encoding") is { } encoding
            && encoding.Contains("chunked", StringComparison.OrdinalIgnoreCase)
        )
        {
            return Unchunk(rest);
        }

        if (Header(head, "Content-Length") is not { } length)
        {
            return rest.ToArray();
        }

        return
            int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size <= rest.Length
            ? rest[..size].ToArray()
            : null;
    }

    private static string? Header(IReadOnlyList<string> head, string name) =>
        head.Skip(1)
            .FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
            ?[(name.Length + 1)..].Trim();

    private static byte[]? Unchunk(ReadOnlySpan<byte> rest)
    {
        var body = new ArrayBufferWriter<byte>();
        while (true)
        {
            var lineEnd = rest.IndexOf("\r\n"u8);
            if (lineEnd < 0)
            {
                return null;
            }

            var line = Encoding.Latin1.GetString(rest[..lineEnd]).Split(';')[0].Trim();
            if (
                !int.TryParse(line, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size)
                || size < 0
            )
            {
                return null;
            }

            rest = rest[(lineEnd + 2)..];
            if (size == 0)
            {
                return body.WrittenSpan.ToArray();
            }

            if (rest.Length < size + 2)
            {
                return null;
            }

            body.Write(rest[..size]);
            rest = rest[(size + 2)..];
        }
    }
}
