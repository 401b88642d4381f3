using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Notify.Sending;

namespace Notify.Web.Bot;

/// <summary>Asks the bot for what is a user's, on its Unix socket (specification, section 7).</summary>
/// <remarks>
/// Every member throws <see cref="BotUnreachableException"/> where there is no bot or no answer in time, and <see cref="BotRefusedException"/> where it
/// says no. The user is always the one who is logged in: nothing of a request may name another one. Safe for several threads.
/// </remarks>
public sealed class BotClient(WebSettings settings, TimeProvider time) : IDisposable
{
    /// <summary>How long the bot may take for an answer that it has at hand.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How long a listing may take: the bot starts a helper for it, and waits for it 10 s at most.</summary>
    public static readonly TimeSpan ListPatience = TimeSpan.FromSeconds(20);

    /// <summary>How long a run may take: a minute of the script's, its end, the wait for its turn and for the delivery.</summary>
    public static readonly TimeSpan RunPatience = TimeSpan.FromMinutes(4);

    /// <summary>The most notifications of one answer (specification, section 7).</summary>
    public const int MostNotifications = 200;

    private readonly HttpClient _http = BotConnections.NewClient(settings.BotSocket);

    /// <summary>How the bot is, also where it is not well.</summary>
    public Task<BotHealth> HealthAsync(CancellationToken cancellation) =>
        WithinAsync(
            Patience,
            async token =>
            {
                using var answer = await SendAsync(HttpMethod.Get, "/health", null, token);
                // 503 is an answer too: "down", with the reason.
                return answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable
                    ? await ReadAsync(answer, BotJson.Default.BotHealth, token)
                    : throw await RefusalAsync(answer, token);
            },
            cancellation
        );

