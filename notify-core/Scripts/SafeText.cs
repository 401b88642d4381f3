using System.Text;

namespace Notify.Scripts;

/// <summary>Foreign text made fit for one line of a log, a terminal or a message: what a script prints may hold anything.</summary>
public static class SafeText
{
    /// <summary>The text on one line, cut, without control characters, in quotes.</summary>
    public static string Quoted(string text, int maxLength = 200) => $"\"{OneLine(text, maxLength)}\"";

    /// <summary>The text on one line, at most <paramref name="maxLength"/> UTF-16 units and three dots, without control and formatting characters.</summary>
    public static string OneLine(string text, int maxLength)
    {
        ArgumentNullException.ThrowIfNull(text);
        var shown = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown.Length + rune.Utf16SequenceLength > maxLength)
            {
                return shown.Append("...").ToString();
            }

            shown.Append(
                rune.Value is '\n' or '\r' or '\t' ? " "
                : UnseenCharacters.Include(rune) ? "?"
                : rune.ToString()
            );
        }

        return shown.ToString();
    }

    /// <summary>Several lines: control characters but the line feed replaced.</summary>
    public static string Lines(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var shown = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            shown.Append(
                rune.Value == '\n' ? "\n"
                : rune.Value == '\t' ? "    "
                : rune.Value == '\r' ? ""
                : UnseenCharacters.Include(rune) ? "?"
                : rune.ToString()
            );
        }

        return shown.ToString();
    }
}
