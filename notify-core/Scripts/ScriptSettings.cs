using Notify.Schedules;
using Notify.Settings;

namespace Notify.Scripts;

/// <summary>Settings of running scripts.</summary>
public sealed record ScriptSettings
{
    /// <summary>The variable of <see cref="DefaultEvery"/>.</summary>
    public const string DefaultEveryName = "NOTIFY_DEFAULT_EVERY";

    /// <summary>The variable of <see cref="MaxTimeLimit"/>.</summary>
    public const string MaxTimeLimitName = "NOTIFY_SCRIPT_TIMEOUT_MAX";

    /// <summary>The variable of <see cref="MaxMemory"/>.</summary>
    public const string MaxMemoryName = "NOTIFY_SCRIPT_MEMORY_MAX";

    /// <summary>The time limit of a script that sets none, and the longest without <c>NOTIFY_SCRIPT_TIMEOUT_MAX</c>.</summary>
    public static readonly TimeSpan DefaultTimeLimit = TimeSpan.FromSeconds(60);

    /// <summary>The smallest memory limit, in bytes: Python alone takes about 10 MB.</summary>
    public const long LeastMemory = 16L << 20;

    private const int MaxParallel = 1000;
    private const int FewestParallelByDefault = 4;

    private static readonly TimeSpan HighestMaxTimeLimit = TimeSpan.FromMinutes(30);

    /// <summary>The time limit of a script that sets none: 1 to 60 s.</summary>
    public required TimeSpan TimeLimit { get; init; }

    /// <summary>The longest time limit that a script may set: the admin's.</summary>
    public required TimeSpan MaxTimeLimit { get; init; }

    /// <summary>The largest memory limit that a script may set, in bytes, and the limit of one that sets none: the admin's; null: none.</summary>
    public required long? MaxMemory { get; init; }

    /// <summary>How often a round runs a script without a schedule; null: each round.</summary>
    public required Interval? DefaultEvery { get; init; }

    /// <summary>The time zone of scripts that name none; null: the server's.</summary>
    public required TimeZoneName? TimeZone { get; init; }

    /// <summary>Scripts of a round that run side by side.</summary>
    public required int Parallel { get; init; }

    /// <summary>Whether a failing script sends a notice to its owner's phone.</summary>
    public required bool FailureAlerts { get; init; }

    /// <summary>Where the bot listens.</summary>
    public required string BotSocket { get; init; }

    /// <summary>The limits of a run.</summary>
    /// <param name="ownTime">The script's own time limit, if it sets one; the admin's is the most.</param>
    /// <param name="ownMemory">Its own memory limit, in bytes; the admin's is the most.</param>
    public RunLimits Limits(TimeSpan? ownTime = null, long? ownMemory = null)
    {
        var time = ownTime ?? TimeLimit;
        return new RunLimits(
            time < MaxTimeLimit ? time : MaxTimeLimit,
            ownMemory is { } memory && !(memory > MaxMemory) ? memory : MaxMemory
        );
    }

    /// <summary>The user's crontab, which says when cron calls the runner; empty if that is not known.</summary>
    public string CrontabText { get; private init; } = "";

    /// <summary>Reads the settings. The reader collects faults.</summary>
    public static ScriptSettings Read(SettingsReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var longest = (int)DefaultTimeLimit.TotalSeconds;
        return new ScriptSettings
        {
            TimeLimit = TimeSpan.FromSeconds(reader.Number("NOTIFY_SCRIPT_TIMEOUT", longest, 1, longest)),
            MaxTimeLimit = ReadMaxTimeLimit(reader),
            MaxMemory = ReadMaxMemory(reader),
            DefaultEvery = ReadDefaultEvery(reader),
            TimeZone = ReadTimeZone(reader),
            Parallel = reader.Number(
                "NOTIFY_RUNNER_PARALLEL",
                Math.Max(FewestParallelByDefault, Environment.ProcessorCount),
                1,
                MaxParallel
            ),
            FailureAlerts = reader.Switch("NOTIFY_FAILURE_ALERTS", true),
            BotSocket = BotSocketSetting.Read(reader),
        };
    }

    /// <summary>Reads the settings that rounds have: the variables of the user's crontab, then this process's.</summary>
    public static ScriptSettings OfRounds(ScriptHome home, TimeProvider time, CancellationToken cancellation)
    {
        var crontab = Crontab.TryRead(home, time, cancellation);
        var variables = Crontab.Variables(crontab);
        return Read(
            new SettingsReader(name => variables.GetValueOrDefault(name) ?? Environment.GetEnvironmentVariable(name))
        ) with
        {
            CrontabText = crontab,
        };
    }

    private static Interval? ReadDefaultEvery(SettingsReader reader)
    {
        if (reader.Raw(DefaultEveryName) is not { } raw)
        {
            return null;
        }

        if (
            Interval.TryParse(raw) is { } every
            && every.Length >= TimeSpan.FromMinutes(1)
            && every.Length <= TimeSpan.FromDays(30)
        )
        {
            return every;
        }

        reader.Wrong(DefaultEveryName, raw, "a number and m, h or d from 1m to 30d, such as 5m");
        return null;
    }

    private static TimeZoneName? ReadTimeZone(SettingsReader reader)
    {
        const string Name = "NOTIFY_TIMEZONE";
        if (reader.Raw(Name) is not { } raw)
        {
            // A call by hand has to reckon with the clock that cron's calls have.
            return TimeZoneName.TryParse(reader.Raw("TZ")?.TrimStart(':'), out var own) && own.Find() is not null
                ? own
                : null;
        }

        if (TimeZoneName.TryParse(raw, out var zone) && zone.Find() is not null)
        {
            return zone;
        }

        reader.Wrong(Name, raw, "a time zone that this system knows, such as Europe/Prague");
        return null;
    }

    /// <summary>Reads <c>NOTIFY_SCRIPT_TIMEOUT_MAX</c>.</summary>
    public static TimeSpan ReadMaxTimeLimit(SettingsReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return reader.Span(
                MaxTimeLimitName,
                TimeSpan.FromSeconds(1),
                HighestMaxTimeLimit,
                "a number and s or m, from 1s to 30m, such as 5m"
            ) ?? DefaultTimeLimit;
    }

    /// <summary>Reads <c>NOTIFY_SCRIPT_MEMORY_MAX</c>.</summary>
    public static long? ReadMaxMemory(SettingsReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return reader.Bytes(MaxMemoryName, LeastMemory, "a number and M or G, at least 16M, such as 2G");
    }
}
