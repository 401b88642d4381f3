using Notify.Contracts;
using Notify.Linking;

namespace Notify.Web.Api;

// Requests and answers of the API. Names are in snake_case, times in ISO 8601 and UTC. Members that do not apply are left out.

/// <summary>The dashboard's health.</summary>
/// <param name="Status">Degraded if only the dashboard answers and the bot does not.</param>
/// <param name="Version">The program's version.</param>
/// <param name="Bot"><c>ok</c> or <c>unreachable</c>.</param>
public sealed record HealthAnswer(HealthState Status, string Version, string Bot);

/// <summary>A verification code, typed or pasted.</summary>
public sealed record VerifyRequest
{
    /// <summary>Six digits. Spaces and dashes are ignored.</summary>
    public required string Code { get; init; }
}

/// <summary>The time zone of a page's reader.</summary>
public sealed record TimeZoneRequest
{
    /// <summary>Its IANA name, such as <c>Europe/Prague</c>.</summary>
    public required string Timezone { get; init; }
}

/// <summary>The code was right: the chat is linked.</summary>
/// <param name="Ok">Always true.</param>
/// <param name="Message">A sentence for the user.</param>
public sealed record VerifiedAnswer(bool Ok, string Message);

/// <summary>The change is made.</summary>
/// <param name="Ok">Always true.</param>
public sealed record DoneAnswer(bool Ok);

/// <summary>The user's link.</summary>
/// <param name="Linked">Whether there is one.</param>
/// <param name="LinkedAt">Since when.</param>
/// <param name="Dead">Set if the chat takes no messages.</param>
public sealed record StatusAnswer(bool Linked, DateTimeOffset? LinkedAt = null, DeadAnswer? Dead = null)
{
    /// <summary>The answer for a link, or for none.</summary>
    public static StatusAnswer Of(Link? link) =>
        link is null
            ? new StatusAnswer(false)
            : new StatusAnswer(
                true,
                link.LinkedAt,
                link.Dead is { } dead ? new DeadAnswer(dead.Reason, dead.Since) : null
            );
}

/// <summary>Why and since when a link is dead.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Since">Since when.</param>
public sealed record DeadAnswer(DeadLinkReason Reason, DateTimeOffset Since);

/// <summary>A one-tap link.</summary>
/// <param name="Url">Opens the bot's chat.</param>
/// <param name="ExpiresAt">When it expires.</param>
public sealed record LinkAnswer(string Url, DateTimeOffset ExpiresAt);

/// <summary>How long a script stays muted.</summary>
public sealed record MuteRequest
{
    /// <summary>A number and <c>m</c>, <c>h</c> or <c>d</c>, such as <c>1h</c>; null ends the mute.</summary>
    public required string? For { get; init; }
}
