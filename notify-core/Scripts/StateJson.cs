using System.Buffers;
using System.Text.Json;
using Notify.Files;
using Notify.Posix;

namespace Notify.Scripts;

/// <summary>Reads and writes a small JSON file in a user's <c>~/.notifications</c>. Its owner may have edited or damaged it.</summary>
internal static class StateJson
{
    /// <summary>Reads a file; null if it does not exist, can't be read, or has other content than <paramref name="read"/> takes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxSize">The largest readable size in bytes.</param>
    /// <param name="read">Reads the content. May throw what <see cref="JsonElement"/> throws for another kind of value.</param>
    internal static T? TryRead<T>(string path, int maxSize, Func<JsonElement, T> read)
        where T : class
    {
        try
        {
            if (RegularFile.TryReadAll(path, maxSize) is not { } bytes)
            {
                return null;
            }

            using var document = JsonDocument.Parse(bytes);
            return read(document.RootElement);
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

    /// <summary>Writes an object to a file in one step.</summary>
    /// <exception cref="FileNotWrittenException">Writing failed; the old file is intact.</exception>
    internal static void Write(string path, Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        AtomicFile.Replace(path, buffer.WrittenSpan, FileModes.OwnerFile);
    }
}
