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
    /// <summary>Longest body of a switch, in bytes.</summary>
    private const int MaxSwitch = 4096;

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

    /// <summary>Whether the bot tells a user when rounds stop.</summary>
    internal Task WatchAsync(HttpContext context) =>
        AnswerWatchAsync(context, PeerCredentialMiddleware.UserOf(context));

    /// <summary>Switches that on or off, as <c>/watch</c> in the chat does.</summary>
    internal async Task SwitchWatchAsync(HttpContext context)
    {
        var fields = JsonFields.Parse(await SendBody.ReadAsync(context.Request, MaxSwitch, context.RequestAborted));
        var user = PeerCredentialMiddleware
            .Of(context)
            .For(fields.Text(WatchCall.UserField) ?? context.Request.Query[WatchCall.UserField]);
        if (fields.Value(WatchCall.OnField) is null)
        {
            throw ApiException.Field(WatchCall.OnField, "is missing: true or false");
        }

        await store.SwitchAsync(user, accounts.Of(user).Id, fields.Flag(WatchCall.OnField), context.RequestAborted);
        await AnswerWatchAsync(context, user);
    }

    private Task AnswerWatchAsync(HttpContext context, UserName user)
    {
        var rounds = store.Of(user, accounts.Of(user).Id);
        return context.WriteAsync(
            StatusCodes.Status200OK,
            new WatchAnswer(
                rounds is not { IsOff: true },
                rounds?.Last,
                rounds?.Limit?.TotalSeconds,
                rounds?.Stop is not null
            ),
            WatchContract.Json.WatchAnswer
        );
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
