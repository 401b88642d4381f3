using Notify.Sandbox.Google;

namespace Notify.Sandbox;

/// <summary>Whether the sandbox holds senders to the rates that Telegram publishes.</summary>
public enum SendLimits
{
    /// <summary>30 messages a second over all chats, 1 a second per private chat after a burst of 3, 20 a minute per group.</summary>
    Published,

    /// <summary>No limits, for benchmarks and for tests that are about something else.</summary>
    Off,
}

/// <summary>How a sandbox is set up.</summary>
public sealed record SandboxOptions
{
    /// <summary>The default token. Well formed, but of no bot.</summary>
    public const string SampleToken = "110201:AAH-sandbox-token-that-opens-no-real-bot";

    /// <summary>The default client id at the sandbox's Google. Well formed, but of no client.</summary>
    public const string SampleGoogleClientId = "110201-notify-sandbox-sample.apps.googleusercontent.com";

    /// <summary>The secret that goes with it.</summary>
    public const string SampleGoogleClientSecret = "sample-secret-that-opens-no-real-client";

    /// <summary>Where the Bot API listens: http on a loopback address; port 0 is any free one.</summary>
    public Uri Listen { get; init; } = new("http://127.0.0.1:0");

    /// <summary>Where the phone page and the control API listen: http on a loopback address; port 0 is any free one.</summary>
    /// <remarks>On its own port, so it can end an outage of the Bot API, and no web page shares an origin with the API.</remarks>
    public Uri PhoneListen { get; init; } = new("http://127.0.0.1:0");

    /// <summary>Where the OpenID provider listens: http on a loopback address; port 0 is any free one.</summary>
    /// <remarks>On its own port, with its own origin and outages.</remarks>
    public Uri GoogleListen { get; init; } = new("http://127.0.0.1:0");

    /// <summary>The one client id that is registered; not empty.</summary>
    public string GoogleClientId { get; init; } = SampleGoogleClientId;

    /// <summary>The client's secret; not empty.</summary>
    public string GoogleClientSecret { get; init; } = SampleGoogleClientSecret;

    /// <summary>Whole addresses on other machines that people may be sent back to; on this machine they may go to any.</summary>
    public IReadOnlyList<string> GoogleRedirects { get; init; } = [];

    /// <summary>The Google accounts to choose from, at most 1,000; of several with one address, the first counts.</summary>
    public IReadOnlyList<GoogleAccount> GoogleAccounts { get; init; } = GoogleAccount.Samples;

    /// <summary>How many codes, and how many access tokens, of the OpenID provider are kept, at least 1; the oldest go first.</summary>
    public int KeptGoogleTokens { get; init; } = 10_000;

    /// <summary>The one token that is taken: digits (the bot's id), a colon, then letters, digits, <c>-</c> and <c>_</c>.</summary>
    public string Token { get; init; } = SampleToken;

    /// <summary>The bot's user name, without <c>@</c>.</summary>
    public string BotUsername { get; init; } = "NotifyTestBot";

    /// <summary>The sending rates that are enforced.</summary>
    public SendLimits Limits { get; init; } = SendLimits.Published;

    /// <summary>How many messages of one chat are kept, at least 1; the oldest go first.</summary>
    public int KeptMessagesPerChat { get; init; } = 10_000;

    /// <summary>How many calls the record of calls holds, at least 1; the oldest go first.</summary>
    public int KeptCalls { get; init; } = 10_000;

    /// <summary>How many bytes of photos and documents are kept over all chats; the oldest go first, the newest always stays.</summary>
    public long KeptFileBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>The clock of messages, limits, long polls and faults.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
