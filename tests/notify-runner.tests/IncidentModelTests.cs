using Notify.Contracts;
using Notify.Posix;
using Notify.Runner;
using Notify.Schedules;
using Notify.Scripts;
using Notify.Sending;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary>Many runs of a script with <c># notify: incident</c>, with a clock of the test's own: real state files and a real socket, results without a process.</summary>
public sealed class IncidentModelTests : IAsyncDisposable
{
    private static readonly ScriptName Script = ScriptName.TryParse("revenue.py", out var name)
        ? name
        : throw new InvalidOperationException();

    private static readonly Cooldown SixHours = Cooldown.TryParse("6h")!;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("notify-incident-");
    private readonly FakeBot _fake = new();
    private readonly SkippingTime _time = new();
    private readonly IncidentBot _bot;
    private readonly ScriptHome _home;
    private readonly ScriptPlan _plan;

    public IncidentModelTests()
    {
        _home = new ScriptHome(new Account("alice", 0, 0, _folder.FullName));
        Directory.CreateDirectory(_home.ScriptsFolder);
        File.WriteAllText(Path.Combine(_home.ScriptsFolder, Script.Value), "# notify: incident\n");
        Assert.Null(_home.TryMakeFolders());
        _bot = new IncidentBot(_time.GetUtcNow);
        _fake.Answer = _bot.Answer;
        _plan = ScriptPlan.Read(_home, Script, Settings(_fake.SocketPath), new ZoneNames());
    }

