using System.Globalization;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Notify.Contracts;
using Notify.Posix;
using Notify.Scripts;
using Notify.Sending;
using Notify.Text;

namespace Notify.Bot.Doctor;

/// <summary>The operators' commands. They ask the running bot on its socket, which decides by the kernel's word whether the caller is an operator.</summary>
/// <param name="bot">The bot.</param>
/// <param name="trustedGroup">Whose members are operators, for the sentence to others.</param>
/// <param name="time">The clock.</param>
/// <param name="input">Where a person answers.</param>
/// <param name="output">Gets the lines, or one JSON document.</param>
/// <param name="errors">Gets the errors.</param>
internal sealed class OperatorCommands(
    SendApiClient bot,
    string trustedGroup,
    TimeProvider time,
    TextReader input,
    TextWriter output,
    TextWriter errors
)
{
    /// <summary>Exit status for wrong use (EX_USAGE of sysexits.h).</summary>
    internal const int Usage = 64;

    /// <summary>Exit status without a bot (EX_UNAVAILABLE).</summary>
    private const int NoBot = 69;

    /// <summary>Exit status for an error of the bot (EX_TEMPFAIL).</summary>
    private const int TryAgain = 75;

    /// <summary>Exit status for others than operators (EX_NOPERM).</summary>
    private const int NotAllowed = 77;

    /// <summary>How long erasing a large history may take.</summary>
    private static readonly TimeSpan ForgetTimeout = TimeSpan.FromMinutes(15);

    /// <summary><c>notify-bot status</c>. Exit status 1 if something is to be fixed.</summary>
    public Task<int> StatusAsync(bool json, CancellationToken cancellation) =>
        ShowAsync(
            "/operator/health",
            OperatorContract.Json.OperatorHealthAnswer,
            json,
            StatusLines,
            health => health.Health.Status == HealthState.Ok && health.Checks.All(check => check.Ok) ? 0 : 1,
            cancellation
        );

    /// <summary><c>notify-bot queue</c>.</summary>
    public Task<int> QueueAsync(bool json, CancellationToken cancellation) =>
        ShowAsync(
            "/operator/queue",
            OperatorContract.Json.OperatorQueueAnswer,
            json,
            queue =>
                queue.Users.Count == 0
                    ? ["Nothing waits."]
                    : TextColumns.Lines(
                        ["User", "Waiting", "Oldest", "Next try", "Reason"],
                        queue.Users.Select(user =>
                            (string[])
                                [
                                    user.User,
                                    Number(user.Waiting),
                                    Local(user.Oldest),
                                    user.NextTryAt is { } next ? Local(next) : "",
                                    user.Reason ?? "",
                                ]
                        )
                    ),
            _ => 0,
            cancellation
        );

    /// <summary><c>notify-bot failed</c>.</summary>
    /// <param name="since">A length of time such as <c>7d</c>; null for 24 hours.</param>
    /// <param name="limit">The maximum number.</param>
    /// <param name="json">Whether to print JSON.</param>
    /// <param name="cancellation">Ends the call.</param>
    public async Task<int> FailedAsync(string? since, int limit, bool json, CancellationToken cancellation)
    {
        var from = "";
        if (since is not null)
        {
            if (Cooldown.TryParse(since) is not { Length: var length } || length <= TimeSpan.Zero)
            {
                return await FailAsync(
                    Usage,
                    $"--since is {SafeText.Quoted(since)}: give a length of time such as 12h or 7d."
                );
            }

            from = $"&since={WireJson.Time(time.GetUtcNow() - length)}";
        }

        return await ShowAsync(
            string.Create(CultureInfo.InvariantCulture, $"/operator/failed?limit={limit}{from}"),
            OperatorContract.Json.OperatorFailedAnswer,
            json,
            failed =>
                failed.Failures.Count == 0
                    ? ["No notification failed."]
                    : TextColumns.Lines(
                        ["Accepted", "User", "Script", "State", "Reason", "Id"],
                        failed.Failures.Select(one =>
                            (string[])
                                [Local(one.At), one.User, one.Script ?? "", one.State.Word(), one.Reason ?? "", one.Id]
                        )
                    ),
            _ => 0,
            cancellation
        );
    }

    /// <summary><c>notify-bot audit</c>.</summary>
    public Task<int> AuditAsync(int limit, bool json, CancellationToken cancellation) =>
        ShowAsync(
            string.Create(CultureInfo.InvariantCulture, $"/operator/audit?limit={limit}"),
            OperatorContract.Json.OperatorAuditAnswer,
            json,
            audit =>
                audit.Acts.Count == 0
                    ? ["No operator has done anything yet."]
                    : TextColumns.Lines(
                        ["When", "Operator", "Act", "User", "Outcome"],
                        audit.Acts.Select(act =>
                            (string[])
                                [
                                    Local(act.At),
                                    act.By,
                                    act.Act,
                                    act.User ?? "",
                                    act.Detail ?? "broken off: the bot ended in the middle",
                                ]
                        )
                    ),
            _ => 0,
            cancellation
        );

    /// <summary><c>notify-bot forget USER</c>. Asks first at a terminal.</summary>
    /// <param name="user">Whom.</param>
    /// <param name="isSure">Whether not to ask.</param>
    /// <param name="isTerminal">Whether a person is there to answer.</param>
    /// <param name="json">Whether to print JSON.</param>
    /// <param name="cancellation">Ends the call.</param>
    public async Task<int> ForgetAsync(
        string user,
        bool isSure,
        bool isTerminal,
        bool json,
        CancellationToken cancellation
    )
    {
        if (!UserName.TryParse(user, out var name))
        {
            return await FailAsync(Usage, UserName.Refusal(user));
        }

        if (!isSure)
        {
            if (!isTerminal)
            {
                return await FailAsync(
                    Usage,
                    $"Nobody is at a terminal to be asked. To forget {name} without a question: notify-bot forget {name} --yes"
                );
            }

            await errors.WriteAsync(
                $"This erases for good what is kept of {name}: the link, the history with charts and files, mutes, quiet hours, incidents, rounds, sessions and devices. What waits is dropped.\nType the user's name to go on: "
            );
            if ((await input.ReadLineAsync(cancellation))?.Trim() != name.Value)
            {
                return await FailAsync(1, "That is another name, so nothing was erased.");
            }
        }

        return await ShowAsync(
            () => bot.Post($"/operator/users/{name}/forget", ForgetTimeout, cancellation),
            OperatorContract.Json.OperatorActedAnswer,
            json,
            done => [SafeText.Line(done.Said)],
            _ => 0
        );
    }

    private Task<int> ShowAsync<T>(
        string path,
        JsonTypeInfo<T> type,
        bool json,
        Func<T, IEnumerable<string>> lines,
        Func<T, int> status,
        CancellationToken cancellation
    )
        where T : class => ShowAsync(() => bot.Get(path, cancellation), type, json, lines, status);

    /// <summary>Asks, and prints the answer as lines for a person, or as one JSON document.</summary>
    private async Task<int> ShowAsync<T>(
        Func<SendApiAnswer> ask,
        JsonTypeInfo<T> type,
        bool json,
        Func<T, IEnumerable<string>> lines,
        Func<T, int> status
    )
        where T : class
    {
        SendApiAnswer answer;
        try
        {
            answer = ask();
        }
        catch (BotUnreachableException e)
        {
            return await FailAsync(e.IsForbidden ? NotAllowed : NoBot, e.Message);
        }

        if (answer.Status is 403 or 404)
        {
            // 404 is also what a bot without these calls answers.
            return await FailAsync(
                NotAllowed,
                $"The bot does not know you as an operator: only root and members of {trustedGroup} are. Try again with sudo. An older bot has no such command either: systemctl restart notify-bot after an upgrade."
            );
        }

        if (!answer.IsOk || answer.Read(type) is not { } content)
        {
            return await FailAsync(TryAgain, answer.Error);
        }

        foreach (var line in json ? [Encoding.UTF8.GetString(answer.Body.Span)] : lines(content))
        {
            await output.WriteLineAsync(line);
        }

        return status(content);
    }

    private IEnumerable<string> StatusLines(OperatorHealthAnswer status)
    {
        var health = status.Health;
        yield return $"bot       {health.Status?.Word()}, version {SafeText.Line(health.Version ?? "unknown")}{(health.BotUsername is { } name ? $", @{SafeText.Line(name)}" : "")}";
        yield return $"Telegram  {health.Telegram?.State.Word()}{(health.Telegram?.LastGoodPoll is { } last ? $", last answer {Local(last)}" : "")}{(health.Telegram?.Reason is { } reason ? $": {SafeText.Line(reason)}" : "")}";
        yield return health.Queue is { Length: > 0 } queue
            ? $"queue     {Number(queue.Length)} waiting, the oldest for {ScriptAge.Span(TimeSpan.FromSeconds(queue.OldestSeconds))}"
            : "queue     empty";
        yield return $"failed    {Number(status.Failed24h)} in 24 h";
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"disk      {status.DiskFreeBytes / 1_000_000_000.0:0.0} of {status.DiskBytes / 1_000_000_000.0:0.0} GB free"
        );
        var wrong = status.Checks.Where(check => !check.Ok).ToList();
        yield return wrong.Count == 0
            ? $"checks    all {Number(status.Checks.Count)} fine"
            : $"checks    {Number(wrong.Count)} to fix; the command is under each";
        foreach (var check in wrong)
        {
            yield return $"  WRONG  {SafeText.Line(check.Name)}: {SafeText.Line(check.Problem ?? "")}";
            yield return $"         fix: {SafeText.Line(check.Advice ?? "")}";
        }
    }

    /// <summary>A moment on the clock of this terminal.</summary>
    private static string Local(DateTimeOffset moment) =>
        (moment.UtcDateTime + LocalClock.OffsetAt(moment)).ToString(
            "yyyy-MM-dd HH:mm:ss",
            CultureInfo.InvariantCulture
        );

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task<int> FailAsync(int status, string sentence)
    {
        await errors.WriteLineAsync($"notify-bot: {SafeText.Line(sentence)}");
        return status;
    }
}
