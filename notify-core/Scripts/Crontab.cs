using System.Text;

namespace Notify.Scripts;

/// <summary>
/// What the user's own crontab sets above the line that runs <c>notify-runner</c>: cron passes it to rounds, and a run on request sees it too. Read with
/// <c>crontab -l</c>, as the user. Lines of <c>/etc/crontab</c> and <c>/etc/cron.d</c> are not the user's and do not count.
/// </summary>
public static class Crontab
{
    private const string Program = "/usr/bin/crontab";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The variables, by name. Empty where there is no crontab, no line of the runner's in it, or no right to look.</summary>
    public static IReadOnlyDictionary<string, string> Variables(
        ScriptHome home,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(home);
        try
        {
            var environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["PATH"] = "/usr/bin:/bin",
                ["HOME"] = home.Home,
                ["USER"] = home.Account.Name,
                ["LOGNAME"] = home.Account.Name,
            };
            var start = new ProcessStart(Program, ["-l"], environment, "/", ScriptRunner.NewMark());
            var listed = ScriptProcess.Run(start, _ => { }, Patience, time, cancellation);
            return listed is { End: ProcessEnd.ByItself, ExitStatus: 0 } && listed.OutputLength == listed.Output.Length
                ? Parse(Encoding.UTF8.GetString(listed.Output.Span))
                : new Dictionary<string, string>(StringComparer.Ordinal);
        }
        catch (IOException)
        {
            // cron is not installed.
            return new Dictionary<string, string>(StringComparer.Ordinal);
        }
    }

    /// <summary>The variables of a crontab's text above its first line that runs a round; of one that is set twice the later counts.</summary>
    internal static Dictionary<string, string> Parse(string crontab)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var raw in crontab.Split('\n'))
        {
            var line = raw.TrimStart(' ', '\t');
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (TryReadVariable(line, out var name, out var value))
            {
                variables[name] = value;
            }
            else if (CrontabCommand.IsRound(line))
            {
                return variables;
            }
        }

        return new Dictionary<string, string>(StringComparer.Ordinal);
    }

    /// <summary>Reads <c>NAME = value</c> as Debian's cron does (env.c, load_env): name and value may be quoted, nothing is expanded, and a value ends without white space, also in quotes, whatever crontab(5) says.</summary>
    private static bool TryReadVariable(string line, out string name, out string value)
    {
        (name, value) = ("", "");
        var at = 0;
        if (!TryTake(line, ref at, isName: true, out name))
        {
            return false;
        }

        SkipSpace(line, ref at);
        if (at >= line.Length || line[at] != '=')
        {
            return false;
        }

        at++;
        SkipSpace(line, ref at);
        if (at >= line.Length || name.Length == 0 || !TryTake(line, ref at, isName: false, out value))
        {
            return false;
        }

        value = value.TrimEnd();
        SkipSpace(line, ref at);
        return at == line.Length;
    }

    /// <summary>A word in quotes, or an unquoted one: a name up to a space or '=', a value to the end of the line.</summary>
    private static bool TryTake(string line, ref int at, bool isName, out string word)
    {
        if (at < line.Length && line[at] is '"' or '\'')
        {
            var end = line.IndexOf(line[at], at + 1);
            word = end < 0 ? "" : line[(at + 1)..end];
            at = end + 1;
            return end >= 0 && !(isName && word.Contains('=', StringComparison.Ordinal));
        }

        var start = at;
        while (at < line.Length && !(isName && (char.IsWhiteSpace(line[at]) || line[at] == '=')))
        {
            at++;
        }

        word = line[start..at];
        return true;
    }

    private static void SkipSpace(string line, ref int at)
    {
        while (at < line.Length && char.IsWhiteSpace(line[at]))
        {
            at++;
        }
    }
}
