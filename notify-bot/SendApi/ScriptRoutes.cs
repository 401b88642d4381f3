using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Bot.Scripts;
using Notify.Scripts;

namespace Notify.Bot.SendApi;

/// <summary>A user's scripts: what there are, running one, muting one.</summary>
internal sealed class ScriptRoutes(
    Recipients recipients,
    ScriptsHelper helper,
    ScriptLists lists,
    RequestedRuns runs,
    IOutbox outbox,
    HistoryTurns turns,
    TimeProvider time
)
{
    /// <summary>As many as the history gives at once (specification, section 7).</summary>
    private const int MostLookedAt = 200;

    internal async Task ListAsync(HttpContext context)
    {
        var user = PeerCredentialMiddleware.UserOf(context);
        var scripts = await Helped(() => lists.ListAsync(user, context.RequestAborted));
        var mutes = outbox.MutesOf(user);
        // Read only where a script's last word is that it waits.
        var history = scripts.Any(Waits)
            ? await turns.ReadAsync(
                user,
                () => outbox.History(user, MostLookedAt, text: 0, cancellation: context.RequestAborted),
                context.RequestAborted
            )
            : [];
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
                        s.Warnings
                    )),
                ],
                mutes.All
            ),
            SendApiJson.Default.ScriptsAnswer
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
                $"What it says would reach nobody: no phone of yours is linked, and no desktop is connected. {recipients.HowToLink}"
            );
        var run = await Helped(() => runs.RunAsync(user, script, link, context.RequestAborted));
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new RunAnswer(
                run.Outcome.Word(),
                run.NotificationId,
                run.Error,
                run.Progress is { } progress ? ChannelsAnswer.Of(progress, run.Desktops) : null
            ),
            SendApiJson.Default.RunAnswer
        );
    }

    internal async Task MuteAsync(HttpContext context)
    {
        var user = PeerCredentialMiddleware.UserOf(context);
        var script = ScriptOf(context);
        var text = JsonFields
            .Parse(await SendBody.ReadAsync(context.Request, LargeTexts.Large, context.RequestAborted))
            .Text("for");
        DateTimeOffset? until = null;
        if (text is not null)
        {
            until =
                Cooldown.TryParse(text) is { Length: var length } && length > TimeSpan.Zero
                    ? time.GetUtcNow() + length
                    : throw ApiException.Field(
                        "for",
                        "is not a length of time such as 30m, 1h or 2d, or null to end it"
                    );
        }

        await outbox.MuteAsync(user, script.Value, until);
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new MutedAnswer(true, until),
            SendApiJson.Default.MutedAnswer
        );
    }

    private static bool Waits(ListedScript script) =>
        script.LastOutcome is ScriptOutcome.Queued or ScriptOutcome.HandedOver;

    /// <summary>What became of what a run had to say: it was over before Telegram had taken it, and only the outbox knows.</summary>
    private static ScriptOutcome SinceThen(IReadOnlyList<PastNotification> history, ListedScript script)
    {
        // What a round sent is in there. What was handed over may have been refused, and an older one is not it.
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
