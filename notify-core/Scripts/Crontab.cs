using System.Text;
using Notify.Files;
using Notify.Posix;
using Notify.Text;

namespace Notify.Scripts;

/// <summary>
/// Variables of the user's crontab above the line that runs <c>notify-runner</c>. Cron passes them to rounds; a run on request gets them too. Read with
/// <c>crontab -l</c>, as the user. <c>/etc/crontab</c> and <c>/etc/cron.d</c> are not the user's and do not count.
/// </summary>
public static class Crontab
{
    private const string Program = "/usr/bin/crontab";

    private static readonly TimeSpan ProgramTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The variables by name. Empty without a crontab, without a line of the runner, or without the right to look.</summary>
    public static IReadOnlyDictionary<string, string> Variables(
        ScriptHome home,
        TimeProvider time,
        CancellationToken cancellation
    ) => Variables(TryRead(home, time, cancellation));

    /// <summary>The user's crontab; empty if there is none, or without the right to look.</summary>
    public static string TryRead(ScriptHome home, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            return Read(home, time, cancellation);
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>The user's crontab; empty if there is none. Each character is a byte (Latin 1), so that an edit keeps the rest as it is.</summary>
    /// <exception cref="IOException">It can't be read; the message says why.</exception>
    public static string Read(ScriptHome home, TimeProvider time, CancellationToken cancellation)
    {
        var listed = Call(home, ["-l"], time, cancellation);
        if (listed is { End: ProcessEnd.ByItself, ExitStatus: 0 } && listed.OutputLength == listed.Output.Length)
        {
            return Encoding.Latin1.GetString(listed.Output.Span);
        }

        var said = Encoding.UTF8.GetString(listed.ErrorOutput.Span);
        return listed.End == ProcessEnd.ByItself && said.StartsWith("no crontab for ", StringComparison.Ordinal)
            ? ""
            : throw new IOException($"Your crontab can't be read: {Reason(listed, said)}");
    }

    /// <summary>Replaces the user's crontab.</summary>
    /// <param name="home">Whose.</param>
    /// <param name="text">As <see cref="Read"/> gives it.</param>
    /// <param name="time">For the time limit.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <exception cref="IOException">It was not replaced; the message says why.</exception>
    public static void Write(ScriptHome home, string text, TimeProvider time, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(home);
        var file = Path.Combine(home.KeptFolder, "crontab.new");
        AtomicFile.Replace(file, Encoding.Latin1.GetBytes(text), FileModes.OwnerFile);
        try
        {
            var written = Call(home, text.Length > 0 ? [file] : ["-r"], time, cancellation);
            if (written is not { End: ProcessEnd.ByItself, ExitStatus: 0 })
            {
                throw new IOException(
                    $"Your crontab can't be changed: {Reason(written, Encoding.UTF8.GetString(written.ErrorOutput.Span))}"
                );
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string Reason(EndedProcess call, string said) =>
        said.Length > 0 ? SafeText.Line(said.Trim().ReplaceLineEndings(" "), 300)
        : call.End == ProcessEnd.ByItself ? $"{Program} ended with {call.ExitStatus}."
        : $"{Program} did not end.";

    private static EndedProcess Call(
        ScriptHome home,
        string[] arguments,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(home);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = "/usr/bin:/bin",
            ["HOME"] = home.Home,
            ["USER"] = home.Account.Name,
            ["LOGNAME"] = home.Account.Name,
        };
        try
        {
            var start = new ProcessStart(Program, arguments, environment, "/", ScriptRunner.NewMark());
            return ScriptProcess.Run(start, _ => { }, new RunLimits(ProgramTimeout), time, cancellation);
        }
        catch (ProcessNotStartedException e)
        {
            throw new IOException($"cron is not installed here: {e.Message}", e);
        }
    }

    /// <summary>Variables of a crontab above the first line that runs a round. If one is set twice, the later counts. Empty without such a line.</summary>
    public static IReadOnlyDictionary<string, string> Variables(string crontab)
    {
        ArgumentNullException.ThrowIfNull(crontab);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var raw in crontab.Split('\n'))
        {
            switch (KindOf(raw, out var name, out var value))
            {
                case LineKind.Variable:
                    variables[name] = Utf8(value);
                    break;
                case LineKind.Round:
                    return variables;
                default:
                    break;
            }
        }

        return new Dictionary<string, string>(StringComparer.Ordinal);
    }

    /// <summary>What a line of a crontab is.</summary>
    internal enum LineKind
    {
        /// <summary>A comment, an empty line, or another command.</summary>
        Other,

        /// <summary>It sets a variable for the commands below.</summary>
        Variable,

        /// <summary>It runs a round.</summary>
        Round,
    }

    /// <summary>Reads one line.</summary>
    internal static LineKind KindOf(string raw, out string name, out string value)
    {
        (name, value) = ("", "");
        var line = raw.TrimStart(' ', '\t');
        return line.Length == 0 || line[0] == '#' ? LineKind.Other
            : TryReadVariable(line, out name, out value) ? LineKind.Variable
            : CrontabCommand.IsRound(line) ? LineKind.Round
            : LineKind.Other;
    }

    private static string Utf8(string bytes) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(bytes));

    /// <summary>Reads <c>NAME = value</c> like Debian's cron (env.c, load_env): quotes are allowed, nothing is expanded, and trailing white space goes, even in quotes and against crontab(5).</summary>
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

    /// <summary>Reads a quoted or unquoted word: a name up to a space or '=', a value to the end of the line.</summary>
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
