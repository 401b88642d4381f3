using Notify.Contracts;
using Notify.Files;
using Notify.Scripts;
using Notify.Sending;

namespace Notify.Runner;

/// <summary>Tells the bot at the end of a round that it was there. The bot notices when rounds stop.</summary>
internal sealed class RoundPost : IDisposable
{
    /// <summary>How often a round that still runs is posted: with <c>flock</c> in the crontab no other comes meanwhile, and a silent bot would report a stop.</summary>
    private static readonly TimeSpan WhileRunning = TimeSpan.FromMinutes(5);

    private readonly ITimer _stillRunning;
    private readonly RoundContext _context;
    private readonly DateTimeOffset _start;
    private readonly RoundTimes _rounds;
    private readonly Action<string> _say;

    /// <summary>A round begins.</summary>
    /// <param name="context">What the round knows.</param>
    /// <param name="say">Writes a sentence to the log.</param>
    internal RoundPost(RoundContext context, Action<string> say)
    {
        _context = context;
        _say = say;
        _start = context.Time.GetUtcNow();
        _rounds = context.Rounds.With(_start);
        _stillRunning = context.Time.CreateTimer(_ => PostStillRunning(), null, WhileRunning, WhileRunning);
    }

    /// <summary>Keeps the start of the round and the scripts that it found. Not at its end: the next one may begin before that.</summary>
    /// <param name="scripts">All of them, also those that it passes over; null if the folder is gone, perhaps for a time. Then those of the round before stay.</param>
    internal void Keep(IEnumerable<ScriptName>? scripts)
    {
        try
        {
            (scripts is null ? _rounds : _rounds.With(scripts)).Write(_context.Home);
        }
        catch (FileNotWrittenException)
        {
            // Each script reports that its state can't be saved; the distance of rounds is a lesser loss.
        }
    }

    /// <summary>Posts the round.</summary>
    /// <param name="scripts">Its scripts.</param>
    /// <param name="cancellation">Ends the call.</param>
    internal void Send(IReadOnlyList<RoundScript> scripts, CancellationToken cancellation)
    {
        var took = (long)(_context.Time.GetUtcNow() - _start).TotalMilliseconds;
        try
        {
            Post(took, scripts, NextCall(cancellation), cancellation);
        }
        catch (BotUnreachableException e) when (scripts.Count > 0)
        {
            _say($"The bot does not know of this round. {e.Message}");
        }
        catch (BotUnreachableException)
        {
            // The outage of the folder was logged.
        }
    }

    /// <inheritdoc />
    public void Dispose() => _stillRunning.Dispose();

    private void PostStillRunning()
    {
        try
        {
            Post(tookMs: null, [], nextRound: null, CancellationToken.None);
        }
        catch (BotUnreachableException)
        {
            // The end of the round says so.
        }
    }

    private void Post(
        long? tookMs,
        IReadOnlyList<RoundScript> scripts,
        DateTimeOffset? nextRound,
        CancellationToken cancellation
    ) =>
        _context.Bot.PostRound(
            new RoundCall
            {
                Started = _start,
                TookMs = tookMs,
                EveryS = _rounds.Every is { } every ? (long)every.TotalSeconds : null,
                NextRound = nextRound,
                Scripts =
                [
                    .. scripts.OrderBy(script => script.Name, StringComparer.Ordinal).Take(RoundField.MaxScripts),
                ],
            },
            cancellation
        );

    /// <summary>When cron calls the runner again, by the caller's own crontab; null if that is not known.</summary>
    private DateTimeOffset? NextCall(CancellationToken cancellation)
    {
        try
        {
            var crontab = Crontab.Read(_context.Home, _context.Time, cancellation);
            return CrontabLine.NextCall(crontab, _context.Time.GetUtcNow(), TimeZoneInfo.Local);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
