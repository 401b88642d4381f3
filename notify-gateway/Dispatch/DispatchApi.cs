using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Notify.Files;
using Notify.Gateway.Connections;
using Notify.Gateway.Tokens;
using Notify.Posix;

namespace Notify.Gateway.Dispatch;

/// <summary>What the bot and the dashboard call on the dispatch socket (specification, section 13). Nothing here waits for a client.</summary>
internal sealed partial class DispatchApi(ConversationParts parts, DispatchPeers peers, ILogger log)
{
    /// <summary>Longest body in bytes; ten Telegram messages have fewer.</summary>
    internal const int MaxBody = 256 * 1024;

    /// <summary>Answers a request.</summary>
    internal async Task HandleAsync(HttpContext context, PeerCredentials peer)
    {
        try
        {
            if (!peers.MayCall(peer))
            {
                throw new RefusedCallException(
                    StatusCodes.Status403Forbidden,
                    $"User id {peer.Uid} is neither root nor the gateway's own user nor in the group that may dispatch."
                );
            }

            var answering = (context.Request.Method, context.Request.Path.Value) switch
            {
                ("POST", "/dispatch") => DispatchAsync(context),
                ("POST", "/revoke") => RevokeAsync(context),
                ("GET", "/revoked") => AnswerAsync(
                    context,
                    new RevokedList(parts.Revoked.All),
                    DispatchJson.Own.RevokedList
                ),
                ("GET", "/health") => AnswerAsync(
                    context,
                    Health(context.Request.Query["user"]),
                    DispatchJson.Own.HealthAnswer
                ),
                ("GET", "/metrics") => MetricsAsync(context),
                _ => throw new RefusedCallException(
                    StatusCodes.Status404NotFound,
                    "There are POST /dispatch, POST /revoke, GET /revoked, GET /health and GET /metrics."
                ),
            };
            await answering;
        }
        catch (RefusedCallException e)
        {
            await RefuseAsync(context, e.Status, e.Message);
        }
        catch (BadHttpRequestException e)
        {
            await RefuseAsync(
                context,
                e.StatusCode,
                e.StatusCode == StatusCodes.Status413PayloadTooLarge ? TooLarge : e.Message
            );
        }
        catch (FileNotWrittenException e)
        {
            LogNotStored(log, e.Message);
            await RefuseAsync(
                context,
                StatusCodes.Status503ServiceUnavailable,
                $"The token is revoked now, but would count again after a restart of the gateway: {e.Message} Try again when that is mended."
            );
        }
        catch (Exception e)
            when (e is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            // The caller is gone.
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            LogFailed(log, e, context.Request.Path);
            await RefuseAsync(
                context,
                StatusCodes.Status500InternalServerError,
                "The gateway failed in an unforeseen way; its log says how."
            );
        }
    }

    private static string TooLarge => $"A call has at most {MaxBody / 1024} kB.";

    private async Task DispatchAsync(HttpContext context)
    {
        var call = await ReadAsync(context, DispatchJson.Own.DispatchCall);
        if (!UserName.TryParse(call.User, out var user))
        {
            throw Wrong("user", $"is not a user name: {UserName.Shape}");
        }

        if (call.Notification is not { } notification)
        {
            throw Wrong("notification", "is missing");
        }

        if (notification.Id is not { Length: > 0 and <= Notification.LongestId })
        {
            throw Wrong("notification.id", $"is missing, or longer than {Notification.LongestId} characters");
        }

        var sent = 0;
        if (parts.Store.Of(user) is { Length: > 0 } connections)
        {
            var text = notification.ForClients();
            foreach (var connection in connections)
            {
                sent += connection.Offer(text) ? 1 : 0;
            }
        }

        parts.Counts.Dispatched(sent);
        await AnswerAsync(context, new DispatchAnswer(sent), DispatchJson.Own.DispatchAnswer);
    }

    private async Task RevokeAsync(HttpContext context)
    {
        var call = await ReadAsync(context, DispatchJson.Own.RevokeCall);
        if (call.Id is not { Length: > 0 and <= TokenValidator.LongestId })
        {
            throw Wrong("id", $"is missing, or longer than {TokenValidator.LongestId} characters");
        }

        if (!UtcTime.TryParse(call.Until, out var until))
        {
            throw Wrong(
                "until",
                "is not the time at which the token would have ended by itself, such as 2026-03-01T08:00:00Z"
            );
        }

        var cut = 0;
        try
        {
            parts.Revoked.Add(new RevokedToken(call.Id, until));
        }
        finally
        {
            // Known first, then cut: a client that comes back in between is refused. Cut also where it could not be stored.
            foreach (var connection in parts.Store.WithToken(call.Id))
            {
                connection.End(CloseReason.TokenRevoked, TokenValidator.RevokedSentence);
                cut++;
            }
        }

        await AnswerAsync(context, new RevokeAnswer(cut), DispatchJson.Own.RevokeAnswer);
    }

    /// <summary>Who is connected: all, or only the user that is asked for, which costs next to nothing however many there are.</summary>
    private HealthAnswer Health(string? only)
    {
        if (only is not null)
        {
            var own = UserName.TryParse(only, out var user) ? parts.Store.Of(user).Length : 0;
            return new HealthAnswer("ok", own, own == 0 ? [] : new(StringComparer.Ordinal) { [only] = own });
        }

        var users = parts.Store.Users;
        return new HealthAnswer("ok", users.Values.Sum(), users);
    }

    private Task MetricsAsync(HttpContext context)
    {
        var page = parts.Counts.Page(
            parts.Store.Users.Values.Sum(),
            parts.ConnectionLimiter.Strangers,
            parts.Waiting.Bytes
        );
        return WriteAsync(context, "text/plain; version=0.0.4", System.Text.Encoding.UTF8.GetBytes(page));
    }

    private static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted)
                ?? throw new RefusedCallException(
                    StatusCodes.Status400BadRequest,
                    "The body is null instead of a JSON object."
                );
        }
        catch (JsonException e) when (e.Path is { Length: > 2 } path)
        {
            throw Wrong(path[2..], "has a value of the wrong kind");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new RefusedCallException(
                StatusCodes.Status400BadRequest,
                $"The body is not a JSON object in UTF-8: {e.Message}"
            );
        }
    }

    private static RefusedCallException Wrong(string field, string what) =>
        new(StatusCodes.Status400BadRequest, $"Field '{field}' {what}.");

    private static Task RefuseAsync(HttpContext context, int status, string sentence)
    {
        context.Response.StatusCode = status;
        return AnswerAsync(context, new ErrorAnswer(sentence), DispatchJson.Own.ErrorAnswer);
    }

    private static Task AnswerAsync<T>(HttpContext context, T answer, JsonTypeInfo<T> type) =>
        WriteAsync(context, "application/json", JsonSerializer.SerializeToUtf8Bytes(answer, type));

    private static Task WriteAsync(HttpContext context, string type, byte[] body)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    [LoggerMessage(
        3201,
        LogLevel.Error,
        "A revoked token could not be stored: {Reason} It is refused until the gateway restarts; the dashboard has to revoke it again."
    )]
    private static partial void LogNotStored(ILogger log, string reason);

    [LoggerMessage(3202, LogLevel.Error, "{Path} failed in an unforeseen way. Report it.")]
    private static partial void LogFailed(ILogger log, Exception e, string path);
}

/// <summary>A call that is answered with a status and a sentence.</summary>
internal sealed class RefusedCallException(int status, string message) : Exception(message)
{
    internal int Status { get; } = status;
}
