using Notify.Bot.Limits;
using Notify.Bot.Metrics;
using Notify.Bot.Rounds;
using Notify.Contracts;
using Notify.Http;
using Notify.Linking;

namespace Notify.Bot.SendApi;

/// <summary><c>POST /rounds</c> and <c>DELETE /rounds</c>: a runner tells of its user's rounds. Each caller only of its own.</summary>
internal sealed class RoundRoutes(
    RoundStore store,
    ILinkStore links,
    Accounts accounts,
    LargeTexts largeTexts,
    BotMetrics metrics,
    TimeProvider time
)
{
    internal async Task PostAsync(HttpContext context)
    {
        var caller = PeerCredentialMiddleware.Of(context);
        RoundRequest request;
        using (
            await largeTexts.HoldAsync(
                caller.Uid,
                context.Request.ContentLength ?? RoundField.MaxBody,
                context.RequestAborted
            )
        )
        {
            var body = await SendBody.ReadAsync(context.Request, RoundField.MaxBody, context.RequestAborted);
            using (await largeTexts.ReadAsync(caller.Uid, body.Length, context.RequestAborted))
            {
                request = RoundRequest.Read(JsonFields.Parse(body), time.GetUtcNow());
            }
        }

        var user = OwnName(caller, request.User ?? context.Request.Query[RoundField.User]);
        if (request.Round.Took is { } took)
        {
            metrics.Round(took);
        }

        await AnswerAsync(context, user, store.Add(user, accounts.Of(user).Id, request.Round));
    }

    internal async Task DeleteAsync(HttpContext context)
    {
        var user = OwnName(PeerCredentialMiddleware.Of(context), context.Request.Query[RoundField.User]);
        await store.EndAsync(user, accounts.Of(user).Id, context.RequestAborted);
        await AnswerAsync(context, user, null);
    }

    /// <summary>The caller's name. Nobody, trusted or not, tells of another user's rounds: the runner runs as its user.</summary>
    private static UserName OwnName(Caller caller, string? named)
    {
        var own = caller.For(null);
        return named is null || own == caller.For(named)
            ? own
            : throw new ApiException(
                StatusCodes.Status403Forbidden,
                $"Rounds count for the caller alone: you are {own}. Leave the field '{RoundField.User}' out, and call as {named}."
            );
    }

    private Task AnswerAsync(HttpContext context, UserName user, UserRounds? rounds)
    {
        var isLinked = links.Find(user) is { Dead: null };
        return context.WriteAsync(
            StatusCodes.Status200OK,
            new RoundAnswer(true, isLinked, isLinked && rounds is { IsOff: false, Limit: not null }),
            RoundsContract.Json.RoundAnswer
        );
    }
}
