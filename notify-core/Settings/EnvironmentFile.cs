using System.Text;

namespace Notify.Settings;

/// <summary>
/// A file of settings as systemd reads it (systemd.exec(5), EnvironmentFile=): lines <c>NAME=value</c>, the value quoted or not; lines that are empty or begin with
/// <c>#</c> or <c>;</c> don't count. A value over several lines is not known here.
/// </summary>
public static class EnvironmentFile
{
    /// <summary>Reads it; of a name that is there twice the later line counts.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It is somebody else's.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(path))
        {
            var text = line.Trim();
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && text[0] is not ('#' or ';'))
            {
                found[text[..equals].TrimEnd()] = Value(text.AsSpan(equals + 1).Trim());
            }
        }

        return found;
    }

    private static string Value(ReadOnlySpan<char> text)
    {
        var value = new StringBuilder();
        var quote = '\0';
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quote != '\0' && c == quote)
            {
                quote = '\0';
            }
            else if (quote == '\0' && c is '"' or '\'' && value.Length == 0)
            {
                quote = c;
            }
            else if (c == '\\' && quote != '\'' && i + 1 < text.Length)
            {
                value.Append(text[++i]);
            }
            else
            {
                value.Append(c);
            }
        }

        return value.ToString();
    }
}
