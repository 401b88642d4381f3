using System.Globalization;
using System.Text;
using Notify.Bot.Delivery;
using Notify.Bot.Scripts;
using Notify.Bot.Telegram;
using Notify.Files;
using Notify.Images;
using Notify.Linking;

namespace Notify.Bot.SendApi;

/// <summary>The send API: HTTP/1.1 on the Unix socket (specification, section 7).</summary>
internal sealed partial class SendApiRoutes(
    BotSettings settings,
    ILinkBook links,
    NotificationDelivery delivery,
    RequestedRuns runs,
    ScriptsHelper helper,
    TelegramState telegram,
    BotMetrics metrics,
    ILogger<SendApiRoutes> log)
{
    internal void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/send", Answered(context => SendAsync(context, photo: false)));
        routes.MapPost("/send_photo", Answered(context => SendAsync(context, photo: true)));
        routes.MapGet("/health", Answered(HealthAsync));
        routes.MapGet("/metrics", Answered(MetricsAsync));
        routes.MapGet("/link", Answered(LinkAsync));
        routes.MapGet("/scripts", Answered(ScriptsAsync));
        routes.MapPost("/scripts/{name}/run", Answered(RunAsync));
    }

    /// <summary>What no route serves is answered with a sentence too: a caller with a typing error in its path looks for it there.</summary>
    internal static async Task SayWhatIsServed(HttpContext context, RequestDelegate next)
    {
        await next(context);
        var response = context.Response;
        if (!response.HasStarted && response.ContentLength is null && response.StatusCode is StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed)
        {
            await RefuseAsync(context, new RefusalException(response.StatusCode, response.StatusCode == StatusCodes.Status404NotFound
                ? "There is nothing at this path. What there is: POST /send, POST /send_photo, GET /health, GET /metrics, GET /link, GET /scripts, POST /scripts/NAME.py/run."
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
            LogUnforeseen(log, e, context.Request.Method, context.Request.Path.Value ?? "");
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
        try
        {
            SendFields fields;
            if (SendBody.IsForm(context.Request))
            {
                (fields, uploaded) = await SendBody.ReadFormAsync(context.Request, settings.PrivateFolder, context.RequestAborted);
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

            var notification = new Notification
            {
                Id = NotificationId.New(),
                User = user,
                Script = request.Script,
                Title = request.Title,
                Message = request.Message,
                ParseMode = request.ParseMode,
                Picture = uploaded is null ? null : await PictureAsync(uploaded, context.RequestAborted),
                Data = request.Data,
                Silent = request.Silent,
            };
            var outcome = await delivery.DeliverAsync(notification, link, request.Wait, context.RequestAborted);
            await AnswerAsync(context, notification, outcome);
        }
        finally
        {
            if (uploaded is not null)
            {
                await uploaded.DisposeAsync();
            }
        }
    }

    private static Task AnswerAsync(HttpContext context, Notification notification, DeliveryOutcome outcome) => outcome switch
    {
        DeliveryOutcome.Delivered => context.WriteAsync(
            StatusCodes.Status200OK, new SentAnswer(true, "delivered", notification.Id, new ChannelsAnswer("delivered")), SendApiJson.Default.SentAnswer),
        DeliveryOutcome.NothingToSay => throw new RefusalException(StatusCodes.Status400BadRequest, "The notification has no visible character: nothing would be shown on the phone."),
        DeliveryOutcome.ChatGone gone => throw new RefusalException(
            StatusCodes.Status410Gone,
            $"{notification.User}'s chat takes no messages ({gone.Reason}). {notification.User} has to open the bot's chat in Telegram, unblock it if it is blocked, and send /start.")
        { NotificationId = notification.Id },
        DeliveryOutcome.Refused refused => throw new RefusalException(
            StatusCodes.Status502BadGateway, $"Telegram refused the message and would refuse it again: {refused.Description}")
        { NotificationId = notification.Id },
        DeliveryOutcome.NotNow later => throw new RefusalException(StatusCodes.Status503ServiceUnavailable, later.Sentence, later.RetryAfter) { NotificationId = notification.Id },
        _ => throw new InvalidOperationException($"No answer for {outcome.GetType().Name}."),
    };

    private RefusalException NotLinked(UserName user) => new(
        StatusCodes.Status404NotFound,
        $"{user} has no Telegram chat linked. {user} sends /start to {BotName()} in Telegram and enters the code{(settings.WebUrl is { } web ? $" on {web}" : " on the dashboard")}.");

    private string BotName() => (settings.BotUsername ?? telegram.Now.BotUsername) is { } name ? $"@{name}" : "the bot";

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

    private static async Task<Picture> PictureAsync(Stream content, CancellationToken cancellation)
    {
        // A JPEG's size can stand after 64 kB of metadata and more.
        var head = new byte[Math.Min(content.Length, 1_000_000)];
        content.Position = 0;
        await content.ReadExactlyAsync(head, cancellation);
        content.Position = 0;
        return ImageInfo.Read(head, content.Length) is { } info
            ? new Picture(content, info)
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
        var answer = new HealthAnswer(
            now.Condition == TelegramCondition.Ok && unreadable.Count == 0 ? "ok" : "degraded",
            BotVersion.Text,
            settings.BotUsername ?? now.BotUsername,
            new TelegramAnswer(state, now.LastGoodPoll),
            new QueueAnswer(0, 0),
            unreadable);
        return context.WriteAsync(StatusCodes.Status200OK, answer, SendApiJson.Default.HealthAnswer);
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
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new ScriptsAnswer([.. scripts.Select(s => new ScriptAnswer(
                s.Name, s.Stem, s.LastRunAt, s.LastSent, s.CooldownEnds, s.LastOutcome, s.Error, s.Running || runs.IsRunning(user, s.Name), MutedUntil: null))]),
            SendApiJson.Default.ScriptsAnswer);
    }

    private async Task RunAsync(HttpContext context)
    {
        var user = CallerGate.Of(context).For(context.Request.Query["user"]);
        if (!ScriptName.TryParse(context.Request.RouteValues["name"] as string, out var script))
        {
            throw new RefusalException(StatusCodes.Status400BadRequest, "That is not the name of a script: it ends in .py, and has no '/' and no '.' or '-' at its start.");
        }

        var link = links.Find(user) ?? throw NotLinked(user);
        var run = await Helped(() => runs.RunAsync(user, script, link, context.RequestAborted));
        await context.WriteAsync(StatusCodes.Status200OK, new RunAnswer(run.Word, run.NotificationId, run.Error), SendApiJson.Default.RunAnswer);
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
