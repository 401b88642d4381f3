using Notify.Bot.Events;
using Notify.Bot.Limits;
using Notify.Bot.Outbox;
using Notify.Bot.Scripts;
using Notify.Contracts;
using Notify.Http;
using Notify.Runs;
using Notify.Scripts;

namespace Notify.Bot.SendApi;

/// <summary>Lists, runs and mutes a user's scripts, and resets their cooldowns.</summary>
internal sealed class ScriptRoutes(
    Recipients recipients,
    ScriptsHelper helper,
    ScriptLists lists,
    RequestedRuns runs,
    IOutbox outbox,
    HistoryTurns turns,
    ChangeFeed changes,
    TimeProvider time
)
{
    /// <summary>As many as one answer of the history holds.</summary>
    private const int MaxChecked = 200;

    /// <summary>Reading a history, or resetting a cooldown, starts a process through sudo.</summary>
    private readonly FairGate _histories = new(places: 16, placesOfOne: 2);

    internal async Task ListAsync(HttpContext context)
    {
        var user = PeerCredentialMiddleware.UserOf(context);
        var hasRuns = context.Request.Query[ScriptsAnswer.LastRunsField] == "1";
        var scripts = await Helped(() => lists.ListAsync(user, hasRuns, context.RequestAborted));
        var mutes = outbox.MutesOf(user);
        // Read only if a script's last outcome is queued.
        var history = scripts.Any(Waits)
            ? await turns.ReadAsync(
                user,
                () => outbox.History(user, MaxChecked, text: 0, cancellation: context.RequestAborted),
                context.RequestAborted
            )
            : [];
        var open = await turns.ReadAsync(
            user,
            () => outbox.IncidentsOf(user, since: DateTimeOffset.MaxValue, IncidentCommands.MaxOpen),
            context.RequestAborted
        );
        // The newest ones come first.
        var incidents = open.Where(incident => incident.Script is not null)
            .DistinctBy(incident => incident.Script!, StringComparer.Ordinal)
            .ToDictionary(incident => incident.Script!, incident => incident.Answer, StringComparer.Ordinal);
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new ScriptsAnswer(
                [
                    .. scripts.Select(s => new ScriptAnswer(
                        s.Name,
                        s.Stem,
                        s.LastRunAt,
                        s.LastRoundAt,
                        s.LastSent,
                        s.CooldownEnds,
                        Waits(s) ? SinceThen(history, s) : s.LastOutcome,
                        s.Error,
                        s.Running || runs.IsRunning(user, s.Name),
                        mutes.Until(s.Name),
                        helper.Objection(user, s.Name),
                        s.Warnings,
                        s.TookMs,
                        s.Schedule,
                        s.Next,
                        s.NextAt,
                        incidents.GetValueOrDefault(s.Name),
                        hasRuns ? s.LastRuns : null,
                        hasRuns ? s.Settings : null
                    )),
                ],
                mutes.All
            ),
            ScriptsContract.Json.ScriptsAnswer
        );
    }

    internal async Task RunAsync(HttpContext context)
    {
        var user = PeerCredentialMiddleware.UserOf(context);
        var script = ScriptOf(context);
        var link = await recipients.FindAsync(user, context.RequestAborted) is { IsReached: true } recipient
            ? recipient.Link
            : throw new ApiException(
                StatusCodes.Status404NotFound,
                $"Its notification would reach nobody: you have no linked phone and no connected desktop. {recipients.HowToLink}"
            );
        // The dashboard asks for its users; who asks for themselves sits at a terminal.
        var trigger = PeerCredentialMiddleware.Of(context).Name == user ? RunTrigger.Terminal : RunTrigger.Dashboard;
        var run = await Helped(() => runs.RunAsync(user, script, link, trigger, context.RequestAborted));
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new RunAnswer(
                run.Outcome,
                run.NotificationId,
                run.Error,
                run.Progress is { } progress ? progress.Channels(run.Desktops) : null
            ),
            ScriptsContract.Json.RunAnswer
        );
    }

    internal async Task RunsAsync(HttpContext context)
    {
        var user = PeerCredentialMiddleware.UserOf(context);
        var script = ScriptOf(context);
        var (limit, before) = (ListQuery.Limit(context), ListQuery.Before(context));
        using var turn = await _histories.EnterAsync(user, context.RequestAborted);
        var history = await Helped(() => helper.History(user, script, limit, before, context.RequestAborted).Answer);
        await context.WriteAsync(StatusCodes.Status200OK, new RunsAnswer(history), RunsContract.Json.RunsAnswer);
    }

    /// <summary>Resets the cooldown of a script: its next alert is sent.</summary>
    internal async Task ResetAsync(HttpContext context)
    {
        var user = PeerCredentialMiddleware.UserOf(context);
        var script = ScriptOf(context);
        using var turn = await _histories.EnterAsync(user, context.RequestAborted);
        var done = await Helped(() => helper.Reset(user, script, context.RequestAborted).Answer);
        if (done.Error is { } error)
        {
            throw new ApiException(
                done.Reason switch
                {
                    ScriptFailure.NotFound => StatusCodes.Status404NotFound,
                    ScriptFailure.AlreadyRunning => StatusCodes.Status409Conflict,
                    _ => StatusCodes.Status503ServiceUnavailable,
                },
                error
            );
        }

        changes.ScriptsChanged(user);
        await context.WriteAsync(StatusCodes.Status200OK, new ResetAnswer(true), ScriptsContract.Json.ResetAnswer);
    }

    internal async Task MuteAsync(HttpContext context)
    {
        var user = PeerCredentialMiddleware.UserOf(context);
        var script = ScriptOf(context);
        var text = JsonFields
            .Parse(await SendBody.ReadAsync(context.Request, LargeTexts.Large, context.RequestAborted))
            .Text(MuteCall.Field);
        DateTimeOffset? until = null;
        if (text is not null)
        {
            until =
                Cooldown.TryParse(text) is { Length: var length } && length > TimeSpan.Zero
                    ? time.GetUtcNow() + length
                    : throw ApiException.Field(
                        MuteCall.Field,
                        "is not a length of time such as 30m, 1h or 2d, nor null to end the mute"
                    );
        }

        await outbox.MuteAsync(user, script.Value, until);
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new MutedAnswer(true, until),
            ScriptsContract.Json.MutedAnswer
        );
    }

    private static bool Waits(ListedScript script) =>
        script.LastOutcome is ScriptOutcome.Queued or ScriptOutcome.HandedOver;

    /// <summary>The current state of a run's notification. The run ended before Telegram's answer, so only the outbox knows it.</summary>
    private static ScriptOutcome SinceThen(IReadOnlyList<PastNotification> history, ListedScript script)
    {
        // The history has what a round sent. A handed-over notification may have been refused; then an older one is not it.
        var isSent = script.LastOutcome == ScriptOutcome.Queued;
        var said = history.FirstOrDefault(n => n.Script == script.Name && (isSent || n.CreatedAt >= script.LastRunAt));
        return said?.Progress.State switch
        {
            null => isSent ? ScriptOutcome.Queued : ScriptOutcome.NotSent,
            DeliveryState.Delivered => ScriptOutcome.Delivered,
            DeliveryState.Failed or DeliveryState.Unknown => ScriptOutcome.NotSent,
            DeliveryState.Muted => ScriptOutcome.Muted,
            _ => ScriptOutcome.Queued,
        };
    }

    private static ScriptName ScriptOf(HttpContext context) =>
        ScriptName.TryParse(context.Request.RouteValues["name"] as string, out var script)
            ? script
            : throw new ApiException(StatusCodes.Status400BadRequest, ScriptName.Refusal);

    private static async Task<T> Helped<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (ScriptsHelperException e)
        {
            throw new ApiException(StatusCodes.Status503ServiceUnavailable, e.Message);
        }
    }
}
