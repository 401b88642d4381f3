using Notify.Scripts;

namespace Notify.Command;

/// <summary>What programs print, as it would stand on a terminal at the end.</summary>
internal static class PrintedText
{
    /// <summary>Removes terminal codes, and of a progress line all but its last state.</summary>
    internal static string Clean(string text)
    {
        text = TerminalCodes.Remove(text).Replace("\r\n", "\n", StringComparison.Ordinal);
        if (!text.Contains('\r', StringComparison.Ordinal))
        {
            return text;
        }

        return string.Join('\n', text.Split('\n').Select(Overwritten));
    }

    private static string Overwritten(string line)
    {
        line = line.TrimEnd('\r');
        return line[(line.LastIndexOf('\r') + 1)..];
    }
}
