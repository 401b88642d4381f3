using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Notify.Contracts;
using Notify.Files;
using Notify.Gateway.Connections;
using Notify.Gateway.Tokens;
using Notify.Http;

namespace Notify.Gateway.Dispatch;

/// <summary>The calls of the bot and the dashboard on the dispatch socket. None waits for a client.</summary>
internal sealed partial class DispatchApi(
    ConnectionRegistry registry,
    ConnectionLimiter limiter,
    WaitingOverAll waiting,
    RevokedTokens revoked,
    GatewayMetrics metrics,
    ILogger<DispatchApi> log
)
{
    /// <summary>Longest id of a notification in characters.</summary>
    private const int MaxIdLength = 200;

    internal async Task DispatchAsync(HttpContext context)
    {
        var call = await ReadAsync(context, GatewayContract.Json.DispatchCall);
        if (!UserName.TryParse(call.User, out var user))
        {
            throw ApiException.Field("user", $"is not a user name: {UserName.Shape}");
        }

        if (call.Notification is not { } notification)
        {
            throw ApiException.Field("notification", "is missing");
        }

        if (notification.Id is not { Length: > 0 and <= MaxIdLength })
        {
            throw ApiException.Field("notification.id", $"is missing, or longer than {MaxIdLength} characters");
        }

        var sent = 0;
        if (registry.Of(user) is { Length: > 0 } connections)
        {
            var text = ToClient.Notification(notification);
            foreach (var connection in connections)
            {
                sent += connection.Offer(text) ? 1 : 0;
            }
        }

        metrics.Dispatched(sent);
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new DispatchAnswer(sent),
            GatewayContract.Json.DispatchAnswer
        );
    }

    internal async Task RevokeAsync(HttpContext context)
    {
        var call = await ReadAsync(context, GatewayContract.Json.RevokeCall);
        if (call.Id is not { Length: > 0 and <= TokenValidator.MaxIdLength })
        {
            throw ApiException.Field("id", $"is missing, or longer than {TokenValidator.MaxIdLength} characters");
        }

        if (!UtcTime.TryParse(call.Until, out var until))
        {
            throw ApiException.Field(
                "until",
                "is not the time at which the token expires, such as 2026-03-01T08:00:00Z"
            );
        }

        var cut = 0;
        try
        {
            revoked.Add(new RevokedToken(call.Id, until));
        }
        catch (FileNotWrittenException e)
        {
            LogNotStored(log, e.Message);
            throw new ApiException(
                StatusCodes.Status503ServiceUnavailable,
                $"The token is revoked now, but would count again after a restart of the gateway: {e.Message} Try again when that is fixed."
            );
        }
        finally
        {
            // Stored first, then cut: a client that reconnects in between is refused. Cut also if storing fails.
            foreach (var connection in registry.WithToken(call.Id))
            {
                connection.End(CloseReason.TokenRevoked, TokenValidator.RevokedSentence);
                cut++;
            }
        }

        await context.WriteAsync(StatusCodes.Status200OK, new RevokeAnswer(cut), GatewayContract.Json.RevokeAnswer);
    }

    internal Task RevokedAsync(HttpContext context) =>
        context.WriteAsync(StatusCodes.Status200OK, new RevokedList(revoked.All), RevokedTokensJson.Wire.RevokedList);

    /// <summary>The connected users, or one of them. The cost of one does not grow with their number.</summary>
    internal Task HealthAsync(HttpContext context)
    {
        SortedDictionary<string, int> users;
        if ((string?)context.Request.Query["user"] is { } only)
        {
            var own = UserName.TryParse(only, out var user) ? registry.Of(user).Length : 0;
            users = own == 0 ? [] : new(StringComparer.Ordinal) { [only] = own };
        }
        else
        {
            users = registry.Users;
        }

        return context.WriteAsync(
            StatusCodes.Status200OK,
            new GatewayHealth(HealthState.Ok, users.Values.Sum(), users),
            GatewayContract.Json.GatewayHealth
        );
    }

    internal Task MetricsAsync(HttpContext context)
    {
        var page = metrics.Page(registry.Users.Values.Sum(), limiter.Strangers, waiting.Bytes);
        context.Response.ContentType = "text/plain; version=0.0.4";
        context.Response.ContentLength = Encoding.UTF8.GetByteCount(page);
        return context.Response.WriteAsync(page, context.RequestAborted);
    }

    private static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted)
                ?? throw new ApiException(StatusCodes.Status400BadRequest, "The body is null, not a JSON object.");
        }
        catch (JsonException e) when (e.Path is { Length: > 2 } path)
        {
            throw ApiException.Field(path[2..], "has a value of the wrong kind");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ApiException(
                StatusCodes.Status400BadRequest,
                $"The body is not a JSON object in UTF-8: {e.Message}"
            );
        }
    }

    [LoggerMessage(
        3201,
        LogLevel.Error,
        "A revoked token could not be stored: {Reason} The gateway refuses it until its next start. Revoke it again on the dashboard."
    )]
    private static partial void LogNotStored(ILogger log, string reason);
}
