using System.Globalization;
using System.Threading.Channels;
using Notify.Linking;

namespace Notify.Web.Live;

/// <summary>Something for an open page.</summary>
/// <param name="Name">The event's name; null: a second has passed, look whether there is something.</param>
/// <param name="Data">JSON, in one line.</param>
public sealed record LiveEvent(string? Name, string Data)
{
    /// <summary>A second has passed.</summary>
    internal static LiveEvent Tick { get; } = new(null, "");

    /// <summary>Something may have been missed: fetch everything anew.</summary>
    public static LiveEvent Refresh { get; } = new("refresh", "{}");
}

/// <summary>The open pages of all users, and what each has still to be told.</summary>
/// <remarks>Nobody is waited for: a page that doesn't take what it is told is cut off, comes back by itself, and fetches everything anew.</remarks>
public sealed class SseHub(ILinkStore links)
{
    /// <summary>Open pages of one user. A browser has six connections to a server at most; this is room for several browsers.</summary>
    public const int MostOfOneUser = 16;

    /// <summary>What a page may have waiting: a user's notifications come one a second at most.</summary>
    private const int Waiting = 128;

    private readonly Lock _gate = new();
    private readonly Dictionary<UserName, List<Channel<LiveEvent>>> _streams = [];
    private readonly Dictionary<UserName, long> _told = [];
    private readonly string _instance = Guid.NewGuid().ToString("N")[..8];
    private long _toldAll;

    /// <summary>
    /// Where a user's events are now. A page that was rendered at one position and listens from another on has missed something in between; so has one
    /// that comes back after a restart.
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

    /// <summary>The user's link; null also where it can't be read now.</summary>
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

    /// <summary>Opens a stream; null where the user has too many.</summary>
    internal ChannelReader<LiveEvent>? Open(UserName user)
    {
        lock (_gate)
        {
            if (!_streams.TryGetValue(user, out var streams))
            {
                _streams[user] = streams = [];
            }

            if (streams.Count >= MostOfOneUser)
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

    /// <summary>Tells all open pages of a user.</summary>
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

    /// <summary>Tells all open pages of all users to fetch everything anew.</summary>
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

    /// <summary>Wakes all streams, so that each looks at its session, the link and the time since it last said something.</summary>
    internal void Tick()
    {
        lock (_gate)
        {
            foreach (var stream in _streams.Values.SelectMany(streams => streams))
            {
                // One that has something waiting is awake anyway.
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
