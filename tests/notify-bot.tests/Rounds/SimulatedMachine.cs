using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Notify.Bot.Rounds;
using Notify.Linking;

namespace Notify.Tests.Rounds;

/// <summary>A server in simulated time: its clocks, cron, the runners' rounds, and the bot's watch with its file.</summary>
internal sealed class SimulatedMachine : IDisposable
{
    // In memory: a simulated month writes the file 43,200 times.
    private readonly string _folder = Directory
        .CreateDirectory(Path.Combine("/dev/shm", "notify-rounds-" + Path.GetRandomFileName()))
        .FullName;
    private readonly Clocks _clocks = new();
    private readonly Dictionary<UserName, SimulatedUser> _users = [];
    private readonly List<(UserName User, PostedRound Round)> _waiting = [];
    private long _minute;
    private RoundStore? _store;

    public SimulatedMachine(DateTimeOffset start)
    {
        _clocks.Wall = start;
        StartBot();
    }

    /// <summary>The time of day.</summary>
    public DateTimeOffset Now => _clocks.Wall;

    /// <summary>Whether cron runs.</summary>
    public bool HasCron { get; set; } = true;

    /// <summary>All messages: when, to whom, what.</summary>
    public List<(DateTimeOffset At, string To, string What)> Messages { get; } = [];

    /// <summary>The watch's state.</summary>
    public RoundStore Store => _store!;

    private string StorePath => Path.Combine(_folder, RoundStore.FileName);

    /// <summary>Adds a user with a crontab.</summary>
    public SimulatedUser Add(string name, Func<DateTimeOffset, bool> cron, Func<int, TimeSpan>? took = null)
    {
        var user = new SimulatedUser(cron, took ?? (_ => TimeSpan.FromSeconds(5)));
        _users.Add(UserName.Parse(name), user);
        return user;
    }

    /// <summary>A crontab line that runs in each minute that is a multiple of this.</summary>
    public static Func<DateTimeOffset, bool> Every(int minutes) => time => time.ToUnixTimeSeconds() / 60 % minutes == 0;

    /// <summary>Lets time pass, in steps of the bot's tick.</summary>
    public void Run(TimeSpan span)
    {
        for (var passed = TimeSpan.Zero; passed < span; passed += WatchClock.Tick)
        {
            _clocks.Wall += WatchClock.Tick;
            _clocks.Steady += WatchClock.Tick;
            RunCron();
            if (_store is not null)
            {
                Look();
            }
        }
    }

    /// <summary>The machine sleeps: the steady clock stands still.</summary>
    public void Suspend(TimeSpan span) => _clocks.Wall += span;

    /// <summary>Somebody sets the clock.</summary>
    public void SetClock(TimeSpan by) => _clocks.Wall += by;

    /// <summary>Ends the bot. Posted rounds wait in systemd's socket.</summary>
    /// <param name="isKilled">Whether it can't store what it knows.</param>
    public void StopBot(bool isKilled)
    {
        if (!isKilled)
        {
            Store.WriteIfDue(isEnd: true);
        }

        Store.Dispose();
        _store = null;
    }

    /// <summary>The bot starts, with what is in its file.</summary>
    public void StartBot()
    {
        _store = new RoundStore(StorePath, _clocks, NullLogger<RoundStore>.Instance);
        foreach (var (user, round) in _waiting)
        {
            Store.Add(user, AccountId.None, round);
        }

        _waiting.Clear();
    }

    /// <summary>Switches the machine off and on.</summary>
    public void Reboot(TimeSpan off)
    {
        StopBot(isKilled: false);
        _clocks.Wall += off;
        _clocks.Steady = TimeSpan.FromSeconds(30);
        foreach (var user in _users.Values)
        {
            user.Ends = null;
        }

        StartBot();
    }

