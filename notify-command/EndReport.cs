using System.Globalization;
using System.Text;
using Notify.Formatting;
using Notify.Scripts;
using Notify.Sending;
using Notify.Text;

namespace Notify.Command;

/// <summary>What is told of an end.</summary>
internal static class EndReport
{
    private const int MaxTitle = 120;

    /// <summary>Bytes of a stream's end that are kept: a thousand lines of usual length, and no more than one message shows of code.</summary>
    internal const int KeptTail = 64 << 10;

    /// <summary>Of a command.</summary>
    /// <param name="call">The call.</param>
    /// <param name="end">How it ended.</param>
    /// <param name="took">How long it took.</param>
    /// <param name="folder">Where it ran.</param>
    /// <param name="tail">The end of its output; empty for none.</param>
    internal static CallerNotification Of(Call.Run call, CommandEnd end, TimeSpan took, string folder, byte[] tail)
    {
        var sign =
            end.IsInterrupted ? "⚠️"
            : end.ShellStatus == 0 ? "✅"
            : "❌";
        var how =
            end.IsInterrupted ? "Interrupted"
            : end.Signal is { } signal ? $"Ended by signal {signal}{NameOf(signal)}"
            : end.Status == 0 ? "Done"
            : string.Create(CultureInfo.InvariantCulture, $"Exit status {end.Status}");
        var text = $"{how} after {Took(took)}, {Place(folder)}";
        var lines = call.Tail is { } count ? LastLines(tail, count) : "";
        return New(
            call,
            $"{sign} {call.Title ?? SafeText.Line(string.Join(' ', call.Command), MaxTitle)}",
            lines.Length == 0 ? MarkupEscape.Html(text) : $"{MarkupEscape.Html(text)}\n{Composer.Block(lines)}"
        );
    }

    /// <summary>Of a process that was running.</summary>
    internal static CallerNotification Of(Call.Done call, string command, TimeSpan ran, string folder) =>
        New(
            call,
            $"🏁 {call.Title ?? SafeText.Line(command, MaxTitle)}",
            MarkupEscape.Html(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Process {call.Pid} ended after {Took(ran)}, {Place(folder)}"
                )
            )
        );

    /// <summary>The last lines of what was printed.</summary>
    internal static string LastLines(byte[] tail, int count)
    {
        var text = Encoding.UTF8.GetString(tail);
        if (tail.Length >= KeptTail)
        {
            // The first line may have lost its beginning.
            text = text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..];
        }

        return string.Join('\n', PrintedText.Clean(text).TrimEnd().Split('\n').TakeLast(count));
    }

    private static CallerNotification New(Call call, string title, string html) =>
        new()
        {
            Title = title,
            Text = html,
            ParseMode = ParseMode.Html,
            Silent = call.Silent,
            Urgent = call.Urgent,
        };

    private static string Took(TimeSpan took) =>
        took < TimeSpan.FromHours(1) ? ScriptTable.Took((long)took.TotalMilliseconds) : ScriptAge.Span(took);

    private static string Place(string folder)
    {
        var home = Environment.GetEnvironmentVariable("HOME");
        var shown =
            home is { Length: > 1 } && (folder == home || folder.StartsWith(home + "/", StringComparison.Ordinal))
                ? "~" + folder[home.Length..]
                : folder;
        return $"on {Environment.MachineName} in {SafeText.Line(shown)}";
    }

    private static string NameOf(int signal) =>
        signal switch
        {
            1 => " (SIGHUP)",
            2 => " (SIGINT)",
            3 => " (SIGQUIT)",
            6 => " (SIGABRT)",
            7 => " (SIGBUS)",
            9 => " (SIGKILL)",
            11 => " (SIGSEGV)",
            13 => " (SIGPIPE)",
            15 => " (SIGTERM)",
            24 => " (SIGXCPU)",
            25 => " (SIGXFSZ)",
            _ => "",
        };
}
