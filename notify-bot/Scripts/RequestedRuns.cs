using System.Runtime.InteropServices;
using System.Text.Json;
using Notify.Bot.Delivery;
using Notify.Bot.Events;
using Notify.Bot.Metrics;
using Notify.Bot.Outbox;
using Notify.Images;
using Notify.Linking;
using Notify.Scripts;
using Notify.Sending;

namespace Notify.Bot.Scripts;

/// <summary>How a run that was asked for ended.</summary>
public enum RunOutcome
{
    /// <summary>It had something to say, and Telegram, or without a phone a desktop, has taken it.</summary>
    Delivered,

    /// <summary>It had something to say, which waits for delivery.</summary>
    Queued,

    /// <summary>It had nothing to say.</summary>
    NoAlert,

    /// <summary>It failed, or what it had to say could not be delivered.</summary>
    Error,

    /// <summary>It was not run, since a run of it is going on.</summary>
    AlreadyRunning,
}

/// <summary>The word for an outcome, as the send API and the metrics say it.</summary>
internal static class RunOutcomeWords
{
    internal static string Word(this RunOutcome outcome) =>
        outcome switch
        {
            RunOutcome.Delivered => "delivered",
            RunOutcome.Queued => "queued",
            RunOutcome.NoAlert => "no_alert",
            RunOutcome.AlreadyRunning => "already_running",
            _ => "error",
        };
}

/// <summary>How a run that was asked for from the chat or the dashboard ended.</summary>
/// <param name="Outcome">In one word.</param>
/// <param name="NotificationId">What was sent, if something was.</param>
/// <param name="Error">What was wrong, for its owner; also where what it said was sent and it failed after that.</param>
/// <param name="Progress">How far what was sent has come; null where nothing was.</param>
/// <param name="Desktops">To how many desktops and pages it went.</param>
public sealed record RequestedRun(
    RunOutcome Outcome,
    string? NotificationId = null,
    string? Error = null,
    DeliveryProgress? Progress = null,
    int? Desktops = null
);

