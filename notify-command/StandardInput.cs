using System.Text;
using Microsoft.Win32.SafeHandles;
using Notify.Contracts;
using Notify.Posix;

namespace Notify.Command;

/// <summary>A text from stdin.</summary>
/// <param name="Kept">The text, or its beginning.</param>
/// <param name="More">How many characters came after that.</param>
internal sealed record StandardInput(string Kept, long More)
{
    /// <summary>So many UTF-16 units are kept: many times what ten messages hold, and what the bot takes of markup.</summary>
    private const int MaxKept = SendApiLimits.JsonBody;

    /// <summary>Whether stdin is a pipe, a socket or a file: something that was put there to be read. A terminal or <c>/dev/null</c> is not.</summary>
    internal static bool IsGiven
    {
        get
        {
            if (!StandardStream.IsOpen(StandardStream.Input))
            {
                return false;
            }

            using var input = new SafeFileHandle(0, ownsHandle: false);
            try
            {
                return FileStatus.Of(input).Kind is FileKind.Regular or FileKind.Pipe or FileKind.Socket;
            }
            catch (IOException)
            {
                // Closed.
                return false;
            }
        }
    }

    /// <summary>Reads it to its end. What is not kept is read too: the program that writes it must not end because of it.</summary>
    /// <exception cref="InputException">It can't be read.</exception>
    internal static StandardInput Read()
    {
        if (!StandardStream.IsOpen(StandardStream.Input))
        {
            throw new InputException("stdin can't be read: it is closed");
        }

        try
        {
            using var stream = new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
            return Read(stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"stdin can't be read: {e.Message}");
        }
    }

    /// <summary>Reads UTF-8; what is not is replaced.</summary>
    internal static StandardInput Read(Stream stream)
    {
        var decoder = Encoding.UTF8.GetDecoder();
        var bytes = new byte[1 << 16];
        var characters = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
        var kept = new StringBuilder();
        var more = 0L;
        int count;
        do
        {
            count = stream.Read(bytes);
            var decoded = characters.AsSpan(0, decoder.GetChars(bytes.AsSpan(0, count), characters, flush: count == 0));
            var room = Math.Min(decoded.Length, MaxKept - kept.Length);
            kept.Append(decoded[..room]);
            foreach (var c in decoded[room..])
            {
                more += char.IsLowSurrogate(c) ? 0 : 1;
            }
        } while (count > 0);

        var text = kept.ToString();
        return new StandardInput(text.StartsWith('\uFEFF') ? text[1..] : text, more);
    }
}
