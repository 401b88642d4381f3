using System.Runtime.InteropServices;
using System.Text.Json;
using Notify.Bot.Delivery;
using Notify.Bot.Events;
using Notify.Bot.Metrics;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Files;
using Notify.Formatting;
using Notify.Images;
using Notify.Linking;
using Notify.Tables;

namespace Notify.Bot.Scripts;

/// <summary>The result of a run on request from the chat or the dashboard.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="NotificationId">The notification, if there is one.</param>
/// <param name="Error">What failed, for the script's owner, also if it failed after its result.</param>
/// <param name="Progress">The delivery's progress; null without a notification.</param>
/// <param name="Desktops">The number of desktops and pages that got it.</param>
public sealed record RequestedRun(
    RunOutcome Outcome,
    string? NotificationId = null,
    string? Error = null,
    DeliveryProgress? Progress = null,
    int? Desktops = null
);

/// <summary>Runs scripts on request and delivers their notifications. Ignores the cooldown and starts none.</summary>
public sealed partial class RequestedRuns(
    ScriptsHelper helper,
    AcceptPipeline pipeline,
    ChangeFeed changes,
    BotMetrics metrics,
    TimeProvider time,
    ILogger<RequestedRuns> log
) : IDisposable
{
    /// <summary>Most runs at a time, over all users. Each can be a Python with pandas of some hundred MB, beside cron's runs.</summary>
    public static readonly int Parallel = Math.Max(8, 2 * Environment.ProcessorCount);

    /// <summary>Most runs of one user at a time, including waiting and ending ones. One user's slow scripts leave room for others.</summary>
    public const int OfOneUser = 2;

    /// <summary>How long a run waits for the delivery; then it counts as queued.</summary>
    private static readonly TimeSpan DeliveryWait = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _slots = new(Parallel);
    private readonly HashSet<(UserName, string)> _running = [];
    private readonly Dictionary<UserName, int> _helpers = [];
    private readonly Lock _gate = new();

    /// <summary>Whether a run on request is running or waiting.</summary>
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
    /// <param name="link">The user's link; null: only desktops get the notification.</param>
    /// <param name="trigger">Who asked for it.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="ScriptsHelperException">The script could not run at all.</exception>
    public async Task<RequestedRun> RunAsync(
        UserName user,
        ScriptName script,
        Link? link,
        RunTrigger trigger,
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
                var call = helper.Run(user, script, trigger, cancellation);
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

    /// <summary>A run counts until its process is gone, so nobody gets more runs by leaving early.</summary>
    private async Task LeaveAsync(UserName user, Task ended)
    {
        // A process that hangs in the kernel keeps its user's place, but no shared one.
        await ended.WaitAsync(helper.StuckLimit, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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

        // The helper already did it, but its output belongs to the analyst, who can write anything.
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
            Pictures =
            [
                .. (ran.Image is { } image ? [image] : Array.Empty<RanScriptImage>())
                    .Concat(ran.MoreImages ?? [])
                    .Where(chart => ImageInfo.Read(chart.Base64.Span) is not null)
                    .Take(SendApiLimits.Images)
                    .Select(chart => ((Stream)Read(chart.Base64), ImageInfo.Read(chart.Base64.Span)!.Value)),
            ],
            Files =
            [
                .. (ran.Files ?? [])
                    .Take(SendApiLimits.Files)
                    .Select(file => ((Stream)Read(file.Base64), AttachmentName.Clean(file.Name))),
            ],
            Table = ran.Table is { } table ? TableReader.Read(table, out _) : null,
            Buttons = ran.Buttons is { ValueKind: JsonValueKind.Array } buttons
                ? ButtonReader.Read(buttons, out _) ?? []
                : [],
            HasButtons = ran.Buttons?.ValueKind != JsonValueKind.False,
            Urgent = ran.Urgent ?? false,
            IsRequested = true,
            Silent = ran.Silent ?? false,
            Data = data,
        };
        DeliveryOutcome outcome;
        try
        {
            outcome = await pipeline.SendAsync(wish, link, DeliveryWait, cancellation);
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
            } ended => new RequestedRun(RunOutcome.Error, ended.Id, $"It was not delivered: {failed.ReasonText}"),
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
                Error: dead.Reason == DeadLinkReason.Kicked
                    ? "The group takes no messages: the bot is no longer in it. Somebody of the group has to add it again."
                    : $"The chat takes no messages ({dead.Reason.Word()}). Open the bot's chat in Telegram, unblock the bot if it is blocked, and send /start."
            ),
            DeliveryOutcome.TooManyWaiting many => new RequestedRun(
                RunOutcome.Error,
                Error: $"{many.Said("")} wait for delivery already."
            ),
            var other => throw new InvalidOperationException($"No word for {other.GetType().Name}."),
        };
    }

    /// <summary>The chart's bytes without a copy of up to 50 MB.</summary>
    private static MemoryStream Read(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(bytes.ToArray(), writable: false);

    [LoggerMessage(1401, LogLevel.Information, "Ran {Script} of {User} on request: {Outcome}.")]
    private static partial void LogRan(ILogger log, UserName user, ScriptName script, string outcome);
}