    /// <summary>The newest notifications of a user, the newest first.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="limit">1 to <see cref="MostNotifications"/>.</param>
    /// <param name="before">Only those older than the one with this id; null for all.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<IReadOnlyList<BotNotification>> NotificationsAsync(
        UserName user,
        int limit,
        string? before,
        CancellationToken cancellation
    )
    {
        var older = before is null ? "" : "&before=" + Uri.EscapeDataString(before);
        return (
            await AskAsync(
                HttpMethod.Get,
                $"/notifications?{Of(user)}&limit={limit}{older}",
                null,
                Patience,
                BotJson.Default.BotNotifications,
                cancellation
            )
        ).Notifications;
    }

    /// <summary>As many of a user's newest notifications, asked for in several answers where one does not hold them.</summary>
    public async Task<IReadOnlyList<BotNotification>> NewestAsync(
        UserName user,
        int count,
        CancellationToken cancellation
    )
    {
        var all = new List<BotNotification>();
        while (all.Count < count)
        {
            var wanted = Math.Min(count - all.Count, MostNotifications);
            var next = await NotificationsAsync(user, wanted, all.Count == 0 ? null : all[^1].Id, cancellation);
            all.AddRange(next);
            if (next.Count == 0)
            {
                // Only then: an answer of long texts ends before it has as many as were asked for.
                break;
            }
        }

        return all;
    }

    /// <summary>How many notifications of a user there were in each quarter of an hour.</summary>
    public Task<BotQuarters> QuartersAsync(UserName user, CancellationToken cancellation) =>
        AskAsync(
            HttpMethod.Get,
            $"/notifications/quarters?{Of(user)}",
            null,
            Patience,
            BotJson.Default.BotQuarters,
            cancellation
        );

    /// <summary>The scripts of a user, by name.</summary>
    public Task<BotScripts> ScriptsAsync(UserName user, CancellationToken cancellation) =>
        AskAsync(HttpMethod.Get, $"/scripts?{Of(user)}", null, ListPatience, BotJson.Default.BotScripts, cancellation);

    /// <summary>Runs a script and waits for how it ended.</summary>
    public Task<BotRun> RunAsync(UserName user, ScriptName script, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(script);
        return AskAsync(
            HttpMethod.Post,
            $"/scripts/{Uri.EscapeDataString(script.Value)}/run?{Of(user)}",
            "{}",
            RunPatience,
            BotJson.Default.BotRun,
            cancellation
        );
    }

    /// <summary>Mutes a script.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="script">Which.</param>
    /// <param name="length">How long, such as <c>1h</c>; null ends it.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public Task<BotMute> MuteAsync(UserName user, ScriptName script, string? length, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(script);
        var body = JsonSerializer.Serialize(new MuteBody(length), BotJson.Default.MuteBody);
        return AskAsync(
            HttpMethod.Post,
            $"/scripts/{Uri.EscapeDataString(script.Value)}/mute?{Of(user)}",
            body,
            Patience,
            BotJson.Default.BotMute,
            cancellation
        );
    }

    /// <summary>A chart of a user's history, to be copied on as it comes; the caller disposes it.</summary>
    public Task<HttpResponseMessage> ImageAsync(UserName user, string id, CancellationToken cancellation) =>
        WithinAsync(
            Patience,
            async token =>
            {
                var answer = await SendAsync(
                    HttpMethod.Get,
                    $"/images/{Uri.EscapeDataString(id)}?{Of(user)}",
                    null,
                    token
                );
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    return answer;
                }

                using (answer)
                {
                    throw await RefusalAsync(answer, token);
                }
            },
            cancellation
        );

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private static string Of(UserName user) => "user=" + Uri.EscapeDataString(user.Value);

    private Task<T> AskAsync<T>(
        HttpMethod method,
        string target,
        string? json,
        TimeSpan patience,
        JsonTypeInfo<T> type,
        CancellationToken cancellation
    ) =>
        WithinAsync(
            patience,
            async token =>
            {
                using var answer = await SendAsync(method, target, json, token);
                return answer.StatusCode == HttpStatusCode.OK
                    ? await ReadAsync(answer, type, token)
                    : throw await RefusalAsync(answer, token);
            },
            cancellation
        );

    private async Task<T> WithinAsync<T>(
        TimeSpan patience,
        Func<CancellationToken, Task<T>> ask,
        CancellationToken cancellation
    )
    {
        using var limit = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            return await ask(either.Token);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new BotUnreachableException(
                $"The bot gave no answer within {patience.TotalSeconds:0} s. Try again in a minute; if it stays so, tell the operator.",
                e
            );
        }
        catch (HttpRequestException e)
        {
            throw BotConnections.Unreachable(e);
        }
        catch (Exception e) when (e is JsonException or HttpIOException)
        {
            throw new BotUnreachableException(
                "The bot's answer broke off or can't be read. Try again; if it stays so, tell the operator.",
                e
            );
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string target,
        string? json,
        CancellationToken cancellation
    )
    {
        using var request = new HttpRequestMessage(method, new Uri(target, UriKind.Relative));
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    private static async Task<T> ReadAsync<T>(
        HttpResponseMessage answer,
        JsonTypeInfo<T> type,
        CancellationToken cancellation
    )
    {
        await using var body = await answer.Content.ReadAsStreamAsync(cancellation);
        return await JsonSerializer.DeserializeAsync(body, type, cancellation)
            ?? throw new JsonException("It is null.");
    }

    private static async Task<BotRefusedException> RefusalAsync(
        HttpResponseMessage answer,
        CancellationToken cancellation
    )
    {
        string? sentence = null;
        try
        {
            sentence = (await ReadAsync(answer, BotJson.Default.BotError, cancellation)).Error;
        }
        catch (JsonException)
        {
            // What the HTTP server itself refuses has no body.
        }

        return new BotRefusedException(
            (int)answer.StatusCode,
            sentence
                ?? $"The bot refused with HTTP status {(int)answer.StatusCode} and no explanation. Tell the operator.",
            answer.Headers.RetryAfter?.Delta
        );
    }
}

internal sealed record BotNotifications(IReadOnlyList<BotNotification> Notifications);

internal sealed record BotError(string? Error);

internal sealed record MuteBody(string? For);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BotHealth))]
[JsonSerializable(typeof(BotNotifications))]
[JsonSerializable(typeof(BotQuarters))]
[JsonSerializable(typeof(BotScripts))]
[JsonSerializable(typeof(BotRun))]
[JsonSerializable(typeof(BotMute))]
[JsonSerializable(typeof(BotError))]
[JsonSerializable(typeof(MuteBody))]
internal sealed partial class BotJson : JsonSerializerContext;