    public async ValueTask DisposeAsync()
    {
        await _fake.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void A_day_of_flapping_is_one_incident()
    {
        for (var i = 0; i < 96; i++)
        {
            Run(i % 2 == 0 ? "a" : null);
            _time.Skip(TimeSpan.FromMinutes(15));
        }

        Assert.Equal(1, _bot.Seen.Count(seen => seen.StartsWith("message", StringComparison.Ordinal)));
        Assert.Equal(0, _bot.Seen.Count(seen => seen is "over"));
        Assert.Equal(96, _bot.Asked.Count);
        Run(null);
        Assert.Equal("over", _bot.Seen[^1]);
    }

    [Fact]
    public void A_day_of_the_same_alert_is_a_message_and_a_reminder_each_six_hours()
    {
        for (var i = 0; i < 96; i++)
        {
            Run("a");
            _time.Skip(TimeSpan.FromMinutes(15));
        }

        Assert.Equal(["message a", "still", "still", "still"], _bot.Seen);
        Assert.Equal(4, _bot.Asked.Count);
    }

    /// <summary>A round begins some seconds early or late, and a run takes some seconds.</summary>
    [Fact]
    public void An_hourly_reminder_of_an_hourly_round_comes_each_hour()
    {
        var random = new Dice(7);
        var hour = Cooldown.TryParse("1h")!;
        for (var i = 0; i < 24; i++)
        {
            var late = TimeSpan.FromSeconds(random.Next(0, 20));
            var took = TimeSpan.FromSeconds(random.Next(0, 50));
            _time.Skip(late);
            Run("a", hour, took: took);
            _time.Skip(TimeSpan.FromHours(1) - late - took);
        }

        Assert.Equal(23, _bot.Seen.Count(seen => seen is "still"));
        Assert.Equal(24, _bot.Asked.Count);
    }

    [Fact]
    public void A_reminder_that_the_bot_does_not_send_is_asked_for_once_an_hour()
    {
        Run("a");
        _bot.IsMuted = true;
        for (var i = 0; i < 96; i++)
        {
            _time.Skip(TimeSpan.FromMinutes(15));
            Run("a");
        }

        // After six hours, and each hour until the end of the day.
        Assert.Equal(1 + 19, _bot.Asked.Count);
        Assert.Equal(["message a"], _bot.Seen);
        _bot.IsMuted = false;
        _time.Skip(TimeSpan.FromHours(1));
        Run("a");
        _time.Skip(TimeSpan.FromHours(5));
        Run("a");
        Assert.Equal(["message a", "still"], _bot.Seen);
        Assert.Equal(1 + 20, _bot.Asked.Count);
    }

    /// <summary>What a run said, and how the bot was.</summary>
    private enum Bot
    {
        There,
        NotListening,
        Refusing,
        AnswerLost,
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void After_any_runs_the_bot_shows_what_the_last_run_that_it_heard_said(int seed)
    {
        var random = new Dice(seed);
        // What the bot was made to know by the runs that it answered, and what it may know by one whose answer was lost.
        var model = new Model();
        for (var i = 0; i < 60; i++)
        {
            _time.Skip(TimeSpan.FromMinutes(random.Next(1, 200)));
            var said = random.Next(6) switch
            {
                0 or 1 => null,
                2 => "fail",
                var n => ((char)('a' + (n % 2))).ToString(),
            };
            var bot = random.Next(5) switch
            {
                0 => Bot.NotListening,
                1 => random.Next(2) == 0 ? Bot.Refusing : Bot.AnswerLost,
                _ => Bot.There,
            };
            var asked = _bot.Asked.Count;
            var seen = _bot.Seen.Count;
            var start = _time.GetUtcNow();
            Run(said, bot: bot);

            var expected = model.Expect(said, start);
            var posts = bot == Bot.There ? _bot.Asked.Skip(asked).ToList() : [];
            if (bot == Bot.There)
            {
                Assert.Equal(expected is null ? [] : [expected], posts);
                if (said is not "fail")
                {
                    Assert.Equal(said, _bot.Open);
                }
            }

            model.Happened(said, bot, expected);
            if (_bot.Seen.Skip(seen).Any(what => what is "still" || what[0] is 'm'))
            {
                model.Told = start;
            }
        }

        // However it was: two quiet runs that are heard leave nothing open, and say so once.
        Run(null);
        Run(null);
        Run(null);
        Assert.Null(_bot.Open);
        var opened = _bot.Seen.FindLastIndex(seen => seen[0] is 'm' or 'a');
        Assert.Equal(opened < 0 ? 0 : 1, _bot.Seen.Skip(Math.Max(opened, 0)).Count(seen => seen is "over"));
        var count = _bot.Asked.Count;
        Run(null);
        Assert.Equal(count, _bot.Asked.Count);
        Assert.Null(ScriptState.Read(_home, Script).Incident);
    }

    /// <summary>The rules of the posts, in the words of the guide.</summary>
    private sealed class Model
    {
        private string? _shown;
        private bool _isUnknown;
        private bool _isOpen;
        private bool _isKnownToRunner;
        private int _quiet;

        /// <summary>The start of the run that the user last heard of.</summary>
        internal DateTimeOffset Told { get; set; }

        /// <summary>What a run posts; null for nothing.</summary>
        internal string? Expect(string? said, DateTimeOffset start)
        {
            switch (said)
            {
                case "fail":
                    return null;
                case null:
                    return !_isKnownToRunner ? null
                        : _quiet + 1 >= 2 ? "ok, confirmed"
                        : _isOpen || _isUnknown ? "ok"
                        : null;
                default:
                    return
                        !_isKnownToRunner
                        || _isUnknown
                        || !_isOpen
                        || _shown != said
                        || start - Told >= TimeSpan.FromSeconds(21_540)
                        ? $"firing {said}"
                        : null;
            }
        }

        internal void Happened(string? said, Bot bot, string? posted)
        {
            if (said is "fail")
            {
                return;
            }

            _quiet = said is null && _isKnownToRunner ? _quiet + 1 : 0;
            if (posted is null)
            {
                return;
            }

            switch (bot)
            {
                case Bot.There when said is null:
                    (_isOpen, _isUnknown, _shown) = (false, false, null);
                    _isKnownToRunner = posted is "ok";
                    _quiet = _isKnownToRunner ? _quiet : 0;
                    break;
                case Bot.There:
                    (_isOpen, _isUnknown, _shown, _isKnownToRunner) = (true, false, said, true);
                    break;
                case Bot.AnswerLost:
                    _isUnknown = true;
                    _isKnownToRunner = true;
                    break;
                default:
                    break;
            }
        }
    }

    private void Run(string? said, Cooldown? cooldown = null, Bot bot = Bot.There, TimeSpan took = default)
    {
        var missing = Path.Combine(_folder.FullName, "none.sock");
        _fake.Answer = bot switch
        {
            Bot.Refusing => _ => (503, """{"error":"The disk is full."}"""),
            Bot.AnswerLost => sent =>
            {
                _bot.Answer(sent);
                return (0, "");
            },
            _ => _bot.Answer,
        };
        var settings = Settings(bot == Bot.NotListening ? missing : _fake.SocketPath);
        var context = new RoundContext(_home, settings, new SendApiClient(settings.BotSocket, _time), _time);
        var state = new JobState(_home, Script, ScriptState.Read(_home, Script), _time.GetUtcNow());
        _time.Skip(took);
        var run = new JobRun(context, Script, state, _plan, new JobReport());
        if (said is "fail")
        {
            run.Failed(new ScriptRun.Failed(ScriptFailure.Failed, "It failed.", [], TimeSpan.Zero));
            return;
        }

        run.Finished(
            new ScriptRun.Finished(
                new ScriptResult
                {
                    Notify = said is not null,
                    Message = said,
                    Cooldown = cooldown ?? SixHours,
                    Warnings = [],
                },
                null,
                null,
                TimeSpan.Zero
            )
        );
    }

    private static ScriptSettings Settings(string socket) =>
        new()
        {
            TimeLimit = TimeSpan.FromSeconds(60),
            MaxTimeLimit = TimeSpan.FromSeconds(60),
            MaxMemory = null,
            DefaultEvery = null,
            TimeZone = null,
            Parallel = 1,
            FailureAlerts = false,
            BotSocket = socket,
        };

    /// <summary>Numbers that are the same for a seed in every version of .NET (MMIX, by Knuth).</summary>
    private sealed class Dice(int seed)
    {
        private ulong _state = unchecked((ulong)seed * 0x9E3779B97F4A7C15UL);

        /// <summary>A number from 0 to below a limit.</summary>
        internal int Next(int below)
        {
            _state = unchecked((_state * 6364136223846793005UL) + 1442695040888963407UL);
            return (int)((_state >> 33) % (ulong)below);
        }

        /// <summary>A number from one limit to below another.</summary>
        internal int Next(int from, int below) => from + Next(below - from);
    }

    /// <summary>A clock on which pauses take no time: they move it.</summary>
    private sealed class SkippingTime : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 3, 2, 9, 5, 0, TimeSpan.Zero);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        internal void Skip(TimeSpan span) => _now += span;

        public override DateTimeOffset GetUtcNow() => _now;

        public override long GetTimestamp() => _now.UtcTicks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ArgumentNullException.ThrowIfNull(callback);
            Skip(dueTime);
            callback(state);
            return new EndedTimer();
        }

        private sealed class EndedTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => false;

            public void Dispose() { }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