/// <summary>Runs scripts on request and delivers what they have to say; the cooldown neither counts nor is written (specification, section 9).</summary>
public sealed partial class RequestedRuns(
    ScriptsHelper helper,
    NotificationDelivery delivery,
    ChangeFeed changes,
    BotMetrics metrics,
    TimeProvider time,
    ILogger<RequestedRuns> log
) : IDisposable
{
    /// <summary>Runs at one moment, over all users. Each can be a Python with pandas of some hundred MB, beside what cron runs.</summary>
    public static readonly int Parallel = Math.Max(8, 2 * Environment.ProcessorCount);

    /// <summary>Runs of one user at one moment, waiting ones and those that are being ended included: one user's slow scripts leave room for everybody else's.</summary>
    public const int OfOneUser = 2;

    /// <summary>How long a run waits for the delivery of what it says; then it counts as queued.</summary>
    private static readonly TimeSpan DeliveryWait = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _slots = new(Parallel);
    private readonly HashSet<(UserName, string)> _running = [];
    private readonly Dictionary<UserName, int> _helpers = [];
    private readonly Lock _gate = new();

    /// <summary>Whether a run asked for here is going on or waits for its turn.</summary>
    public bool IsRunning(UserName user, string script)
    {
        lock (_gate)
        {
            return _running.Contains((user, script));
        }
    }

    /// <summary>Runs a script and delivers its notification.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="script">Which.</param>
    /// <param name="link">The user's; null: what it says goes to a desktop alone.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="ScriptsHelperException">It could not be run at all.</exception>
    public async Task<RequestedRun> RunAsync(
        UserName user,
        ScriptName script,
        Link? link,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(script);
        lock (_gate)
        {
            if (_running.Contains((user, script.Value)))
            {
                return new RequestedRun(RunOutcome.AlreadyRunning);
            }

            if (_helpers.GetValueOrDefault(user) >= OfOneUser)
            {
                return new RequestedRun(
                    RunOutcome.Error,
                    Error: $"{OfOneUser} of your scripts are running already. Run this one when one of them has ended."
                );
            }

            _running.Add((user, script.Value));
            _helpers[user] = _helpers.GetValueOrDefault(user) + 1;
        }

        changes.ScriptsChanged(user);
        try
        {
            await WaitForSlotAsync(user, cancellation);
            var outcome = RunOutcome.Error;
            try
            {
                var call = helper.Run(user, script, cancellation);
                _ = LeaveAsync(user, call.Ended);
                var ran = await call.Answer;
                LogRan(log, user, script, ran.Reason?.ToString() ?? (ran.Notify == true ? "notify" : "no alert"));
                var run = await ActOnAsync(ran, user, script, link, cancellation);
                outcome = run.Outcome;
                return run;
            }
            finally
            {
                metrics.ScriptRun(outcome.Word());
            }
        }
        finally
        {
            lock (_gate)
            {
                _running.Remove((user, script.Value));
            }

            changes.ScriptsChanged(user);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _slots.Dispose();

    private async Task WaitForSlotAsync(UserName user, CancellationToken cancellation)
    {
        try
        {
            await _slots.WaitAsync(cancellation);
        }
        catch
        {
            Leave(user);
            throw;
        }
    }

    /// <summary>A run counts until its process is gone: who asks for runs and goes away has no more of them than who stays.</summary>
    private async Task LeaveAsync(UserName user, Task ended)
    {
        // One that hangs in the kernel keeps its user's place, and not everybody's.
        await ended.WaitAsync(ScriptsHelper.StuckLimit, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _slots.Release();
        await ended;
        Leave(user);
    }

    private void Leave(UserName user)
    {
        lock (_gate)
        {
            if (--_helpers[user] == 0)
            {
                _helpers.Remove(user);
            }
        }
    }

    private async Task<RequestedRun> ActOnAsync(
        RanScript ran,
        UserName user,
        ScriptName script,
        Link? link,
        CancellationToken cancellation
    )
    {
        if (ran.Reason == ScriptFailure.AlreadyRunning)
        {
            return new RequestedRun(RunOutcome.AlreadyRunning);
        }

        if (ran.Error is not null || ran.Notify is null)
        {
            return new RequestedRun(RunOutcome.Error, Error: ran.Error ?? "The helper gave no result.");
        }

        if (ran.Notify == false)
        {
            return new RequestedRun(RunOutcome.NoAlert);
        }

        // A helper of this version has done it; its output is the analyst's, who can write anything.
        var (title, message, data) = NotificationFit.Apply(
            ran.Title,
            ran.Message,
            ran.Data is { ValueKind: JsonValueKind.Object } own ? own : null,
            lastLine: null,
            []
        );
        var wish = new SendCommand
        {
            User = user,
            Script = script.Value,
            Title = title,
            Message = message ?? "",
            ParseMode = Formatting.ParseMode.Markdown,
            Picture =
                ran.Image is { } image && ImageInfo.Read(image.Base64.Span) is { } info
                    ? (Read(image.Base64), info)
                    : null,
            Data = data,
        };
        DeliveryOutcome outcome;
        try
        {
            outcome = await delivery.DeliverAsync(wish, link, DeliveryWait, cancellation);
        }
        catch (OutboxNotWritableException e)
        {
            return new RequestedRun(RunOutcome.Error, Error: e.Message);
        }

        return outcome switch
        {
            DeliveryOutcome.Accepted { Progress.State: DeliveryState.Delivered } done => new RequestedRun(
                RunOutcome.Delivered,
                done.Id,
                ran.BadEnd,
                done.Progress,
                done.Desktops
            ),
            DeliveryOutcome.Accepted
            {
                Progress: { State: DeliveryState.Failed or DeliveryState.Unknown } failed
            } ended => new RequestedRun(RunOutcome.Error, ended.Id, $"It was not delivered: {failed.Reason}"),
            DeliveryOutcome.Accepted waiting => new RequestedRun(
                RunOutcome.Queued,
                waiting.Id,
                ran.BadEnd,
                waiting.Progress,
                waiting.Desktops
            ),
            DeliveryOutcome.NothingToSay => new RequestedRun(
                RunOutcome.Error,
                Error: "The script's message has no visible character."
            ),
            DeliveryOutcome.LinkDead dead => new RequestedRun(
                RunOutcome.Error,
                Error: dead.Reason == "kicked"
                    ? "The group takes no messages: the bot is no longer in it. Somebody of the group has to add it again."
                    : $"The chat takes no messages ({dead.Reason}). Open the bot's chat in Telegram, unblock the bot if it is blocked, and send /start."
            ),
            DeliveryOutcome.TooManyWaiting many => new RequestedRun(
                RunOutcome.Error,
                Error: $"{many.Said("")} wait for delivery already."
            ),
            var other => throw new InvalidOperationException($"No word for {other.GetType().Name}."),
        };
    }

    /// <summary>The chart's bytes as they are: a copy of 50 MB is felt.</summary>
    private static MemoryStream Read(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(bytes.ToArray(), writable: false);

    [LoggerMessage(1401, LogLevel.Information, "Ran {Script} of {User} on request: {Outcome}.")]
    private static partial void LogRan(ILogger log, UserName user, ScriptName script, string outcome);
}
