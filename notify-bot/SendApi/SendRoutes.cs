using Notify.Bot.Delivery;
using Notify.Bot.Limits;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Files;
using Notify.Http;
using Notify.Images;

namespace Notify.Bot.SendApi;

/// <summary><c>/send</c> and <c>/send_photo</c>.</summary>
internal sealed class SendRoutes(
    BotSettings settings,
    Recipients recipients,
    AcceptPipeline pipeline,
    UploadLimiter uploads,
    LargeTexts largeTexts,
    IOutbox outbox,
    TimeProvider time
)
{
    /// <summary>
    /// File times have ticks of up to 10 ms, and a second write within one would go unnoticed. So a file is read only when its last change is older.
    /// </summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    /// <summary>How often a file may be found just changed before it is refused.</summary>
    private const int MaxTries = 10;

    internal async Task SendAsync(HttpContext context, bool photo)
    {
        // A separate method, so no part of the request stays in memory during the wait for delivery.
        var (user, script, wait, outcome) = await AcceptAsync(context, photo);
        await AnswerAsync(context, user, script, await outcome(wait, context.RequestAborted));
    }

    private async Task<(UserName User, string? Script, TimeSpan Wait, WaitForOutcome Outcome)> AcceptAsync(
        HttpContext context,
        bool photo
    )
    {
        var caller = PeerCredentialMiddleware.Of(context);
        ReceivedAttachments? attachments = null;
        UploadLimiter.Turn? turn = null;
        IDisposable? held = null;
        void Grow()
        {
            if (!turn!.TryGrow())
            {
                throw TooManyUploads();
            }
        }

        try
        {
            SendRequest request;
            if (SendBody.IsForm(context.Request))
            {
                // Checked before megabytes arrive from a caller who may not send at all.
                if (!caller.IsTrusted)
                {
                    await recipients.RequireAsync(caller.For(null), context.RequestAborted);
                }

                turn = Enter(caller);
                var form = await WatchDiskAsync(() =>
                    SendBody.ReadFormAsync(context.Request, settings.IncomingFolder, Grow, context.RequestAborted)
                );
                attachments = form.Attachments;
                if (attachments.HasPhoto && !photo)
                {
                    throw new ApiException(
                        StatusCodes.Status400BadRequest,
                        $"A form with a photo belongs to /send_photo. /send takes '{SendField.Photos}' and '{SendField.Files}'."
                    );
                }

                using (await largeTexts.ReadAsync(caller.Uid, form.Fields.Length, context.RequestAborted))
                {
                    request = SendRequest.Read(form.Fields, photo, attachments.Count);
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
            attachments ??= new ReceivedAttachments(Grow);
            var needsPhoto =
                photo && attachments.Pictures.Count == 0 && request is not { Incident.Fires: false, PhotoPath: null };
            if (request.Images.Count + request.Files.Count > 0 || needsPhoto)
            {
                turn ??= Enter(caller);
                await CopyFilesAsync(request, needsPhoto, attachments, caller, context.RequestAborted);
            }

            var command = new SendCommand
            {
                User = user,
                Script = request.Script,
                Title = request.Title,
                Message = request.Message,
                ParseMode = request.ParseMode,
                Pictures = await InfosAsync(attachments.Pictures, context.RequestAborted),
                Files = attachments.Files,
                Table = request.Table,
                Buttons = request.Buttons,
                Data = request.Data,
                Silent = request.Silent,
                Urgent = request.Urgent,
                // A post about an incident can be repeated: the incident knows what it has told.
                Key = request.Incident is null ? request.Key : null,
                Incident = request.Incident,
                KeyLifetime = request.KeyLifetime,
                HasButtons = request.HasButtons,
            };
            return (
                user,
                request.Script,
                request.Wait,
                await pipeline.AcceptAsync(command, link, context.RequestAborted)
            );
        }
        finally
        {
            if (attachments is not null)
            {
                await attachments.DisposeAsync();
            }

            turn?.Dispose();
            held?.Dispose();
        }
    }

    private UploadLimiter.Turn Enter(Caller caller) => uploads.TryEnter(caller) ?? throw TooManyUploads();

    private static ApiException TooManyUploads() =>
        new(
            StatusCodes.Status429TooManyRequests,
            "Too many charts are arriving at the moment: "
                + $"{UploadLimiter.OfOneUser} of yours, or {UploadLimiter.OfAll} of all users. Send this one again in a few seconds.",
            TimeSpan.FromSeconds(5)
        );

    /// <summary>Runs a write beside the outbox. A disk that refuses it may refuse the outbox too.</summary>
    private async Task<T> WatchDiskAsync<T>(Func<Task<T>> act)
    {
        try
        {
            return await act();
        }
        catch (OutboxNotWritableException)
        {
            outbox.RequestProbe();
            throw;
        }
    }

    /// <summary>Answers with what became of a notification.</summary>
    internal Task AnswerAsync(HttpContext context, UserName user, string? script, DeliveryOutcome outcome)
    {
        switch (outcome)
        {
            case DeliveryOutcome.Accepted { Id: var id, Progress: var progress, Desktops: var desktops } accepted:
                return progress.State switch
                {
                    DeliveryState.Failed when progress.IsUnreached => throw recipients.NotLinked(user, id),
                    DeliveryState.Failed when progress.IsChatUnreachable => throw Gone(
                        user,
                        progress.ReasonText ?? "gone",
                        id
                    ),
                    DeliveryState.Failed => throw new ApiException(
                        StatusCodes.Status502BadGateway,
                        $"Telegram did not take it, and trying again would not help: {progress.ReasonText}"
                    )
                    {
                        NotificationId = id,
                    },
                    DeliveryState.Unknown => throw new ApiException(
                        StatusCodes.Status502BadGateway,
                        $"The message went out twice without an answer from Telegram ({progress.ReasonText}). Look at the phone before you send it again."
                    )
                    {
                        NotificationId = id,
                    },
                    DeliveryState.Delivered => SentAsync(
                        DeliveryState.Delivered,
                        id,
                        progress,
                        desktops,
                        accepted.IsRepeat,
                        null
                    ),
                    DeliveryState.Muted => SentAsync(
                        DeliveryState.Queued,
                        id,
                        progress,
                        desktops,
                        accepted.IsRepeat,
                        outbox.MutesOf(user).Until(script)
                    ),
                    DeliveryState.Held => SentAsync(
                        DeliveryState.Held,
                        id,
                        progress,
                        desktops,
                        accepted.IsRepeat,
                        null
                    ),
                    _ => SentAsync(DeliveryState.Queued, id, progress, desktops, accepted.IsRepeat, null),
                };
            case DeliveryOutcome.NothingToSay:
                throw new ApiException(
                    StatusCodes.Status400BadRequest,
                    "The notification has no visible character, so the phone would show nothing."
                );
            case DeliveryOutcome.LinkDead dead:
                throw Gone(user, dead.Reason.Word(), null);
            case DeliveryOutcome.TooManyIncidents:
                throw new ApiException(
                    StatusCodes.Status409Conflict,
                    $"{user} has {DeliveryOutcome.TooManyIncidents.Max} open incidents, or 64 MB of them (a chart counts a sixteenth), which is the limit. End some with '{SendField.State}': '{FiringState.Ok}'. GET /incidents lists them."
                );
            case DeliveryOutcome.TooManyWaiting { HeldUntil: { } end } held:
                throw new ApiException(
                    StatusCodes.Status429TooManyRequests,
                    $"{held.Said($" of {user}")} already wait for the end of {user}'s quiet hours at {WireJson.Time(end)}. Send fewer, or several things in one. /quiet off in the chat ends the quiet hours.",
                    TimeSpan.FromMinutes(1)
                );
            case DeliveryOutcome.TooManyWaiting many:
                throw new ApiException(
                    StatusCodes.Status429TooManyRequests,
                    $"{many.Said($" of {user}")} are already queued. Send fewer, or several things in one. Try again in a minute.",
                    TimeSpan.FromMinutes(1)
                );
            default:
                throw new InvalidOperationException($"No answer for {outcome.GetType().Name}.");
        }

        Task SentAsync(
            DeliveryState status,
            string id,
            DeliveryProgress progress,
            int? desktops,
            bool isRepeat,
            DateTimeOffset? mutedUntil
        ) =>
            context.WriteAsync(
                StatusCodes.Status200OK,
                new SentAnswer(true, status, id, progress.Channels(desktops), isRepeat ? true : null, mutedUntil)
                {
                    HeldUntil = status == DeliveryState.Held ? progress.NextTryAt : null,
                    Incident = (outcome as DeliveryOutcome.Accepted)?.Incident,
                },
                SendContract.Json.SentAnswer
            );
    }

    private static ApiException Gone(UserName user, string reason, string? id) =>
        new(
            StatusCodes.Status410Gone,
            reason == DeadLinkReason.Kicked.Word()
                ? $"{user}'s group takes no messages ({reason}). A member has to add the bot again, or the admin links {user} to another chat."
                : $"{user}'s chat takes no messages ({reason}). {user} has to open the bot's chat in Telegram, unblock the bot if needed, and send /start."
        )
        {
            NotificationId = id,
        };

    /// <summary>Copies the files that a request names by path, each with its caller's rights.</summary>
    private async Task CopyFilesAsync(
        SendRequest request,
        bool photo,
        ReceivedAttachments into,
        Caller caller,
        CancellationToken cancellation
    )
    {
        // Without a photo of any kind, its path is what is missing.
        if (photo && into.Pictures.Count == 0 && (request.PhotoPath is { Length: > 0 } || request.Images.Count == 0))
        {
            into.AddPicture(
                SendField.Photo,
                await CopyAsync(CallerFileUse.PhotoPath, request.PhotoPath, caller, cancellation)
            );
        }

        foreach (var path in request.Images)
        {
            into.RequireRoomForPicture(SendField.Images);
            into.AddPicture(SendField.Images, await CopyAsync(CallerFileUse.Images, path, caller, cancellation));
        }

        foreach (var path in request.Files)
        {
            into.RequireRoomForFile();
            into.AddFile(path, await CopyAsync(CallerFileUse.Files, path, caller, cancellation));
        }
    }

    /// <summary>Copies the caller's file, so checks, limits and sending see the same bytes if the file changes.</summary>
    private async Task<Stream> CopyAsync(CallerFileUse use, string? path, Caller caller, CancellationToken cancellation)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var opened = Open(use, path, caller);
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
            $"The {use.Noun} changed while the bot read it. Send it when the file is complete."
        );
    }

    private static CallerFileResult.Opened Open(CallerFileUse use, string? path, Caller caller)
    {
        if (string.IsNullOrEmpty(path))
        {
            throw ApiException.Field(
                use.Field,
                use == CallerFileUse.PhotoPath
                    ? "is missing: give the path of a PNG or JPEG, or send the file as the part 'photo' of a form"
                    : "has an empty path"
            );
        }

        return CallerFile.Open(path, caller.Uid, caller.Groups, SendApiLimits.Photo, use) switch
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

    private static async Task<IReadOnlyList<(Stream Content, ImageInfo Info)>> InfosAsync(
        IReadOnlyList<Stream> pictures,
        CancellationToken cancellation
    )
    {
        var infos = new List<(Stream, ImageInfo)>();
        foreach (var picture in pictures)
        {
            infos.Add((picture, await ImageInfoAsync(picture, cancellation)));
        }

        return infos;
    }

    private static async Task<ImageInfo> ImageInfoAsync(Stream content, CancellationToken cancellation)
    {
        // A JPEG's size can follow over 64 kB of metadata.
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
