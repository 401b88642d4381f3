using System.Globalization;
using System.Text.RegularExpressions;

namespace Notify.Sandbox.Telegram;

/// <summary>All that a sandbox's Telegram knows. What changes is changed under <see cref="Gate"/>.</summary>
internal sealed partial class TelegramWorld
{
    private readonly SandboxOptions _options;
    private int _nextMessageId = 1;
    private long _nextAlbumId = 13_900_000_000_000_001;

    public TelegramWorld(SandboxOptions options)
    {
        if (!WellFormedToken().IsMatch(options.Token))
        {
            throw new UsageException(
                "The token must be digits, a colon and at least 20 letters, digits, \"-\" or \"_\", such as 110201:AAH-sandbox-token-of-no-bot."
            );
        }

        _options = options;
        BotId = long.Parse(
            options.Token.AsSpan(0, options.Token.IndexOf(':', StringComparison.Ordinal)),
            CultureInfo.InvariantCulture
        );
        Token = options.Token;
        Files = new FileShelf(options.KeptFileBytes);
        Limits = new SendLimiter(options.Time) { IsOn = options.Limits == SendLimits.Published };
        Calls = new CallLog(options.KeptCalls);
        Faults = new FaultPlan(options.Time);
        Callbacks = new CallbackQueries(options.Time);
    }

    public Lock Gate { get; } = new();

    public TimeProvider Time => _options.Time;

    /// <summary>The current token; a test can revoke it.</summary>
    public string Token { get; set; }

    public long BotId { get; }

    public string BotName { get; } = "Notify";

    public string BotUsername => _options.BotUsername;

    public PeopleAndChats People { get; } = new();

    public UpdateQueue Updates { get; } = new();

    public FileShelf Files { get; }

    public SendLimiter Limits { get; }

    public CallLog Calls { get; }

    public FaultPlan Faults { get; }

    public CallbackQueries Callbacks { get; }

    public CommandLists Commands { get; } = new();

    /// <summary>Tells open phone pages what happened.</summary>
    public PhoneFeed Feed { get; } = new();

    /// <summary>Puts a message into its chat; the number must come from <see cref="NextMessageId"/>.</summary>
    public void Post(Message message)
    {
        message.Chat.Add(message, _options.KeptMessagesPerChat);
        Feed.Publish(new PhoneEvent("message", message.Chat.Id, message.Id));
    }

    /// <summary>The number of a chat's next message: a supergroup counts its own, all other chats share the bot's count.</summary>
    public int NextMessageId(Chat chat) => chat.Type == ChatType.Supergroup ? chat.NextMessageId++ : _nextMessageId++;

    /// <summary>The id of the next album, in digits as Telegram's.</summary>
    public string NextAlbumId() => (_nextAlbumId++).ToString(CultureInfo.InvariantCulture);

    /// <summary>Digits, a colon, and what Telegram's secrets are made of.</summary>
    [GeneratedRegex("^[0-9]{1,16}:[A-Za-z0-9_-]{20,80}$", RegexOptions.CultureInvariant, 1000)]
    public static partial Regex WellFormedToken();
}
