using Notify.Contracts;

namespace Notify.Bot.Outbox;

/// <summary>What a post causes.</summary>
/// <param name="Incident">The incident after the post; null if there is none.</param>
/// <param name="Sends">The notification that is sent; null for none.</param>
/// <param name="IsNew">Whether the post began the incident.</param>
/// <param name="TakesContent">Whether the content of the post is the newest one.</param>
internal sealed record IncidentDecision(
    Incident? Incident,
    IncidentRole? Sends = null,
    bool IsNew = false,
    bool TakesContent = false
);

/// <summary>
/// Decides what happens to an incident: it opens, opens again, is edited, reminds, ends. Knows no clock and no store, so a test runs it through simulated months.
/// </summary>
internal static class IncidentJudge
{
    /// <summary>The shortest time between two edits of a message. An edit that a person asked for does not wait.</summary>
    internal static readonly TimeSpan EditPause = TimeSpan.FromMinutes(1);

    /// <summary>Decides about a post.</summary>
    /// <param name="last">The newest incident of the key; null for none.</param>
    /// <param name="post">The post.</param>
    internal static IncidentDecision Post(Incident? last, IncidentPost post) =>
        post.Fires ? Fires(last, post) : Ends(last, post);

    /// <summary>Whether the message shows less than it has to, and an edit may begin.</summary>
    /// <param name="incident">The incident.</param>
    /// <param name="now">The time.</param>
    /// <param name="isMuted">Whether its user has muted it.</param>
    internal static bool MayEdit(Incident incident, DateTimeOffset now, bool isMuted) =>
        !isMuted
        && incident is { Shown: not null }
        && incident.Version > incident.ShownVersion
        // A clock that was set back delays no edit.
        && (incident.EditedAt is not { } edited || now - edited >= EditPause || now < edited);

    /// <summary>Whether an open incident that nobody sees gets its first message without a post.</summary>
    /// <param name="incident">The incident.</param>
    /// <param name="isMuted">Whether its user has muted it.</param>
    internal static bool LacksMessage(Incident incident, bool isMuted) =>
        !isMuted
        && incident is { State: IncidentState.Open, Shown: null }
        && (
            // Its mute has ended.
            incident.Carrier
                is { State: DeliveryState.Muted }
                    // Its message could not go out for a day, and it still fires.
                    or { State: DeliveryState.Failed, Reason: DeliveryReason.Expired or DeliveryReason.NoLink }
            // Its chat takes messages again.
            || incident.Carrier is { State: DeliveryState.Failed, IsChatUnreachable: true }
            // Its message was deleted, or the chat is another one now.
            || incident is { Carrier.State: DeliveryState.Delivered, ShownVersion: > 0 }
                && !incident.Carrier.IsOnDesktopOnly
        );

    private static IncidentDecision Fires(Incident? last, IncidentPost post)
    {
        var cooldown = post.Cooldown ?? TimeSpan.Zero;
        if (last is null || (last.State == IncidentState.Over && !IsReopenedBy(last, post)))
        {
            return new(
                new Incident
                {
                    Id = post.NewId,
                    User = post.User,
                    Account = post.Account,
                    Key = post.Key,
                    Script = post.Content!.Script,
                    Title = post.Content.Title,
                    Since = post.At,
                    LastSeen = post.At,
                    Cooldown = cooldown,
                    ToldAt = post.IsMuted ? null : post.At,
                    FirstId = post.SentId,
                    CarrierId = post.SentId,
                    ContentId = post.SentId,
                    ContentHash = post.ContentHash!,
                },
                IncidentRole.First,
                IsNew: true,
                TakesContent: true
            );
        }

        var isOther = post.ContentHash != last.ContentHash;
        if (last is { State: IncidentState.Over, IsEndConfirmed: true })
        {
            // Its reader was told that it is over, so nobody is on what begins now.
            last = last with
            {
                AcknowledgedBy = null,
                AcknowledgedAt = null,
            };
        }

        var next = last with
        {
            State = IncidentState.Open,
            EndedAt = null,
            IsEndConfirmed = false,
            LastSeen = post.At > last.LastSeen ? post.At : last.LastSeen,
            Cooldown = post.Cooldown ?? last.Cooldown,
        };
        next = isOther || last.State == IncidentState.Over ? WithContent(next, post, isOther) : next;
        if (post.IsMuted)
        {
            return new(next, TakesContent: isOther);
        }

        if (NeedsFirst(last, post, next.Version > last.Version || IsReminderDue(next, post)))
        {
            return new(
                next with
                {
                    CarrierId = post.SentId,
                    ToldAt = post.At,
                    ShownVersion = 0,
                },
                IncidentRole.First,
                TakesContent: isOther
            );
        }

        return IsReminderDue(next, post) && !post.IsQuiet && !IsWaiting(last)
            ? new(next with { ToldAt = post.At }, IncidentRole.Reminder, TakesContent: isOther)
            : new(next, TakesContent: isOther);
    }

