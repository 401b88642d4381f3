using Notify.Bot.Limits;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Http;
using Notify.Linking;
using Notify.Quiet;

namespace Notify.Bot.SendApi;

/// <summary><c>/quiet</c>: a user's quiet hours.</summary>
internal sealed class QuietRoutes(ILinkStore links, IOutbox outbox, TimeProvider time)
{
    internal Task GetAsync(HttpContext context) => AnswerAsync(context, PeerCredentialMiddleware.UserOf(context));

    internal async Task PutAsync(HttpContext context)
    {
        var fields = JsonFields.Parse(
            await SendBody.ReadAsync(context.Request, LargeTexts.Large, context.RequestAborted)
        );
        var user = PeerCredentialMiddleware
            .Of(context)
            .For(fields.Text(QuietCall.UserField) ?? context.Request.Query[QuietCall.UserField]);
        QuietHours? hours = null;
        if (fields.Text(QuietCall.HoursField) is { } text && !QuietHours.TryRead(text, out hours, out var problem))
        {
            throw new ApiException(StatusCodes.Status400BadRequest, problem);
        }

        await outbox.SetQuietAsync(user, hours);
        await AnswerAsync(context, user);
    }

    /// <summary>The end of a user's quiet time; null if it is not quiet now.</summary>
    internal DateTimeOffset? EndOf(UserName user) => outbox.QuietOf(user)?.EndAfter(time.GetUtcNow(), ZoneOf(user));

    private TimeZoneInfo ZoneOf(UserName user) => time.ZoneOf(links.Find(user));

    private Task AnswerAsync(HttpContext context, UserName user) =>
        context.WriteAsync(
            StatusCodes.Status200OK,
            new QuietAnswer(outbox.QuietOf(user)?.ToString(), ZoneOf(user).Id, outbox.HeldOf(user).Count, EndOf(user)),
            QuietContract.Json.QuietAnswer
        );
}
