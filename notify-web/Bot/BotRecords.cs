using Notify.Linking;

namespace Notify.Web.Bot;

// What the bot says (specification, section 7). Times are UTC; what does not apply is null. Words such as states are the bot's own and may become
// more: whoever shows them has something to show for a word it does not know.

/// <summary>How the bot is.</summary>
/// <param name="Status"><c>ok</c>, <c>degraded</c>, or <c>down</c>: nothing can be accepted.</param>
/// <param name="Version">The bot's version.</param>
/// <param name="BotUsername">Its name at Telegram, without <c>@</c>; null while it has never reached Telegram.</param>
/// <param name="Telegram">How it stands with Telegram.</param>
/// <param name="Queue">What waits for delivery.</param>
/// <param name="Unreadable">Shared files that it can't read.</param>
/// <param name="Outbox">What is wrong with its outbox; null where nothing is.</param>
public sealed record BotHealth(
    string Status,
    string Version,
    string? BotUsername,
    BotTelegram Telegram,
    BotQueue Queue,
    IReadOnlyList<UnreadableFile> Unreadable,
    BotOutbox? Outbox = null
);

/// <summary>What is wrong with the file in which the bot stores what it accepts.</summary>
/// <param name="State"><c>log too large</c>, <c>locked</c> or <c>not writable</c>; with the last two nothing is accepted.</param>
/// <param name="Reason">Why, for the operator.</param>
public sealed record BotOutbox(string State, string Reason);

/// <summary>How the bot stands with Telegram.</summary>
/// <param name="State"><c>ok</c>, <c>unreachable</c>, <c>token refused</c> or <c>polled elsewhere</c>.</param>
/// <param name="LastGoodPoll">When Telegram last answered.</param>
public sealed record BotTelegram(string State, DateTimeOffset? LastGoodPoll);

/// <summary>What waits for delivery, of all users.</summary>
/// <param name="Length">How many notifications.</param>
/// <param name="OldestSeconds">The age of the oldest, in seconds.</param>
public sealed record BotQueue(int Length, double OldestSeconds);

/// <summary>A notification of the history.</summary>
/// <param name="Id">Its id.</param>
/// <param name="User">Whose it is.</param>
/// <param name="Script">The script's file name; null where no script sent it.</param>
/// <param name="Title">Literal text.</param>
/// <param name="Message">As it came, marked up as <paramref name="ParseMode"/> says.</param>
/// <param name="ParseMode"><c>HTML</c>, <c>MarkdownV2</c>, or empty for plain; null for Markdown, which nearly all are.</param>
/// <param name="CreatedAt">When it was accepted.</param>
/// <param name="State"><c>queued</c>, <c>delivered</c>, <c>failed</c>, <c>unknown</c> or <c>muted</c>.</param>
/// <param name="Reason">Telegram's, where it is not delivered.</param>
/// <param name="NextTryAt">When the bot tries again.</param>
/// <param name="ImageId">Its chart's, for <see cref="BotClient.ImageAsync"/>.</param>
public sealed record BotNotification(
    string Id,
    string User,
    string? Script,
    string? Title,
    string Message,
    string? ParseMode,
    DateTimeOffset CreatedAt,
    string State,
    string? Reason,
    DateTimeOffset? NextTryAt,
    string? ImageId
);

/// <summary>How many notifications of a user there were in each quarter of an hour, by what became of them. The days of every time zone are made of them.</summary>
/// <param name="Since">The beginning of the first quarter of which all are counted.</param>
/// <param name="Quarters">Quarters with any, the oldest first.</param>
public sealed record BotQuarters(DateTimeOffset Since, IReadOnlyList<BotQuarter> Quarters);

/// <summary>The notifications of one quarter of an hour.</summary>
/// <param name="At">When it begins.</param>
/// <param name="Queued">How many wait.</param>
/// <param name="Delivered">How many are on the phone.</param>
/// <param name="Failed">How many Telegram did not take.</param>
/// <param name="Unknown">Of how many nobody knows.</param>
/// <param name="Muted">How many were held back, as their owner wished.</param>
public sealed record BotQuarter(DateTimeOffset At, int Queued, int Delivered, int Failed, int Unknown, int Muted);

/// <summary>The scripts of a user.</summary>
/// <param name="Scripts">By name.</param>
/// <param name="MutedUntil">Until when all of the user's notifications are muted, whichever script they come from.</param>
public sealed record BotScripts(IReadOnlyList<BotScript> Scripts, DateTimeOffset? MutedUntil);

/// <summary>A script of a user, with what is known of it.</summary>
/// <param name="Name">Its file name.</param>
/// <param name="Stem">The same without <c>.py</c>: what people see.</param>
/// <param name="LastRun">When it last ran, in a round or on request.</param>
/// <param name="LastRound">When a round last ran it; null: cron does not.</param>
/// <param name="LastSent">When it last had something sent.</param>
/// <param name="CooldownEnds">Until when it is held back; null where it is not.</param>
/// <param name="LastOutcome"><c>delivered</c>, <c>queued</c>, <c>no_alert</c>, <c>held_by_cooldown</c>, <c>muted</c>, <c>not_sent</c>, <c>not_noted</c> or <c>error</c>.</param>
/// <param name="Error">The last lines of what went wrong.</param>
/// <param name="Running">Whether it runs now.</param>
/// <param name="MutedUntil">Until when it is muted, by itself or with all others.</param>
/// <param name="NoRun">Why it can't be run from here; null where it can.</param>
/// <param name="Warnings">What was not as it should be in its last run, one sentence each.</param>
public sealed record BotScript(
    string Name,
    string Stem,
    DateTimeOffset? LastRun,
    DateTimeOffset? LastRound,
    DateTimeOffset? LastSent,
    DateTimeOffset? CooldownEnds,
    string? LastOutcome,
    string? Error,
    bool Running,
    DateTimeOffset? MutedUntil,
    string? NoRun,
    IReadOnlyList<string>? Warnings = null
);

/// <summary>How a run ended.</summary>
/// <param name="Outcome"><c>delivered</c>, <c>queued</c>, <c>no_alert</c>, <c>error</c> or <c>already_running</c>.</param>
/// <param name="Id">The notification's, if there is one.</param>
/// <param name="Error">What went wrong, for the script's owner; also where what it said was sent and it failed after that.</param>
/// <param name="Channels">What took it; null where nothing was sent.</param>
public sealed record BotRun(string Outcome, string? Id, string? Error, BotChannels? Channels);

/// <summary>What took a notification.</summary>
/// <param name="Telegram"><c>delivered</c>, <c>queued</c> or <c>muted</c>; null where no phone is linked.</param>
/// <param name="Desktop">How many desktops and pages; null where that is not known.</param>
public sealed record BotChannels(string? Telegram, int? Desktop);

/// <summary>A script was muted, or no longer is.</summary>
/// <param name="Ok">Always true.</param>
/// <param name="MutedUntil">Until when; null: it is not muted.</param>
public sealed record BotMute(bool Ok, DateTimeOffset? MutedUntil);

/// <summary>The bot says no; the message is its sentence.</summary>
/// <param name="status">Its HTTP status.</param>
/// <param name="sentence">Its sentence.</param>
/// <param name="retryAfter">When it may go better.</param>
public sealed class BotRefusedException(int status, string sentence, TimeSpan? retryAfter) : Exception(sentence)
{
    /// <summary>The bot's HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>When it may go better; null where it did not say.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
