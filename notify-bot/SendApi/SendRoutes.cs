using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Files;
using Notify.Images;

namespace Notify.Bot.SendApi;

/// <summary><c>/send</c> and <c>/send_photo</c>.</summary>
internal sealed class SendRoutes(BotSettings settings, Recipients recipients, NotificationDelivery delivery, UploadGate uploads, IOutbox outbox)
{
    internal async Task SendAsync(HttpContext context, bool photo)
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
                if (!caller.IsTrusted)
                {
                    await recipients.RequireAsync(caller.For(null), context.RequestAborted);
                }

                turn = uploads.TryEnter(caller) ?? throw new RefusalException(
                    StatusCodes.Status429TooManyRequests, $"{UploadGate.OfOneUser} charts of yours are being received already. Send this one when one of them is done.", TimeSpan.FromSeconds(5));
                (fields, uploaded) = await ReceiveAsync(context);
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
            var link = await recipients.RequireAsync(user, context.RequestAborted);
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

    private async Task<(FormFields Fields, Stream? Photo)> ReceiveAsync(HttpContext context)
    {
        try
        {
            return await SendBody.ReadFormAsync(context.Request, settings.IncomingFolder, context.RequestAborted);
        }
        catch (OutboxNotWritableException)
        {
            outbox.LookWhetherWritable();
            throw;
        }
    }

    private Task AnswerAsync(HttpContext context, UserName user, DeliveryOutcome outcome)
    {
        switch (outcome)
        {
            case DeliveryOutcome.Accepted { Id: var id, Progress: var progress, Desktops: var desktops }:
                return progress.State switch
                {
                    DeliveryState.Failed when progress.IsUnreached => throw recipients.NotLinked(user, id),
                    DeliveryState.Failed when progress.IsGone => throw Gone(user, progress.Reason ?? "gone", id),
                    DeliveryState.Failed => throw new RefusalException(
                        StatusCodes.Status502BadGateway, $"It was not delivered, and trying again would not help: {progress.Reason}")
                    { NotificationId = id },
                    DeliveryState.Unknown => throw new RefusalException(
                        StatusCodes.Status502BadGateway, $"The message went out twice and Telegram never answered ({progress.Reason}). Look at the phone before you send it again.")
                    { NotificationId = id },
                    DeliveryState.Delivered => SentAsync("delivered", id, progress, desktops),
                    _ => SentAsync("queued", id, progress, desktops),
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

        Task SentAsync(string status, string id, DeliveryProgress progress, int? desktops) =>
            context.WriteAsync(StatusCodes.Status200OK, new SentAnswer(true, status, id, ChannelsAnswer.Of(progress, desktops)), SendApiJson.Default.SentAnswer);
    }

    private static RefusalException Gone(UserName user, string reason, string? id) => new(
        StatusCodes.Status410Gone,
        reason == "kicked"
            ? $"{user}'s group takes no messages ({reason}). Somebody of the group has to add the bot to it again; or an operator links {user} to another chat."
            : $"{user}'s chat takes no messages ({reason}). {user} has to open the bot's chat in Telegram, unblock it if it is blocked, and send /start.")
    { NotificationId = id };

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
}
