using Notify.Bot.Hosting;
using Notify.Linking;

namespace Notify.Bot.Commands;

/// <summary>
/// Tells chats what becomes of their links, whoever changed them: a person in the chat, the dashboard, or an operator at the
/// shell. It compares what it knew with what is stored now, so there is one place that tells, and no writer that forgets to.
/// </summary>
/// <remarks>What changes while the bot is down is not told.</remarks>
public sealed partial class LinkChangeNotifier(
    ILinkStore links,
    ChatMessenger answers,
    BackgroundTasks background,
    UnreadableLog unreadable,
    BotSettings settings,
    TimeProvider time,
    ILogger<LinkChangeNotifier> log
)
{
    /// <summary>How often changes of other processes are looked for; a look costs a <c>stat</c>.</summary>
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    /// <summary>Beyond so many changes at once somebody has put in a whole file; telling all would be a flood.</summary>
    private const int MostAtOnce = 20;

    private readonly Lock _gate = new();
    private IReadOnlyDictionary<UserName, Link>? _known;
    private IReadOnlyDictionary<UserName, Link>? _seen;
    private long _notStoredSaid;

    /// <summary>Remembers the links as they are. Before anybody can change them by a bot that runs, or what is changed in its first moments would be told to nobody.</summary>
    public void Remember() => TakeChanges();

    /// <summary>Looks for changes until cancelled. Telling them waits for Telegram, and so goes on beside the looking.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Every, time);
        var storing = Task.CompletedTask;
        try
        {
            do
            {
                unreadable.Look();
                if (storing.IsCompleted)
                {
                    // Beside the telling: it may wait for an operator who holds the files' lock in an editor.
                    storing = StoreAccountsAsync(cancellation);
                }

                if (TakeChanges() is { Length: > 0 } changes)
                {
                    background.Start(stopping => TellAsync(changes, stopping));
                }
            } while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException)
        {
            // The bot ends.
        }

        await storing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Tells all chats concerned what has changed since the last look.</summary>
    public Task AnnounceAsync(CancellationToken cancellation) => TellAsync(TakeChanges(), cancellation);

    /// <summary>Entries of an earlier version, and those that somebody typed, get the ids of their accounts.</summary>
    private async Task StoreAccountsAsync(CancellationToken cancellation)
    {
        try
        {
            if (await links.StoreAccountsAsync(cancellation) is > 0 and var count)
            {
                LogAccountsStored(log, count);
            }
        }
        catch (IOException e)
        {
            if (time.GetElapsedTime(_notStoredSaid) > TimeSpan.FromMinutes(1) || _notStoredSaid == 0)
            {
                _notStoredSaid = time.GetTimestamp();
                LogAccountsNotStored(log, e.Message);
            }
        }
    }

    private async Task TellAsync((ChatId Chat, MessageBuilder Text)[] changes, CancellationToken cancellation) =>
        await Task.WhenAll(changes.Select(change => answers.SendAsync(change.Chat, change.Text, cancellation)));

    private (ChatId Chat, MessageBuilder Text)[] TakeChanges()
    {
        lock (_gate)
        {
            IReadOnlyDictionary<UserName, Link> now;
            try
            {
                now = links.All();
            }
            catch (StateUnreadableException)
            {
                // Said by log and health; nothing is known to have changed.
                return [];
            }

            var known = _known;
            if (ReferenceEquals(_seen, now))
            {
                return [];
            }

            _seen = now;
            _known = now = WithUnreadable(now, known);
            if (known is null)
            {
                return [];
            }

            var changes = Changes(known, now).Take(MostAtOnce + 1).ToArray();
            return changes.Length > MostAtOnce ? [] : changes;
        }
    }

    /// <summary>The links now, and those of before whose entries can't be read: nothing is known to have changed about them.</summary>
    private IReadOnlyDictionary<UserName, Link> WithUnreadable(
        IReadOnlyDictionary<UserName, Link> now,
        IReadOnlyDictionary<UserName, Link>? known
    )
    {
        Dictionary<UserName, Link>? with = null;
        foreach (var (user, link) in known ?? now)
        {
            if (!now.ContainsKey(user) && IsUnreadable(user))
            {
                with ??= new Dictionary<UserName, Link>(now);
                with[user] = link;
            }
        }

        return with ?? now;
    }

    private bool IsUnreadable(UserName user)
    {
        try
        {
            links.Find(user);
            return false;
        }
        catch (StateUnreadableException)
        {
            return true;
        }
    }

    private IEnumerable<(ChatId Chat, MessageBuilder Text)> Changes(
        IReadOnlyDictionary<UserName, Link> known,
        IReadOnlyDictionary<UserName, Link> now
    )
    {
        var before = new Dictionary<ChatId, UserName>();
        foreach (var link in known.Values)
        {
            // Not ToDictionary: an editor can give two users one chat.
            before[link.Chat] = link.User;
        }

        var taken = new HashSet<ChatId>();
        foreach (var (user, link) in now)
        {
            var old = known.GetValueOrDefault(user);
            if (old?.Chat == link.Chat)
            {
                continue;
            }

            if (old is { Chat.IsPrivate: false } && old.LinkedAt == link.LinkedAt)
            {
                // A group that became a supergroup: the same link under a new number.
                taken.Add(old.Chat);
                continue;
            }

            taken.Add(link.Chat);
            var text = new MessageBuilder()
                .Plain("✔ Linked: the notifications of ")
                .Bold(user.Value)
                .Plain($" on {settings.InstanceName} arrive here from now on");
            if (before.TryGetValue(link.Chat, out var previous))
            {
                text.Plain(", and no longer those of ").Bold(previous.Value);
            }

            yield return (link.Chat, text.Plain(". /test sends a sample, /help lists the commands."));
        }

        foreach (var (user, old) in known)
        {
            var current = now.GetValueOrDefault(user);
            if (current?.Chat == old.Chat || taken.Contains(old.Chat))
            {
                // Nothing changed, or another user has this chat now, and it was told so above.
                continue;
            }

            yield return (
                old.Chat,
                current is null || (old.Account is { } account && current.Account is { } other && account != other)
                    ? new MessageBuilder()
                        .Plain("This chat is no longer linked: the notifications of ")
                        .Bold(user.Value)
                        .Plain(" do not arrive here any more. /start links it again.")
                    : new MessageBuilder()
                        .Plain("The notifications of ")
                        .Bold(user.Value)
                        .Plain(" go to another chat from now on. If that was not you, tell your operator.")
            );
        }
    }

    [LoggerMessage(
        1110,
        LogLevel.Information,
        "{Count} links had no user id stored, and count for the accounts that their users have now."
    )]
    private static partial void LogAccountsStored(ILogger log, int count);

    [LoggerMessage(
        1111,
        LogLevel.Warning,
        "The user ids of links can't be stored: {Reason} It is tried again every second."
    )]
    private static partial void LogAccountsNotStored(ILogger log, string reason);
}