    private static IncidentDecision Ends(Incident? last, IncidentPost post)
    {
        if (last is null or { State: IncidentState.Over, IsEndConfirmed: true })
        {
            return new(null);
        }

        var isOther = post.ContentHash is not null && post.ContentHash != last.ContentHash;
        var next = last with { IsEndConfirmed = post.IsConfirmed };
        if (last.State == IncidentState.Open)
        {
            next = next with { State = IncidentState.Over, EndedAt = post.At };
            next = WithContent(next, post, isOther);
        }
        else if (isOther)
        {
            next = WithContent(next, post, isOther);
        }

        // Nobody hears of the end of what nobody saw.
        return new(
            next,
            post.IsConfirmed && !post.IsMuted && last.ToldAt is not null && !IsHeld(last) ? IncidentRole.End : null,
            TakesContent: isOther
        );
    }

    private static Incident WithContent(Incident incident, IncidentPost post, bool isOther) =>
        isOther
            ? incident with
            {
                Version = incident.Version + 1,
                ContentId = post.Content!.Id,
                ContentHash = post.ContentHash!,
                Title = post.Content.Title ?? incident.Title,
                Script = post.Content.Script ?? incident.Script,
            }
            : incident with
            {
                Version = incident.Version + 1,
            };

    /// <summary>Whether a firing comes within the cooldown after the end.</summary>
    private static bool IsReopenedBy(Incident over, IncidentPost post) =>
        (post.Cooldown ?? over.Cooldown) is var cooldown
        && cooldown > TimeSpan.Zero
        && post.At < over.EndedAt + cooldown
        // An end in the future: the clock was set back, and nobody knows how long ago it was.
        && post.At > over.EndedAt - EditPause;

    private static bool IsReminderDue(Incident incident, IncidentPost post) =>
        incident is { AcknowledgedBy: null, ToldAt: { } told }
        && incident.Cooldown > TimeSpan.Zero
        // Also after a clock that was set back. Posts at the same moment may come in another order.
        && (post.At - told >= incident.Cooldown || told - post.At > EditPause);

    /// <summary>Whether the post is told by a whole message, because there is none to edit or to reply to.</summary>
    /// <param name="incident">The incident before the post.</param>
    /// <param name="post">The post.</param>
    /// <param name="hasNews">Whether it would be edited, or would remind.</param>
    private static bool NeedsFirst(Incident incident, IncidentPost post, bool hasNews) =>
        post.HasPhone
        && incident.Shown is null
        && (
            incident.ToldAt is null
            || LacksMessage(incident with { State = IncidentState.Open }, isMuted: false)
            || (hasNews && !IsWaiting(incident))
        );

    /// <summary>Whether the first message is still on its way, or waits for the end of quiet hours.</summary>
    private static bool IsWaiting(Incident incident) =>
        incident.Carrier is { State: DeliveryState.Queued } || IsHeld(incident);

    /// <summary>Whether it waits for the end of quiet hours. What a digest tells of stays held, and waits no more.</summary>
    private static bool IsHeld(Incident incident) =>
        incident is { Carrier.State: DeliveryState.Held, IsInDigest: false };
}
