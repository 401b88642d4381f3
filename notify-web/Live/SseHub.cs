using System.Globalization;
using System.Threading.Channels;
using Notify.Linking;

namespace Notify.Web.Live;

/// <summary>An event for an open page.</summary>
/// <param name="Name">The event's name; null for the tick of each second.</param>
/// <param name="Data">JSON, in one line.</param>
public sealed record LiveEvent(string? Name, string Data)
{
    /// <summary>A second has passed.</summary>
    internal static LiveEvent Tick { get; } = new(null, "");

    /// <summary>The page may have missed something and fetches everything again.</summary>
    public static LiveEvent Refresh { get; } = new("refresh", "{}");
}

/// <summary>The open pages of all users, each with a queue of events.</summary>
/// <remarks>It waits for nobody. A page that lets its queue run full is disconnected; it reconnects and fetches everything again.</remarks>
public sealed class SseHub(ILinkStore links)
{
    /// <summary>Open pages of one user. A browser opens at most six connections to a server, so this is room for several browsers.</summary>
    public const int MaxPerUser = 16;

    /// <summary>Events in a page's queue. A user's notifications come at most once a second.</summary>
    private const int Waiting = 128;

    private readonly Lock _gate = new();
    private readonly Dictionary<UserName, List<Channel<LiveEvent>>> _streams = [];
    private readonly Dictionary<UserName, long> _told = [];
    private readonly string _instance = Guid.NewGuid().ToString("N")[..8];
    private long _toldAll;

    /// <summary>
    /// The position of a user's events. A page that was rendered at one position and listens from another has missed something. So has one
    /// that reconnects after a restart.
    /// </summary>
    public string PositionOf(UserName user)
    {
        ArgumentNullException.ThrowIfNull(user);
        var link = LinkOf(user);
        var linkPart = link is null
            ? "-"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{link.Chat.Value:x}.{link.LinkedAt.ToUnixTimeSeconds():x}.{link.Dead?.Since.ToUnixTimeSeconds() ?? 0:x}"
            );
        lock (_gate)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{_instance}.{_toldAll}.{_told.GetValueOrDefault(user)}.{linkPart}"
            );
        }
    }

    /// <summary>The user's link; null also if it can't be read now.</summary>
    internal Link? LinkOf(UserName user)
    {
        try
        {
            return links.Find(user);
        }
        catch (StateUnreadableException)
        {
            return null;
        }
    }

    /// <summary>Opens a stream; null if the user has too many.</summary>
    internal ChannelReader<LiveEvent>? Open(UserName user)
    {
        lock (_gate)
        {
            if (!_streams.TryGetValue(user, out var streams))
            {
                _streams[user] = streams = [];
            }

            if (streams.Count >= MaxPerUser)
            {
                return null;
            }

            var stream = Channel.CreateBounded<LiveEvent>(Waiting);
            streams.Add(stream);
            return stream.Reader;
        }
    }

    internal void Close(UserName user, ChannelReader<LiveEvent> reader)
    {
        lock (_gate)
        {
            if (_streams.TryGetValue(user, out var streams))
            {
                streams.RemoveAll(stream => stream.Reader == reader);
                if (streams.Count == 0)
                {
                    _streams.Remove(user);
                }
            }
        }
    }

    /// <summary>Sends an event to all open pages of a user.</summary>
    internal void Tell(UserName user, LiveEvent what)
    {
        lock (_gate)
        {
            _told[user] = _told.GetValueOrDefault(user) + 1;
            if (_streams.TryGetValue(user, out var streams))
            {
                streams.ForEach(stream => Put(stream, what));
            }
        }
    }

    /// <summary>Makes all open pages of all users fetch everything again.</summary>
    internal void TellAllToRefresh()
    {
        lock (_gate)
        {
            _toldAll++;
            foreach (var stream in _streams.Values.SelectMany(streams => streams))
            {
                Put(stream, LiveEvent.Refresh);
            }
        }
    }

    /// <summary>Wakes all streams to check their session, the link and the time since their last event.</summary>
    internal void Tick()
    {
        lock (_gate)
        {
            foreach (var stream in _streams.Values.SelectMany(streams => streams))
            {
                // A stream with events in its queue is awake.
                if (stream.Reader.Count == 0)
                {
                    stream.Writer.TryWrite(LiveEvent.Tick);
                }
            }
        }
    }

    private static void Put(Channel<LiveEvent> stream, LiveEvent what)
    {
        if (!stream.Writer.TryWrite(what))
        {
            stream.Writer.TryComplete();
        }
    }
}

/// <summary>Wakes the streams once a second.</summary>
internal sealed class StreamClock(SseHub streams, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        while (await second.WaitForNextTickAsync(stoppingToken))
        {
            streams.Tick();
        }
    }
}
