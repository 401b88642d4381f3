using System.Text;

namespace Notify.Sandbox.Telegram.Text;

/// <summary>Markup that Telegram can't parse. The message is what follows <c>can't parse entities: </c>.</summary>
internal sealed class MarkupException(string message) : Exception(message)
{
    /// <summary>Telegram counts places in markup in UTF-8 bytes.</summary>
    public static int ByteOffset(string text, int index) => Encoding.UTF8.GetByteCount(text.AsSpan(0, index));
}

/// <summary>Looking at markup character by character, past its end too.</summary>
internal readonly struct Markup(string text)
{
    public int Length => text.Length;

    /// <summary>The character there, or NUL past the end.</summary>
    public char this[int index] => index < text.Length ? text[index] : '\0';

    /// <summary>What Telegram takes for a space in tags and language names; the end of the text counts as one.</summary>
    public static bool IsSpace(char c) => c is ' ' or '\t' or '\r' or '\n' or '\v' or '\0';

    /// <summary>
    /// The head of a code block, from behind its three backticks: a language name if one follows and a space or line end after it, then one
    /// line end. Moves <paramref name="index"/> to the first character of the code.
    /// </summary>
    public string? TakeCodeBlockHead(ref int index)
    {
        var end = index;
        while (!IsSpace(this[end]) && this[end] != '`')
        {
            end++;
        }

        string? language = null;
        if (end != index && end < Length && this[end] != '`')
        {
            language = text[index..end];
            index = end;
        }

        if (this[index] is '\n' or '\r')
        {
            index += this[index + 1] is '\n' or '\r' && this[index] != this[index + 1] ? 2 : 1;
        }

        return language;
    }
}
