using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Contracts;
using Notify.Linking;

namespace Notify.Bot.Delivery;

/// <summary>The job of showing stored notifications again, one after the other.</summary>
/// <param name="show">Reads and sends them.</param>
/// <param name="link">Who asked for them, and where.</param>
/// <param name="ids">The notifications, in the order of sending.</param>
/// <param name="isMany">Whether everything else goes first.</param>
/// <param name="time">The clock.</param>
internal sealed class ShowJob(
    NotificationShow show,
    Link link,
    IReadOnlyList<string> ids,
    bool isMany,
    TimeProvider time
) : DeliveryJob
{
    private static readonly TimeSpan OneTimeout = TimeSpan.FromMinutes(5);

    /// <summary>A thousand with an album each take less.</summary>
    private static readonly TimeSpan ManyTimeout = TimeSpan.FromHours(3);

    private readonly long _begun = time.GetTimestamp();
    private readonly Queue<string> _ids = new(ids);
    private RenderedNotification? _rendered;
    private DeliveryProgress _progress = new(DeliveryState.Queued);
    private bool _singly;

    public override object QueueKey => isMany ? ("show", link.Chat) : link.Chat;

    public override bool CanStandBack => isMany;

    public override int Cost => _rendered is null || _singly ? 1 : _rendered.CostAfter(_progress.PartsDone);

    public override TimeSpan Left => (isMany ? ManyTimeout : OneTimeout) - time.GetElapsedTime(_begun);

    public override ChatId? Chat() => show.ChatOf(link);

    public override async Task<AttemptResult> TryAsync(ChatId? chat, CancellationToken stopping)
    {
        var result = await TryNextAsync(chat, stopping);
        if (isMany && result.EndsJob)
        {
            show.EndMany(link);
        }

        return result;
    }

    private async Task<AttemptResult> TryNextAsync(ChatId? chat, CancellationToken stopping)
    {
        if (chat is not { } to || Left <= TimeSpan.Zero)
        {
            return new AttemptResult.Ended();
        }

        if (_rendered is null)
        {
            while (_rendered is null && _ids.TryDequeue(out var id))
            {
                _rendered = await show.RenderAsync(link, id, stopping);
            }

            if (_rendered is null)
            {
                return new AttemptResult.Ended();
            }

            // An album counts more than the one message that this attempt has room for.
            if (Cost > 1)
            {
                return new AttemptResult.Wait(TimeSpan.Zero);
            }
        }

        var rendered = _rendered;
        var sent = await show.SendAsync(rendered, _progress, _singly, to, stopping);
        _singly = sent.GoesSingly;
        var done = _progress.PartsDone + sent.Parts;
        switch (sent.Failure)
        {
            case null:
                break;
            case BotApiFailure.RateLimited { RetryAfter: var pause }:
                Advance(done);
                return new AttemptResult.ChatHeld(pause, GivesUp: pause >= Left);
            case BotApiFailure.Unreachable { OutcomeUnknown: true }:
                // It may have arrived. A second copy of an answer is worse than none.
                return new AttemptResult.Outage(sent.Failure, GivesUp: Advance(done + 1) && _ids.Count == 0);
            case BotApiFailure.Unreachable or BotApiFailure.TokenRefused or BotApiFailure.PolledElsewhere:
                Advance(done);
                return new AttemptResult.Outage(sent.Failure);
            case BotApiFailure.ChatGone or BotApiFailure.Migrated:
                show.NotShown(rendered, sent.Failure);
                return new AttemptResult.Answered();
            default:
                show.NotShown(rendered, sent.Failure);
                done = rendered.Parts;
                break;
        }

        return Advance(done) && _ids.Count == 0 ? new AttemptResult.Answered() : new AttemptResult.More();
    }

    /// <summary>Notes what has gone out.</summary>
    /// <returns>Whether the notification is shown whole.</returns>
    private bool Advance(int done)
    {
        if (done >= _rendered!.Parts)
        {
            _rendered = null;
            _singly = false;
            _progress = new DeliveryProgress(DeliveryState.Queued);
            return true;
        }

        _progress = _progress with { PartsDone = done };
        return false;
    }
}
