using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Files;
using Notify.Images;
using Notify.Sending;

namespace Notify.Bot.SendApi;

/// <summary><c>/send</c> and <c>/send_photo</c>.</summary>
internal sealed class SendRoutes(
    BotSettings settings,
    Recipients recipients,
    NotificationDelivery delivery,
    UploadLimiter uploads,
    LargeTexts largeTexts,
    IOutbox outbox,
    TimeProvider time
)
{
    /// <summary>
    /// File systems count a file's time in ticks of up to 10 ms. What was written twice within one would look unchanged, so a file is only read once its last change is older.
    /// </summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    /// <summary>How often a file is found to have just been changed before it is refused for that.</summary>
    private const int MostTries = 10;

    internal async Task SendAsync(HttpContext context, bool photo)
    {
        // Apart, so that nothing of what was sent is held while its delivery is waited for.
        var (user, script, wait, outcome) = await AcceptAsync(context, photo);
        await AnswerAsync(context, user, script, await outcome(wait, context.RequestAborted));
    }

    private async Task<(UserName User, string? Script, TimeSpan Wait, OutcomeWait Outcome)> AcceptAsync(
        HttpContext context,
        bool photo
    )
    {
        var caller = PeerCredentialMiddleware.Of(context);
        Stream? uploaded = null;
        IDisposable? turn = null;
        IDisposable? held = null;
        try
        {
            SendRequest request;
            if (SendBody.IsForm(context.Request))
            {
                // Before megabytes are received: who can't send at all need not begin.
                if (!caller.IsTrusted)
                {
                    await recipients.RequireAsync(caller.For(null), context.RequestAborted);
                }

                turn = Enter(caller);
                (var fields, uploaded) = await ReceiveAsync(context);
                if (uploaded is not null && !photo)
                {
                    throw new ApiException(
                        StatusCodes.Status400BadRequest,
                        "A form with a photo belongs to /send_photo."
                    );
                }

                using (await largeTexts.ReadAsync(caller.Uid, fields.Length, context.RequestAborted))
                {
                    request = SendRequest.Read(fields, photo);
                }
            }
            else
            {
                held = await largeTexts.HoldAsync(caller.Uid, context.Request.ContentLength, context.RequestAborted);
                var body = await SendBody.ReadAsync(context.Request, SendApiLimits.JsonBody, context.RequestAborted);
                using (await largeTexts.ReadAsync(caller.Uid, body.Length, context.RequestAborted))
                {
                    request = SendRequest.Read(JsonFields.Parse(body), photo);
                }
            }

            var user = caller.For(request.User);
            var link = await recipients.RequireAsync(user, context.RequestAborted);
            if (photo && uploaded is null)
            {
                turn ??= Enter(caller);
                uploaded = await CopyPhotoAsync(request.PhotoPath, caller, context.RequestAborted);
            }

            var wish = new SendCommand
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
                KeyLifetime = request.KeyLifetime,
                HasButtons = request.HasButtons,
            };
            return (user, request.Script, request.Wait, await delivery.AcceptAsync(wish, link, context.RequestAborted));
        }
        finally
        {
            if (uploaded is not null)
            {
                await uploaded.DisposeAsync();
            }

            turn?.Dispose();
            held?.Dispose();
        }
    }

    private IDisposable Enter(Caller caller) =>
        uploads.TryEnter(caller)
        ?? throw new ApiException(
            StatusCodes.Status429TooManyRequests,
            "Too many charts are being received at this moment: "
                + $"{UploadLimiter.OfOneUser} of yours, or {UploadLimiter.OfAll} of all users. Send this one again in a few seconds.",
            TimeSpan.FromSeconds(5)
        );

    private Task<(FormFields Fields, Stream? Photo)> ReceiveAsync(HttpContext context) =>
        WatchDiskAsync(() => SendBody.ReadFormAsync(context.Request, settings.IncomingFolder, context.RequestAborted));

    /// <summary>Does what writes beside the outbox: a disk that refuses that may refuse the outbox, too.</summary>
    private async Task<T> WatchDiskAsync<T>(Func<Task<T>> act)
    {
        try
        {
            return await act();
        }
        catch (OutboxNotWritableException)
        {
            outbox.LookWhetherWritable();
            throw;
        }
    }

    private Task AnswerAsync(HttpContext context, UserName user, string? script, DeliveryOutcome outcome)
    {
        switch (outcome)
        {
            case DeliveryOutcome.Accepted { Id: var id, Progress: var progress, Desktops: var desktops } accepted:
                return progress.State switch
                {
                    DeliveryState.Failed when progress.IsUnreached => throw recipients.NotLinked(user, id),
                    DeliveryState.Failed when progress.IsChatUnreachable => throw Gone(
                        user,
                        progress.Reason ?? "gone",
                        id
                    ),
                    DeliveryState.Failed => throw new ApiException(
                        StatusCodes.Status502BadGateway,
                        $"It was not delivered, and trying again would not help: {progress.Reason}"
                    )
                    {
                        NotificationId = id,
                    },
                    DeliveryState.Unknown => throw new ApiException(
                        StatusCodes.Status502BadGateway,
                        $"The message went out twice and Telegram never answered ({progress.Reason}). Look at the phone before you send it again."
                    )
                    {
                        NotificationId = id,
                    },
                    DeliveryState.Delivered => SentAsync("delivered", id, progress, desktops, accepted.IsRepeat, null),
                    DeliveryState.Muted => SentAsync(
                        "queued",
                        id,
                        progress,
                        desktops,
                        accepted.IsRepeat,
                        outbox.MutesOf(user).Until(script)
                    ),
                    _ => SentAsync("queued", id, progress, desktops, accepted.IsRepeat, null),
                };
            case DeliveryOutcome.NothingToSay:
                throw new ApiException(
                    StatusCodes.Status400BadRequest,
                    "The notification has no visible character: nothing would be shown on the phone."
                );
            case DeliveryOutcome.LinkDead dead:
                throw Gone(user, dead.Reason, null);
            case DeliveryOutcome.TooManyWaiting many:
                throw new ApiException(
                    StatusCodes.Status429TooManyRequests,
                    $"{many.Said($" of {user}")} wait for delivery already. Send fewer, or several things in one; try again in a minute.",
                    TimeSpan.FromMinutes(1)
                );
            default:
                throw new InvalidOperationException($"No answer for {outcome.GetType().Name}.");
        }

        Task SentAsync(
            string status,
            string id,
            DeliveryProgress progress,
            int? desktops,
            bool isRepeat,
            DateTimeOffset? mutedUntil
        ) =>
            context.WriteAsync(
                StatusCodes.Status200OK,
                new SentAnswer(
                    true,
                    status,
                    id,
                    ChannelsAnswer.Of(progress, desktops),
                    isRepeat ? true : null,
                    mutedUntil
                ),
                SendApiJson.Default.SentAnswer
            );
    }

    private static ApiException Gone(UserName user, string reason, string? id) =>
        new(
            StatusCodes.Status410Gone,
            reason == "kicked"
                ? $"{user}'s group takes no messages ({reason}). Somebody of the group has to add the bot to it again; or an operator links {user} to another chat."
                : $"{user}'s chat takes no messages ({reason}). {user} has to open the bot's chat in Telegram, unblock it if it is blocked, and send /start."
        )
        {
            NotificationId = id,
        };

    /// <summary>Copies a file that the caller names, so that what is looked at, counted and sent are the same bytes whatever becomes of the file.</summary>
    private async Task<Stream> CopyPhotoAsync(string? path, Caller caller, CancellationToken cancellation)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            var opened = OpenPhoto(path, caller);
            await using var file = new FileStream(opened.Handle, FileAccess.Read, bufferSize: 0);
            if (time.GetUtcNow() - opened.Modified is var age && age >= TimeSpan.Zero && age < Tick)
            {
                await Task.Delay(Tick, time, cancellation);
                continue;
            }

            var copy = await WatchDiskAsync(() =>
                SendBody.CopyAsync(file, opened.Status.Size, settings.IncomingFolder, cancellation)
            );
            if (copy is not null && opened.IsWhole(copy.Length))
            {
                return copy;
            }

            await (copy?.DisposeAsync() ?? ValueTask.CompletedTask);
            break;
        }

        throw new ApiException(
            StatusCodes.Status400BadRequest,
            "The photo changed while it was read. Send it when it is written whole."
        );
    }

    private static CallerFileResult.Opened OpenPhoto(string? path, Caller caller)
    {
        if (string.IsNullOrEmpty(path))
        {
            throw ApiException.Field(
                "photo_path",
                "is missing: give the path of a PNG or JPEG, or send the file itself as the part 'photo' of a form"
            );
        }

        return CallerFile.Open(path, caller.Uid, caller.Groups, SendApiLimits.Photo) switch
        {
            CallerFileResult.Opened opened => opened,
            CallerFileResult.Refused { Reason: CallerFileRefusal.TooLarge } refused => throw new ApiException(
                StatusCodes.Status413PayloadTooLarge,
                refused.Sentence
            ),
            CallerFileResult.Refused { Reason: CallerFileRefusal.NotAPath } refused => throw new ApiException(
                StatusCodes.Status400BadRequest,
                refused.Sentence
            ),
            CallerFileResult.Refused refused => throw new ApiException(
                StatusCodes.Status403Forbidden,
                refused.Sentence
            ),
            var other => throw new InvalidOperationException($"No answer for {other.GetType().Name}."),
        };
    }

    private static async Task<ImageInfo> ImageInfoAsync(Stream content, CancellationToken cancellation)
    {
        // A JPEG's size can stand after 64 kB of metadata and more.
        var head = new byte[Math.Min(content.Length, 1_000_000)];
        content.Position = 0;
        await content.ReadExactlyAsync(head, cancellation);
        content.Position = 0;
        return ImageInfo.Read(head, content.Length) is { } info
            ? info
            : throw new ApiException(
                StatusCodes.Status415UnsupportedMediaType,
                "The photo is not a PNG or JPEG. Save the chart as .png (plt.savefig(\"chart.png\"))."
            );
    }
}
