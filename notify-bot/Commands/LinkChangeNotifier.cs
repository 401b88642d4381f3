using Notify.Bot.Links;
using Notify.Linking;

namespace Notify.Bot.Commands;

/// <summary>
/// Tells chats about changes of their links, by a chat, the dashboard or an admin at the shell. It compares the last known
/// links with the stored ones, so no writer has to remember to tell.
/// </summary>
/// <remarks>Nobody hears about changes while the bot is down.</remarks>
public sealed partial class LinkChangeNotifier(
    ILinkStore links,
    ChatMessenger messenger,
    BackgroundTasks background,
    UnreadableLog unreadable,
    BotSettings settings,
    TimeProvider time,
    ILogger<LinkChangeNotifier> log
) : BackgroundService
{
    /// <summary>How often to look for changes of other processes. A look costs a <c>stat</c>.</summary>
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    /// <summary>More changes at once mean that somebody replaced the file. Telling all chats would flood them.</summary>
    private const int MaxAtOnce = 20;

    private readonly Lock _gate = new();
    private IReadOnlyDictionary<UserName, Link>? _known;
    private IReadOnlyDictionary<UserName, Link>? _seen;
    private long _notStoredSaid;

    /// <inheritdoc />
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // Remembers the links as they are, before a bot that runs can change them. Or its first changes would be told to nobody.
        TakeChanges();
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        SideLoop.RunAsync("Telling chats of changed links", LoopAsync, time, log, stoppingToken);

    private async Task LoopAsync(CancellationToken cancellation)
    {
        // Telling waits for Telegram, and so goes on beside the looking.
        using var timer = new PeriodicTimer(Every, time);
        var storing = Task.CompletedTask;
        try
        {
            do
            {
                unreadable.Look();
                if (storing.IsCompleted)
                {
                    await storing;

                    // Runs beside the telling: it may wait for an admin who holds the files' lock in an editor.
                    storing = StoreAccountsAsync(cancellation);
                }

                if (TakeChanges() is { Length: > 0 } changes)
                {
                    background.Start(stopping => TellAsync(changes, stopping));
                }
            } while (await timer.WaitForNextTickAsync(cancellation));
        }
        finally
        {
            await storing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Tells the chats concerned about all changes since the last look.</summary>
    public Task AnnounceAsync(CancellationToken cancellation) => TellAsync(TakeChanges(), cancellation);

    /// <summary>Stores account ids in entries of an earlier version and in entries typed by hand.</summary>
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
        await Task.WhenAll(changes.Select(change => messenger.SendAsync(change.Chat, change.Text, cancellation)));

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
                // Log and health report it. No change is known.
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

            var changes = Changes(known, now).Take(MaxAtOnce + 1).ToArray();
            return changes.Length > MaxAtOnce ? [] : changes;
        }
    }

    /// <summary>The current links. An unreadable entry counts as unchanged.</summary>
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
                // A group became a supergroup: the same link under a new id.
                taken.Add(old.Chat);
                continue;
            }

            taken.Add(link.Chat);
            var text = new MessageBuilder()
                .Plain("✔ Linked: this chat now receives the notifications of ")
                .Bold(user.Value)
                .Plain($" on {settings.InstanceName}");
            if (before.TryGetValue(link.Chat, out var previous))
            {
                text.Plain(" and no longer those of ").Bold(previous.Value);
            }

            yield return (link.Chat, text.Plain(". Send /test for a sample, /help for the commands."));
        }

        foreach (var (user, old) in known)
        {
            var current = now.GetValueOrDefault(user);
            if (current?.Chat == old.Chat || taken.Contains(old.Chat))
            {
                // Nothing changed, or another user has this chat now and the chat was told above.
                continue;
            }

            yield return (
                old.Chat,
                current is null || (old.Account is { } account && current.Account is { } other && account != other)
                    ? new MessageBuilder()
                        .Plain("This chat is no longer linked. It no longer receives the notifications of ")
                        .Bold(user.Value)
                        .Plain(". Send /start to link it again.")
                    : new MessageBuilder()
                        .Plain("This chat receives the notifications of ")
                        .Bold(user.Value)
                        .Plain($" now go to another chat. If you did not change this, tell {settings.Contact}.")
            );
        }
    }

    [LoggerMessage(
        1110,
        LogLevel.Information,
        "{Count} links had no user id. They now belong to the current accounts of their users."
    )]
    private static partial void LogAccountsStored(ILogger log, int count);

    [LoggerMessage(
        1111,
        LogLevel.Warning,
        "The user ids of links can't be stored: {Reason} The bot tries again every second."
    )]
    private static partial void LogAccountsNotStored(ILogger log, string reason);
}
