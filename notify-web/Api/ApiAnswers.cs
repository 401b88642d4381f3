using System.Text.Json;
using System.Text.Json.Serialization;
using Notify.Hosting;
using Notify.Linking;
using Notify.Scripts;
using Notify.Web.Bot;

namespace Notify.Web.Api;

// What the API takes and answers (specification, section 12). Names are in snake_case, times ISO 8601, UTC; what does not apply is left out.

/// <summary>What is wrong, and what to do.</summary>
/// <param name="Error">A sentence.</param>
public sealed record ErrorAnswer(string Error);

/// <summary>Whether the dashboard is well.</summary>
/// <param name="Status"><c>ok</c>, or <c>degraded</c>: it serves, and the bot does not.</param>
/// <param name="Version">The program's version.</param>
/// <param name="Bot"><c>ok</c> or <c>unreachable</c>.</param>
public sealed record HealthAnswer(string Status, string Version, string Bot);

/// <summary>A verification code, as somebody typed or pasted it.</summary>
public sealed record VerifyRequest
{
    /// <summary>Six digits; spaces and dashes don't count.</summary>
    public required string Code { get; init; }
}

/// <summary>The time zone of a page's reader.</summary>
public sealed record TimeZoneRequest
{
    /// <summary>Its IANA name, such as <c>Europe/Prague</c>.</summary>
    public required string Timezone { get; init; }
}

/// <summary>A phone is linked.</summary>
/// <param name="Ok">Always true.</param>
/// <param name="Message">A sentence for the person.</param>
public sealed record VerifiedAnswer(bool Ok, string Message);

/// <summary>Something was done.</summary>
/// <param name="Ok">Always true.</param>
public sealed record DoneAnswer(bool Ok);

/// <summary>How it stands with the user's link.</summary>
/// <param name="Linked">Whether there is one.</param>
/// <param name="LinkedAt">Since when.</param>
/// <param name="Dead">Set where Telegram has said that the chat takes nothing any more.</param>
public sealed record StatusAnswer(bool Linked, DateTimeOffset? LinkedAt = null, DeadAnswer? Dead = null)
{
    /// <summary>What is said of a link, or of none.</summary>
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
/// <param name="Reason"><c>blocked</c>, <c>chat not found</c>, <c>deactivated</c> or <c>kicked</c>.</param>
/// <param name="Since">Since when.</param>
public sealed record DeadAnswer(string Reason, DateTimeOffset Since);

/// <summary>A one-tap link.</summary>
/// <param name="Url">Opens the bot's chat.</param>
/// <param name="ExpiresAt">From this moment on it is void.</param>
public sealed record LinkAnswer(string Url, DateTimeOffset ExpiresAt);

/// <summary>The user's history.</summary>
/// <param name="Notifications">The newest first.</param>
public sealed record NotificationsAnswer(IReadOnlyList<BotNotification> Notifications);

/// <summary>For how long a script is to be muted.</summary>
public sealed record MuteRequest
{
    /// <summary>A number and <c>m</c>, <c>h</c> or <c>d</c>, such as <c>1h</c>; null ends it.</summary>
    public required string? For { get; init; }
}

/// <summary>A notification was accepted, or has another state.</summary>
/// <param name="Id">The notification's.</param>
/// <param name="State">As in the list of notifications.</param>
public sealed record NotificationEvent(string Id, string State);

/// <summary>How all of it is written and read.</summary>
internal static class ApiJson
{
    internal static JsonSerializerOptions Options { get; } = Make();

    internal static void Set(JsonSerializerOptions options)
    {
        WireJson.Set(options);
        options.NumberHandling = JsonNumberHandling.Strict;
        options.Converters.Add(new UtcSecondsConverter());
    }

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions();
        Set(options);
        return options;
    }
}
