using Notify.Bot.Delivery;
using Notify.Images;
using Notify.Linking;
using Notify.Scripts;

namespace Notify.Bot.Scripts;

/// <summary>How a run that was asked for from the chat or the dashboard ended.</summary>
/// <param name="Word">The outcome as the send API says it: delivered, queued, no_alert, error, already_running.</param>
/// <param name="NotificationId">What was sent, if something was.</param>
/// <param name="Error">What was wrong, for its owner.</param>
public sealed record RequestedRun(string Word, string? NotificationId = null, string? Error = null);

/// <summary>Runs scripts on request and delivers what they have to say; the cooldown neither counts nor is written (specification, section 9).</summary>
public sealed partial class RequestedRuns(ScriptsHelper helper, NotificationDelivery delivery, BotMetrics metrics, ILogger<RequestedRuns> log) : IDisposable
{
    /// <summary>Runs at one moment, over all users. Each can be a Python with pandas of some hundred MB, beside what cron runs.</summary>
    public static readonly int Parallel = Math.Max(4, Environment.ProcessorCount);

    private readonly SemaphoreSlim _slots = new(Parallel);
    private readonly HashSet<(UserName, string)> _running = [];
    private readonly Lock _gate = new();

    /// <summary>Whether a run asked for here is going on or waits for its turn.</summary>
    public bool IsRunning(UserName user, string script)
    {
        lock (_gate)
        {
            return _running.Contains((user, script));
        }
    }

    /// <summary>Runs a script and delivers its notification.</summary>
    /// <exception cref="ScriptsHelperException">It could not be run at all.</exception>
    public async Task<RequestedRun> RunAsync(UserName user, ScriptName script, Link link, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(script);
        lock (_gate)
        {
            if (!_running.Add((user, script.Value)))
            {
                return new RequestedRun("already_running");
            }
        }

        try
        {
            await _slots.WaitAsync(cancellation);
            try
            {
                metrics.ScriptRun();
                var ran = await helper.RunAsync(user, script, cancellation);
                LogRan(log, user, script, ran.Reason?.ToString() ?? (ran.Notify == true ? "notify" : "no alert"));
                return await ActOnAsync(ran, user, script, link, cancellation);
            }
            finally
            {
                _slots.Release();
            }
        }
        finally
        {
            lock (_gate)
            {
                _running.Remove((user, script.Value));
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _slots.Dispose();

    private async Task<RequestedRun> ActOnAsync(RanScript ran, UserName user, ScriptName script, Link link, CancellationToken cancellation)
    {
        if (ran.Reason == ScriptFailure.AlreadyRunning)
        {
            return new RequestedRun("already_running");
        }

        if (ran.Error is not null || ran.Notify is null)
        {
            return new RequestedRun("error", Error: ran.Error ?? "The helper gave no result.");
        }

        if (ran.Notify == false)
        {
            return new RequestedRun("no_alert");
        }

        var picture = ran.Image is { } image && ImageInfo.Read(image.Base64.Span) is { } info
            ? new Picture(new MemoryStream(image.Base64.ToArray(), writable: false), info)
            : null;
        var notification = new Notification
        {
            Id = NotificationId.New(),
            User = user,
            Script = script.Value,
            Title = ran.Title,
            Message = ran.Message ?? "",
            ParseMode = Formatting.ParseMode.Markdown,
            Picture = picture,
            Data = ran.Data,
        };
        return await delivery.DeliverAsync(notification, link, NotificationDelivery.LongestWait, cancellation) switch
        {
            DeliveryOutcome.Delivered => new RequestedRun("delivered", notification.Id),
            DeliveryOutcome.NothingToSay => new RequestedRun("error", Error: "The script's message has no visible character."),
            DeliveryOutcome.ChatGone gone => new RequestedRun("error", notification.Id, $"The chat takes no messages ({gone.Reason})."),
            DeliveryOutcome.Refused refused => new RequestedRun("error", notification.Id, $"Telegram refused the message: {refused.Description}"),
            DeliveryOutcome.NotNow later => new RequestedRun("error", notification.Id, later.Sentence),
            var other => throw new InvalidOperationException($"No word for {other.GetType().Name}."),
        };
    }

    [LoggerMessage(1401, LogLevel.Information, "Ran {Script} of {User} on request: {Outcome}.")]
    private static partial void LogRan(ILogger log, UserName user, ScriptName script, string outcome);
}
