using System.Globalization;
using System.Text.Json;
using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Http;
using Notify.Images;
using Notify.Linking;
using Notify.Text;

namespace Notify.Bot.SendApi;

/// <summary><c>POST /notifications/ID/again</c>: sends a failed notification once more, as a new one that names it.</summary>
internal sealed class AgainRoutes(
    HistoryRoutes history,
    Recipients recipients,
    AcceptPipeline pipeline,
    AttachmentStore attachments,
    SendRoutes sending,
    TimeProvider time
)
{
    /// <summary>Longest body, in bytes.</summary>
    private const int MaxBody = 4096;

    /// <summary>Longest reason in the line that names the old one.</summary>
    private const int MaxReason = 100;

    internal async Task SendAsync(HttpContext context)
    {
        var caller = PeerCredentialMiddleware.Of(context);
        var body = await SendBody.ReadAsync(context.Request, MaxBody, context.RequestAborted);
        var named = body.Length > 0 ? JsonFields.Parse(body).Text(SendField.User) : null;
        var user = caller.For(named ?? context.Request.Query[SendField.User]);
        var (stored, past) = history.Require(user, context);
        if (past.Progress.State is not (DeliveryState.Failed or DeliveryState.Unknown))
        {
            throw new ApiException(
                StatusCodes.Status409Conflict,
                $"This notification is {past.Progress.State.Word()}. Only one that failed can be sent again."
            );
        }

        var link = await recipients.RequireAsync(user, context.RequestAborted);
        var opened = new List<Stream>();
        try
        {
            var command = Command(stored, past.Progress, link, opened);
            var outcome = await pipeline.SendAsync(command, link, SendRequest.DefaultWait, context.RequestAborted);
            await sending.AnswerAsync(context, user, command.Script, outcome);
        }
        finally
        {
            foreach (var stream in opened)
            {
                await stream.DisposeAsync();
            }
        }
    }

    /// <param name="stored">The failed one.</param>
    /// <param name="progress">How it ended.</param>
    /// <param name="link">The user's link; null without one.</param>
    /// <param name="opened">Gets the streams of its charts and files, which the caller disposes.</param>
    private SendCommand Command(StoredNotification stored, DeliveryProgress progress, Link? link, List<Stream> opened)
    {
        var old = stored.Accepted;
        var pictures = new List<(Stream, ImageInfo)>();
        foreach (var image in old.Images)
        {
            if (Open(image) is { } stream)
            {
                pictures.Add((stream, image.Info));
            }
        }

        var files = new List<(Stream, string)>();
        foreach (var file in old.Files)
        {
            if (Open(file) is { } stream)
            {
                files.Add((stream, file.Name));
            }
        }

        var at = TimeZoneInfo.ConvertTime(old.CreatedAt, time.ZoneOf(link));
        var why = progress.State == DeliveryState.Unknown ? "may not have arrived" : "did not arrive";
        return new SendCommand
        {
            User = old.User,
            Script = old.Script,
            Title = old.Title,
            Message = old.Message,
            ParseMode = old.ParseMode,
            Pictures = pictures,
            Files = files,
            Buttons = old.Buttons,
            HasButtons = old.HasButtons,
            Silent = old.Silent,
            Urgent = old.Urgent,
            Data = old.Data is { } data ? JsonDocument.Parse(data).RootElement : null,
            IsRequested = true,
            // Two presses are one.
            Key = $"again:{old.Id}",
            Again = old,
            LastLine = string.Create(
                CultureInfo.InvariantCulture,
                $"sent again: that of {at:yyyy-MM-dd HH:mm} {why} ({Ellipsis.Cut(progress.ReasonText ?? "no reason is known", MaxReason)})"
            ),
        };

        Stream? Open(StoredAttachment attachment)
        {
            var stream = attachments.Open(attachment);
            if (stream is not null)
            {
                opened.Add(stream);
            }

            return stream;
        }
    }
}
