using System.Globalization;
using System.Text;
using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Bot.Scripts;
using Notify.Bot.Telegram;
using Notify.Files;
using Notify.Images;
using Notify.Linking;
using Notify.Scripts;

namespace Notify.Bot.SendApi;

/// <summary>The send API: HTTP/1.1 on the Unix socket (specification, section 7).</summary>
internal sealed partial class SendApiRoutes(
    BotSettings settings,
    ILinkBook links,
    NotificationDelivery delivery,
    IOutbox outbox,
    ImageShelf images,
    UploadGate uploads,
    TimeProvider time,
    RequestedRuns runs,
    ScriptsHelper helper,
    TelegramState telegram,
    BotMetrics metrics,
    ILogger<SendApiRoutes> log)
{
    private long _unforeseenSaid;

    private const string NoScriptName = "That is not the name of a script: it ends in .py, and has no '/' and no '.' or '-' at its start.";

    internal void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/send", Answered(context => SendAsync(context, photo: false)));
        routes.MapPost("/send_photo", Answered(context => SendAsync(context, photo: true)));
        routes.MapGet("/health", Answered(HealthAsync));
        routes.MapGet("/metrics", Answered(MetricsAsync));
        routes.MapGet("/link", Answered(LinkAsync));
        routes.MapGet("/notifications", Answered(NotificationsAsync));
        routes.MapGet("/images/{id}", Answered(ImageAsync));
        routes.MapGet("/scripts", Answered(ScriptsAsync));
        routes.MapPost("/scripts/{name}/run", Answered(RunAsync));
        routes.MapPost("/scripts/{name}/mute", Answered(MuteAsync));
    }

    /// <summary>What no route serves is answered with a sentence too: a caller with a typing error in its path looks for it there.</summary>
    internal static async Task SayWhatIsServed(HttpContext context, RequestDelegate next)
    {
        await next(context);
        var response = context.Response;
        if (!response.HasStarted && response.ContentLength is null && response.StatusCode is StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed)
        {
            await RefuseAsync(context, new RefusalException(response.StatusCode, response.StatusCode == StatusCodes.Status404NotFound
                ? "There is nothing at this path. What there is: POST /send, POST /send_photo, GET /health, GET /metrics, GET /link, GET /notifications, GET /images/ID, GET /scripts, POST /scripts/NAME.py/run, POST /scripts/NAME.py/mute."
                : $"{context.Request.Method} is not for this path; it takes {response.Headers.Allow}."));
        }
    }

    /// <summary>Turns refusals into answers. What nobody foresaw is logged whole and answered with a sentence that shows nothing of it.</summary>
    private RequestDelegate Answered(RequestDelegate route) => async context =>
    {
        try
        {
            await route(context);
        }
        catch (RefusalException refusal)
        {
            await RefuseAsync(context, refusal);
        }
        catch (OutboxNotWritableException e)
        {
            await RefuseAsync(context, new RefusalException(StatusCodes.Status503ServiceUnavailable, e.Message, TimeSpan.FromSeconds(30)));
        }
        catch (StateUnreadableException e)
        {
            await RefuseAsync(context, new RefusalException(StatusCodes.Status503ServiceUnavailable, e.Message, TimeSpan.FromSeconds(30)));
        }
        catch (BadHttpRequestException e)
        {
            await RefuseAsync(context, new RefusalException(e.StatusCode, e.StatusCode == StatusCodes.Status413PayloadTooLarge ? "The body is too large." : "The request came too slowly, or broken."));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller is gone; nobody reads an answer.
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            // Whoever finds such a request could fill the log with it: once a minute says it, too.
            var last = Interlocked.Read(ref _unforeseenSaid);
            if ((last == 0 || time.GetElapsedTime(last) > TimeSpan.FromMinutes(1)) && Interlocked.CompareExchange(ref _unforeseenSaid, time.GetTimestamp(), last) == last)
            {
                LogUnforeseen(log, e, context.Request.Method, context.Request.Path.Value ?? "");
            }

            await RefuseAsync(context, new RefusalException(StatusCodes.Status500InternalServerError, "The bot failed at this request in a way it should not. The operator finds the reason in bot.log."));
        }
    };

    private static Task RefuseAsync(HttpContext context, RefusalException refusal)
    {
        if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
        {
            return Task.CompletedTask;
        }

        if (refusal.RetryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        return context.WriteAsync(refusal.Status, new ErrorAnswer(refusal.Message, refusal.NotificationId), SendApiJson.Default.ErrorAnswer);
    }

    private async Task SendAsync(HttpContext context, bool photo)
    {
        var caller = CallerGate.Of(context);
        Stream? uploaded = null;
        IDisposable? turn = null;
        try
        {
            SendFields fields;
            if (SendBody.IsForm(context.Request))
            {
                // Before megabytes are received: who can't send at all need not begin.
                if (!caller.IsTrusted && links.Find(caller.For(null)) is null)
                {
                    throw NotLinked(caller.For(null));
                }

                turn = uploads.TryEnter(caller) ?? throw new RefusalException(
                    StatusCodes.Status429TooManyRequests, $"{UploadGate.OfOneUser} charts of yours are being received already. Send this one when one of them is done.", TimeSpan.FromSeconds(5));
                (fields, uploaded) = await SendBody.ReadFormAsync(context.Request, settings.IncomingFolder, context.RequestAborted);
                if (uploaded is not null && !photo)
                {
                    throw new RefusalException(StatusCodes.Status400BadRequest, "A form with a photo belongs to /send_photo.");
                }
            }
            else
            {
                fields = await SendBody.ReadJsonAsync(context.Request, context.RequestAborted);
            }

            var request = SendRequest.Read(fields, photo);
            var user = caller.For(request.User);
            var link = links.Find(user) ?? throw NotLinked(user);
            if (photo && uploaded is null)
            {
                uploaded = OpenPhoto(request.PhotoPath, caller);
            }

            var wish = new SendingWish
            {
                User = user,
                Script = request.Script,
                Title = request.Title,
                Message = request.Message,
                ParseMode = request.ParseMode,
                Picture = uploaded is null ? null : (uploaded, await ImageInfoAsync(uploaded, context.RequestAborted)),
                Data = request.Data,
                Silent = request.Silent,
                Key = request.Key,
            };
            var outcome = await delivery.DeliverAsync(wish, link, request.Wait, context.RequestAborted);
            await AnswerAsync(context, user, outcome);
        }
        finally
        {
            if (uploaded is not null)
            {
                await uploaded.DisposeAsync();
            }

            turn?.Dispose();
        }
    }

    private static Task AnswerAsync(HttpContext context, UserName user, DeliveryOutcome outcome)
    {
        switch (outcome)
        {
            case DeliveryOutcome.Accepted { Id: var id, Progress: var progress }:
                return progress.State switch
                {
                    DeliveryState.Failed when progress.IsGone => throw Gone(user, progress.Reason ?? "gone", id),
                    DeliveryState.Failed => throw new RefusalException(
                        StatusCodes.Status502BadGateway, $"It was not delivered, and trying again would not help: {progress.Reason}")
                    { NotificationId = id },
                    DeliveryState.Unknown => throw new RefusalException(
                        StatusCodes.Status502BadGateway, $"The message went out twice and Telegram never answered ({progress.Reason}). Look at the phone before you send it again.")
                    { NotificationId = id },
                    DeliveryState.Delivered => SentAsync("delivered", "delivered", id),
                    DeliveryState.Muted => SentAsync("queued", "muted", id),
                    _ => SentAsync("queued", "queued", id),
                };
            case DeliveryOutcome.NothingToSay:
                throw new RefusalException(StatusCodes.Status400BadRequest, "The notification has no visible character: nothing would be shown on the phone.");
            case DeliveryOutcome.LinkDead dead:
                throw Gone(user, dead.Reason, null);
            case DeliveryOutcome.TooManyWaiting many:
                throw new RefusalException(
                    StatusCodes.Status429TooManyRequests, $"{many.Waiting} notifications of {user} wait for delivery already. Send fewer, or several things in one; try again in a minute.", TimeSpan.FromMinutes(1));
            default:
                throw new InvalidOperationException($"No answer for {outcome.GetType().Name}.");
        }

        Task SentAsync(string status, string telegram, string id) =>
            context.WriteAsync(StatusCodes.Status200OK, new SentAnswer(true, status, id, new ChannelsAnswer(telegram)), SendApiJson.Default.SentAnswer);
    }

    private static RefusalException Gone(UserName user, string reason, string? id) => new(
        StatusCodes.Status410Gone,
        reason == "kicked"
            ? $"{user}'s group takes no messages ({reason}). Somebody of the group has to add the bot to it again; or an operator links {user} to another chat."
            : $"{user}'s chat takes no messages ({reason}). {user} has to open the bot's chat in Telegram, unblock it if it is blocked, and send /start.")
    { NotificationId = id };

    private RefusalException NotLinked(UserName user) => new(
        StatusCodes.Status404NotFound,
        $"{user} has no Telegram chat linked. {user} sends /start to {BotName()} in Telegram and enters the code{(settings.WebUrl is { } web ? $" on {web}" : " on the dashboard")}, or gives it to the operator (notify-bot link {user} CODE).");

    private string BotName() => telegram.BotUsername is { } name ? $"@{name}" : "the bot";

    private static FileStream OpenPhoto(string? path, Caller caller)
    {
        if (string.IsNullOrEmpty(path))
        {
            throw RefusalException.Field("photo_path", "is missing: give the path of a PNG or JPEG, or send the file itself as the part 'photo' of a form");
        }

        return CallerFile.Open(path, caller.Uid, SendBody.MaxPhoto) switch
        {
            CallerFileResult.Opened opened => new FileStream(opened.Handle, FileAccess.Read, bufferSize: 0),
            CallerFileResult.Refused { Reason: CallerFileRefusal.TooLarge } refused => throw new RefusalException(StatusCodes.Status413PayloadTooLarge, refused.Sentence),
            CallerFileResult.Refused { Reason: CallerFileRefusal.NotAPath } refused => throw new RefusalException(StatusCodes.Status400BadRequest, refused.Sentence),
            CallerFileResult.Refused refused => throw new RefusalException(StatusCodes.Status403Forbidden, refused.Sentence),
            var other => throw new InvalidOperationException($"No answer for {other.GetType().Name}."),
        };
    }

    private static async Task<ImageInfo> ImageInfoAsync(Stream content, CancellationToken cancellation)
    {
        // A JPEG's size can stand after 64 kB of metadata and more.
        var head = new byte[Math.Min(content.Length, 1_000_000)];
        content.Position = 0;
        try
        {
            await content.ReadExactlyAsync(head, cancellation);
        }
        catch (EndOfStreamException)
        {
            throw new RefusalException(StatusCodes.Status400BadRequest, "The photo became shorter while it was read. Send it when it is written whole.");
        }

        content.Position = 0;
        return ImageInfo.Read(head, content.Length) is { } info
            ? info
            : throw new RefusalException(StatusCodes.Status415UnsupportedMediaType, "The photo is not a PNG or JPEG. Save the chart as .png (plt.savefig(\"chart.png\")).");
    }

    private Task HealthAsync(HttpContext context)
    {
        var now = telegram.Now;
        var unreadable = links.Unreadable();
        var state = now.Condition switch
        {
            TelegramCondition.Ok => "ok",
            TelegramCondition.TokenRefused => "token refused",
            TelegramCondition.PolledElsewhere => "polled elsewhere",
            _ => "unreachable",
        };
        var queue = delivery.Queue;
        var answer = new HealthAnswer(
            !outbox.IsWritable ? "down" : now.Condition == TelegramCondition.Ok && unreadable.Count == 0 ? "ok" : "degraded",
            BotVersion.Text,
            telegram.BotUsername,
            new TelegramAnswer(state, now.LastGoodPoll),
            new QueueAnswer(queue.Length, Math.Round(queue.Oldest.TotalSeconds, 1)),
            unreadable);
        return context.WriteAsync(outbox.IsWritable ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, answer, SendApiJson.Default.HealthAnswer);
    }

    private async Task MetricsAsync(HttpContext context)
    {
        var body = Encoding.UTF8.GetBytes(metrics.Text());
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private Task LinkAsync(HttpContext context)
    {
        var link = links.Find(CallerGate.Of(context).For(context.Request.Query["user"]));
        return context.WriteAsync(StatusCodes.Status200OK, new LinkAnswer(link is not null, link?.LinkedAt), SendApiJson.Default.LinkAnswer);
    }

    private async Task ScriptsAsync(HttpContext context)
    {
        var user = CallerGate.Of(context).For(context.Request.Query["user"]);
        var scripts = await Helped(() => helper.ListAsync(user, context.RequestAborted));
        var mutes = outbox.MutesOf(user);
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new ScriptsAnswer([.. scripts.Select(s => new ScriptAnswer(
                s.Name, s.Stem, s.LastRunAt, s.LastSent, s.CooldownEnds, s.LastOutcome, s.Error, s.Running || runs.IsRunning(user, s.Name), mutes.Until(s.Name)))]),
            SendApiJson.Default.ScriptsAnswer);
    }

    private async Task RunAsync(HttpContext context)
    {
        var user = CallerGate.Of(context).For(context.Request.Query["user"]);
        if (!ScriptName.TryParse(context.Request.RouteValues["name"] as string, out var script))
        {
            throw new RefusalException(StatusCodes.Status400BadRequest, NoScriptName);
        }

        var link = links.Find(user) ?? throw NotLinked(user);
        var run = await Helped(() => runs.RunAsync(user, script, link, context.RequestAborted));
        await context.WriteAsync(StatusCodes.Status200OK, new RunAnswer(Word(run.Outcome), run.NotificationId, run.Error), SendApiJson.Default.RunAnswer);
    }

    private static string Word(RunOutcome outcome) => outcome switch
    {
        RunOutcome.Delivered => "delivered",
        RunOutcome.Queued => "queued",
        RunOutcome.NoAlert => "no_alert",
        RunOutcome.AlreadyRunning => "already_running",
        _ => "error",
    };

    private async Task MuteAsync(HttpContext context)
    {
        var user = CallerGate.Of(context).For(context.Request.Query["user"]);
        if (!ScriptName.TryParse(context.Request.RouteValues["name"] as string, out var script))
        {
            throw new RefusalException(StatusCodes.Status400BadRequest, NoScriptName);
        }

        var text = (await SendBody.ReadJsonAsync(context.Request, context.RequestAborted)).Text("for");
        DateTimeOffset? until = null;
        if (text is not null)
        {
            until = Cooldown.TryParse(text) is { Length: var length } && length > TimeSpan.Zero
                ? time.GetUtcNow() + length
                : throw RefusalException.Field("for", "is not a length of time such as 30m, 1h or 2d, or null to end it");
        }

        await outbox.MuteAsync(user, script.Value, until);
        await context.WriteAsync(StatusCodes.Status200OK, new MutedAnswer(true, until), SendApiJson.Default.MutedAnswer);
    }

    private Task NotificationsAsync(HttpContext context)
    {
        var user = CallerGate.Of(context).For(context.Request.Query["user"]);
        var limit = 50;
        if (context.Request.Query["limit"] is [{ Length: > 0 } text]
            && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= 200))
        {
            throw RefusalException.Field("limit", "is not a whole number from 1 to 200");
        }

        var history = outbox.History(user, limit).Select(n => new NotificationAnswer(
            n.Accepted.Id,
            n.Accepted.User.Value,
            n.Accepted.Script,
            n.Accepted.Title,
            n.Accepted.Message,
            n.Accepted.CreatedAt,
            n.Progress.State.ToString().ToLowerInvariant(),
            n.Progress.Reason,
            n.Progress.NextTryAt,
            n.Accepted.Image?.Id));
        return context.WriteAsync(StatusCodes.Status200OK, new NotificationsAnswer([.. history]), SendApiJson.Default.NotificationsAnswer);
    }

    private async Task ImageAsync(HttpContext context)
    {
        var user = CallerGate.Of(context).For(context.Request.Query["user"]);
        var image = context.Request.RouteValues["id"] is string id ? outbox.ImageOf(user, id) : null;
        await using var file = image is null ? null : images.Open(image);
        if (file is null)
        {
            throw new RefusalException(StatusCodes.Status404NotFound, $"{user}'s history has no chart of that name. Charts are kept for 30 days.");
        }

        context.Response.ContentType = image!.Info.MediaType;
        context.Response.ContentLength = file.Length;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await file.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static async Task<T> Helped<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (ScriptsHelperException e)
        {
            throw new RefusalException(StatusCodes.Status503ServiceUnavailable, e.Message);
        }
    }

    [LoggerMessage(1301, LogLevel.Error, "{Method} {Path} failed in a way that nobody foresaw.")]
    private static partial void LogUnforeseen(ILogger log, Exception e, string method, string path);
}
