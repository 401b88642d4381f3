using System.Text.RegularExpressions;
using Notify.Schedules;

namespace Notify.Scripts;

/// <summary>The crontab line that runs a user's scripts, as documents, pages and programs show it, and the edits that put it there.</summary>
public static partial class CrontabLine
{
    /// <summary>The command that puts the line into the caller's crontab.</summary>
    public const string EnableCommand = "notify-runner enable";

    /// <summary>
    /// A round every minute: a script with a schedule runs in its minute, others as often as <see cref="DefaultEvery"/> says. The full
    /// path is needed, because cron's PATH does not have it. Nothing is redirected: the runner has its own log, and a shell that can't
    /// write a log starts no program.
    /// </summary>
    public const string EveryMinute = "* * * * * /usr/local/bin/notify-runner";

    /// <summary>The variable above the line.</summary>
    public const string DefaultEvery = ScriptSettings.DefaultEveryName + "=5m";

    /// <summary>Puts the line into a crontab. An older line of the runner is replaced, and everything else stays as it is.</summary>
    /// <param name="crontab">The whole crontab.</param>
    /// <param name="replaced">The lines that are replaced.</param>
    public static string Enable(string crontab, out IReadOnlyList<string> replaced)
    {
        var lines = Split(crontab);
        var rounds = Rounds(lines);
        var first = rounds.Count > 0 ? rounds[0] : lines.Count;
        var hasDefault = lines.Take(first).Any(IsDefaultEvery);
        string[] added = hasDefault ? [EveryMinute + "\n"] : [DefaultEvery + "\n", EveryMinute + "\n"];
        replaced = [.. rounds.Select(i => lines[i].TrimEnd('\n')).Where(line => line != EveryMinute)];
        var before = string.Concat(lines.Take(first));
        return string.Concat([
            before.Length == 0 || before.EndsWith('\n') ? before : before + "\n",
            .. added,
            .. lines.Skip(first).Where((_, i) => !rounds.Contains(first + i)),
        ]);
    }

    /// <summary>Takes the runner's lines out of a crontab, and the variable that <see cref="Enable"/> put above.</summary>
    /// <param name="crontab">The whole crontab.</param>
    /// <param name="removed">The removed lines that ran rounds.</param>
    public static string Disable(string crontab, out IReadOnlyList<string> removed)
    {
        var lines = Split(crontab);
        var rounds = Rounds(lines);
        removed = [.. rounds.Select(i => lines[i].TrimEnd('\n'))];
        return string.Concat(
            lines.Where((line, i) => !rounds.Contains(i) && !(line == DefaultEvery + "\n" && rounds.Contains(i + 1)))
        );
    }

    /// <summary>When cron next calls the runner; null if no line does, or one can't be read.</summary>
    /// <param name="crontab">The whole crontab.</param>
    /// <param name="now">The time.</param>
    /// <param name="zone">Cron's clock: the server's.</param>
    public static DateTimeOffset? NextCall(string crontab, DateTimeOffset now, TimeZoneInfo zone)
    {
        DateTimeOffset? first = null;
        foreach (var line in Of(crontab))
        {
            var fields = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            var times = fields[0].StartsWith('@') ? fields[0] : string.Join(' ', fields.Take(5));
            if (DueTimes.TryParseCron(times)?.Next(now, zone) is { } next && !(next >= first))
            {
                first = next;
            }
        }

        return first;
    }

    /// <summary>A line that runs rounds and does more, such as a second command or a setting; null if there is none. Only its owner can know what to keep.</summary>
    public static string? Compound(string crontab) =>
        Of(crontab)
            .FirstOrDefault(line =>
                Redirection().Replace(line, "") is var command
                && (command.Any(c => c is ';' or '|' or '&' or '`' or '$' or '(' or '%') || Setting().IsMatch(command))
            );

    [GeneratedRegex(
        @"\d?>>?\s*(&\d|[^\s;|&<>]+)|&>>?\s*[^\s;|&<>]+",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Redirection();

    [GeneratedRegex(@"(^|\s)NOTIFY_\w+=", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Setting();

    /// <summary>The lines of a crontab that run rounds.</summary>
    public static IReadOnlyList<string> Of(string crontab)
    {
        var lines = Split(crontab);
        return [.. Rounds(lines).Select(i => lines[i].TrimEnd('\n'))];
    }

    private static bool IsDefaultEvery(string line) =>
        Crontab.KindOf(line.TrimEnd('\n'), out var name, out _) == Crontab.LineKind.Variable
        && name == ScriptSettings.DefaultEveryName;

    private static List<int> Rounds(List<string> lines) =>
        [
            .. Enumerable
                .Range(0, lines.Count)
                .Where(i => Crontab.KindOf(lines[i].TrimEnd('\n'), out _, out _) == Crontab.LineKind.Round),
        ];

    /// <summary>The lines with their ends.</summary>
    private static List<string> Split(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var lines = new List<string>();
        for (var at = 0; at < text.Length; )
        {
            var end = text.IndexOf('\n', at);
            var next = end < 0 ? text.Length : end + 1;
            lines.Add(text[at..next]);
            at = next;
        }

        return lines;
    }
}