    /// <summary>What was said to a user since the last call, and forgets it.</summary>
    public IReadOnlyList<string> TakeMessages(string? to = null)
    {
        string[] taken = [.. Messages.Where(message => to is null || message.To == to).Select(message => message.What)];
        Messages.RemoveAll(message => to is null || message.To == to);
        return taken;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _store?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Look()
    {
        Store.Tick();
        foreach (var (name, state) in Watched())
        {
            switch (RoundJudge.Notice(name, state, Store.Counted))
            {
                case RoundNotice.Stopped(var user, var rounds):
                    Messages.Add((Now, user.Value, "stopped"));
                    Store.Told(user, rounds, new RoundStop(rounds.Last!.Value, Store.Counted));
                    break;
                case RoundNotice.Back(var user, var rounds):
                    Messages.Add((Now, user.Value, "back"));
                    Store.Told(user, rounds, null);
                    break;
            }
        }

        (Store.Many, var many) = RoundJudge.LookAtAll(Watched(), Store.Counted, Store.Many);
        if (many is not null)
        {
            Messages.Add(
                (
                    Now,
                    "operators",
                    many switch
                    {
                        ManyNotice.Stopped stopped => string.Create(
                            CultureInfo.InvariantCulture,
                            $"{stopped.Users.Count} of {stopped.Watched} stopped"
                        ),
                        ManyNotice.Back back => string.Create(
                            CultureInfo.InvariantCulture,
                            $"{back.Count - back.Left.Count} of {back.Count} back"
                        ),
                        _ => "?",
                    }
                )
            );
        }

        Store.WriteIfDue();
    }

    private List<KeyValuePair<UserName, UserRounds>> Watched() =>
        [.. Store.All.Where(user => user.Value is { IsOff: false, Limit: not null })];

    private void RunCron()
    {
        var minute = _clocks.Wall.ToUnixTimeSeconds() / 60;
        var isNewMinute = minute != _minute;
        _minute = minute;
        foreach (var (name, user) in _users)
        {
            if (user.Ends is { } ends && _clocks.Steady >= ends)
            {
                Post(name, user);
            }

            if (isNewMinute && HasCron && user.HasCron && user.Ends is null && user.Cron(_clocks.Wall))
            {
                user.Begin(_clocks.Wall, _clocks.Steady);
            }
            else if (
                user is { Ends: { } later, SaysRunning: true }
                && isNewMinute
                && minute % 5 == 0
                && later > _clocks.Steady
            )
            {
                Send(name, new PostedRound(user.Started, null, user.MedianDistance, Next(user)));
            }
        }
    }

    private void Post(UserName name, SimulatedUser user)
    {
        var took = user.End(_clocks.Steady);
        Send(name, new PostedRound(user.Started, took, user.MedianDistance, Next(user)));
    }

    private void Send(UserName name, PostedRound round)
    {
        if (_store is null)
        {
            _waiting.Add((name, round));
        }
        else
        {
            Store.Add(name, AccountId.None, round);
        }
    }

    private DateTimeOffset? Next(SimulatedUser user)
    {
        if (!user.SaysNext)
        {
            return null;
        }

        var next = DateTimeOffset.FromUnixTimeSeconds(((_clocks.Wall.ToUnixTimeSeconds() / 60) + 1) * 60);
        while (!user.Cron(next))
        {
            next += TimeSpan.FromMinutes(1);
        }

        return next;
    }

    private sealed class Clocks : TimeProvider
    {
        public DateTimeOffset Wall { get; set; }

        public TimeSpan Steady { get; set; } = TimeSpan.FromHours(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => Wall;

        public override long GetTimestamp() => Steady.Ticks;
    }
}

/// <summary>A user's crontab and runner.</summary>
/// <param name="cron">Whether the line runs in a minute.</param>
/// <param name="took">How long the round of a number takes.</param>
internal sealed class SimulatedUser(Func<DateTimeOffset, bool> cron, Func<int, TimeSpan> took)
{
    private readonly List<TimeSpan> _distances = [];
    private DateTimeOffset? _last;
    private TimeSpan _began;
    private int _count;

    public Func<DateTimeOffset, bool> Cron { get; set; } = cron;

    /// <summary>Whether cron runs the line.</summary>
    public bool HasCron { get; set; } = true;

    /// <summary>Whether the runner says when cron calls it again.</summary>
    public bool SaysNext { get; set; }

    /// <summary>Whether the runner says that a long round still runs.</summary>
    public bool SaysRunning { get; set; }

    public DateTimeOffset Started { get; private set; }

    /// <summary>The end of the running round, by the steady clock.</summary>
    public TimeSpan? Ends { get; set; }

    /// <summary>As the runner reckons it, of the last ten rounds.</summary>
    public TimeSpan? MedianDistance =>
        _distances.Count == 0 ? null : _distances.TakeLast(9).Order().ElementAt(Math.Min(_distances.Count, 9) / 2);

    public void Begin(DateTimeOffset now, TimeSpan steady)
    {
        if (_last is { } last && now > last)
        {
            _distances.Add(now - last);
        }

        (_last, Started, _began) = (now, now, steady);
        Ends = steady + took(_count++);
    }

    public TimeSpan End(TimeSpan steady)
    {
        Ends = null;
        return steady - _began;
    }
}
