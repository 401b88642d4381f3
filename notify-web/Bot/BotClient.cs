using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Notify.Contracts;
using Notify.Runs;
using Notify.Sending;

namespace Notify.Web.Bot;

/// <summary>Calls the bot's send API for a user, on its Unix socket.</summary>
/// <remarks>
/// Every member throws <see cref="BotUnreachableException"/> without a bot or an answer in time, and <see cref="BotRefusedException"/> if it
/// refuses. The user is always the logged-in one: no request may name another. Safe for several threads.
/// </remarks>
public sealed class BotClient(WebSettings settings, TimeProvider time) : IDisposable
{
    /// <summary>Time limit of an answer that the bot has ready.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>Time limit of a listing: the bot starts a helper and waits for it up to 10 s.</summary>
    public static readonly TimeSpan ListTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Time limit of a run: the wait for its turn, half an hour for the script (<c>NOTIFY_SCRIPT_TIMEOUT_MAX</c>), its end, and the delivery.</summary>
    public static readonly TimeSpan RunTimeout = TimeSpan.FromMinutes(35);

    /// <summary>The most notifications of one answer.</summary>
    public const int MaxNotifications = 200;

    private readonly HttpClient _http = BotConnections.NewClient(settings.BotSocket);

    /// <summary>The bot's health, also if it is down.</summary>
    public Task<BotHealth> HealthAsync(CancellationToken cancellation) =>
        WithinAsync(
            Timeout,
            async token =>
            {
                using var answer = await SendAsync(HttpMethod.Get, "/health", null, token);
                // 503 is an answer too: "down", with the reason.
                return answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable
                    ? await ReadAsync(answer, HealthContract.Json.BotHealth, token)
                    : throw await RefusalAsync(answer, token);
            },
            cancellation
        );

    /// <summary>The users whom an operator had the bot forget.</summary>
    public Task<ForgottenAnswer> ForgottenAsync(CancellationToken cancellation) =>
        AskAsync(HttpMethod.Get, "/forgotten", null, Timeout, OperatorContract.Json.ForgottenAnswer, cancellation);

    /// <summary>The newest notifications of a user, the newest first.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="limit">1 to <see cref="MaxNotifications"/>.</param>
    /// <param name="before">Only those older than the one with this id; null for all.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<IReadOnlyList<NotificationAnswer>> NotificationsAsync(
        UserName user,
        int limit,
        string? before,
        CancellationToken cancellation
    ) => await NotificationsAsync(user, new HistoryQuery { Limit = limit, Before = before }, cancellation);

    /// <summary>The notifications of a user that a query asks for, the newest first.</summary>
    public async Task<IReadOnlyList<NotificationAnswer>> NotificationsAsync(
        UserName user,
        HistoryQuery query,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        return (
            await AskAsync(
                HttpMethod.Get,
                $"/notifications?{Of(user)}{query}",
                null,
                Timeout,
                HistoryContract.Json.NotificationsAnswer,
                cancellation
            )
        ).Notifications;
    }

    /// <summary>The newest notifications of a user, in several calls if one answer does not hold them.</summary>
    public async Task<IReadOnlyList<NotificationAnswer>> NewestAsync(
        UserName user,
        int count,
        CancellationToken cancellation
    )
    {
        var all = new List<NotificationAnswer>();
        while (all.Count < count)
        {
            var wanted = Math.Min(count - all.Count, MaxNotifications);
            var next = await NotificationsAsync(user, wanted, all.Count == 0 ? null : all[^1].Id, cancellation);
            all.AddRange(next);
            if (next.Count == 0)
            {
                // A short answer is not the end: long texts fill an answer early.
                break;
            }
        }

        return all;
    }

    /// <summary>The names of the scripts in a user's history; none from a bot of a version that does not tell them.</summary>
    public async Task<IReadOnlyList<string>> ScriptsInHistoryAsync(UserName user, CancellationToken cancellation) =>
        (
            await FoundAsync(
                $"/notifications/scripts?{Of(user)}",
                HistoryContract.Json.NotificationScriptsAnswer,
                cancellation
            )
        )?.Scripts
        ?? [];

    /// <summary>A notification of a user with its timeline; null if the user has none with this id.</summary>
    public Task<NotificationDetailAnswer?> NotificationAsync(
        UserName user,
        string id,
        CancellationToken cancellation
    ) =>
        FoundAsync(
            $"/notifications/{Uri.EscapeDataString(id)}?{Of(user)}",
            HistoryContract.Json.NotificationDetailAnswer,
            cancellation
        );

    /// <summary>Sends a failed notification again, as a new one.</summary>
    /// <returns>The id of the new one.</returns>
    public async Task<string> SendAgainAsync(UserName user, string id, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(user);
        return (
            await AskAsync(
                HttpMethod.Post,
                $"/notifications/{Uri.EscapeDataString(id)}/again",
                JsonSerializer.Serialize(new AgainCall(user.Value), HistoryContract.Json.AgainCall),
                Timeout,
                SendContract.Json.SentAnswer,
                cancellation
            )
        ).Id;
    }

    /// <summary>A user's quiet hours.</summary>
    public Task<QuietAnswer> QuietAsync(UserName user, CancellationToken cancellation) =>
        AskAsync(HttpMethod.Get, $"/quiet?{Of(user)}", null, Timeout, QuietContract.Json.QuietAnswer, cancellation);

    /// <summary>Sets a user's quiet hours.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="hours">Such as <c>22:00-07:00, weekends</c>; null ends them.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public Task<QuietAnswer> SetQuietAsync(UserName user, string? hours, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(user);
        return AskAsync(
            HttpMethod.Put,
            "/quiet",
            JsonSerializer.Serialize(new QuietCall(user.Value, hours), QuietContract.Json.QuietCall),
            Timeout,
            QuietContract.Json.QuietAnswer,
            cancellation
        );
    }

    /// <summary>Whether the bot tells a user when rounds stop.</summary>
    public Task<WatchAnswer> WatchAsync(UserName user, CancellationToken cancellation) =>
        AskAsync(HttpMethod.Get, $"/watch?{Of(user)}", null, Timeout, WatchContract.Json.WatchAnswer, cancellation);

    /// <summary>Switches that on or off.</summary>
    public Task<WatchAnswer> SwitchWatchAsync(UserName user, bool isOn, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(user);
        return AskAsync(
            HttpMethod.Put,
            "/watch",
            JsonSerializer.Serialize(new WatchCall(user.Value, isOn), WatchContract.Json.WatchCall),
            Timeout,
            WatchContract.Json.WatchAnswer,
            cancellation
        );
    }

    /// <summary>The number of a user's notifications in each quarter of an hour.</summary>
    public Task<QuartersAnswer> QuartersAsync(UserName user, CancellationToken cancellation) =>
        AskAsync(
            HttpMethod.Get,
            $"/notifications/quarters?{Of(user)}",
            null,
            Timeout,
            HistoryContract.Json.QuartersAnswer,
            cancellation
        );

    /// <summary>The scripts of a user, by name.</summary>
    public Task<ScriptsAnswer> ScriptsAsync(UserName user, CancellationToken cancellation) =>
        ScriptsAsync(user, hasRuns: false, cancellation);

    /// <summary>The scripts of a user, by name.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="hasRuns">Whether with the outcomes of their last runs. A bot of an earlier version leaves them out.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public Task<ScriptsAnswer> ScriptsAsync(UserName user, bool hasRuns, CancellationToken cancellation) =>
        AskAsync(
            HttpMethod.Get,
            $"/scripts?{Of(user)}{(hasRuns ? $"&{ScriptsAnswer.LastRunsField}=1" : "")}",
            null,
            ListTimeout,
            ScriptsContract.Json.ScriptsAnswer,
            cancellation
        );

    /// <summary>The runs of a script, the newest first.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="script">Which.</param>
    /// <param name="limit">1 to 200.</param>
    /// <param name="before">Only those that began before this moment; null for all.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<IReadOnlyList<RunRecord>> RunsAsync(
        UserName user,
        ScriptName script,
        int limit,
        DateTimeOffset? before,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(script);
        var older = before is { } moment ? "&before=" + Uri.EscapeDataString(WireJson.Time(moment)) : "";
        return (
            await AskAsync(
                HttpMethod.Get,
                $"/scripts/{Uri.EscapeDataString(script.Value)}/runs?{Of(user)}&limit={limit}{older}",
                null,
                ListTimeout,
                RunsContract.Json.RunsAnswer,
                cancellation
            )
        ).Runs;
    }

    /// <summary>Runs a script and waits for its outcome.</summary>
    public Task<RunAnswer> RunAsync(UserName user, ScriptName script, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(script);
        return AskAsync(
            HttpMethod.Post,
            $"/scripts/{Uri.EscapeDataString(script.Value)}/run?{Of(user)}",
            "{}",
            RunTimeout,
            ScriptsContract.Json.RunAnswer,
            cancellation
        );
    }

    /// <summary>Mutes a script.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="script">Which.</param>
    /// <param name="length">How long, such as <c>1h</c>; null ends it.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public Task<MutedAnswer> MuteAsync(UserName user, ScriptName script, string? length, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(script);
        var body = JsonSerializer.Serialize(new MuteCall(length), ScriptsContract.Json.MuteCall);
        return AskAsync(
            HttpMethod.Post,
            $"/scripts/{Uri.EscapeDataString(script.Value)}/mute?{Of(user)}",
            body,
            Timeout,
            ScriptsContract.Json.MutedAnswer,
            cancellation
        );
    }

    /// <summary>Resets the cooldown of a script.</summary>
    public Task<ResetAnswer> ResetAsync(UserName user, ScriptName script, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(script);
        return AskAsync(
            HttpMethod.Post,
            $"/scripts/{Uri.EscapeDataString(script.Value)}/reset?{Of(user)}",
            "{}",
            ListTimeout,
            ScriptsContract.Json.ResetAnswer,
            cancellation
        );
    }

    /// <summary>A user's incidents; null from a bot of a version without them.</summary>
    public Task<IncidentsAnswer?> IncidentsAsync(UserName user, CancellationToken cancellation) =>
        FoundAsync($"/incidents?{Of(user)}", IncidentContract.Json.IncidentsAnswer, cancellation);

    /// <summary>Says that a user is on an incident: no reminders until it is over.</summary>
    public Task<ListedIncidentAnswer> AcknowledgeAsync(UserName user, string id, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(user);
        return AskAsync(
            HttpMethod.Post,
            $"/incidents/{Uri.EscapeDataString(id)}/acknowledge",
            JsonSerializer.Serialize(new AcknowledgeCall(user.Value), IncidentContract.Json.AcknowledgeCall),
            Timeout,
            IncidentContract.Json.ListedIncidentAnswer,
            cancellation
        );
    }

    /// <summary>A chart of a user's history, as a stream. The caller disposes it.</summary>
    public Task<HttpResponseMessage> ImageAsync(UserName user, string id, CancellationToken cancellation) =>
        StreamAsync($"/images/{Uri.EscapeDataString(id)}?{Of(user)}", cancellation);

    /// <summary>A file of a user's history, as a stream. The caller disposes it.</summary>
    public Task<HttpResponseMessage> FileAsync(UserName user, string id, CancellationToken cancellation) =>
        StreamAsync($"/files/{Uri.EscapeDataString(id)}?{Of(user)}", cancellation);

    private Task<HttpResponseMessage> StreamAsync(string target, CancellationToken cancellation) =>
        WithinAsync(
            Timeout,
            async token =>
            {
                var answer = await SendAsync(HttpMethod.Get, target, null, token);
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

    /// <summary>GET; null for 404.</summary>
    private async Task<T?> FoundAsync<T>(string target, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class
    {
        try
        {
            return await AskAsync(HttpMethod.Get, target, null, Timeout, type, cancellation);
        }
        catch (BotRefusedException e) when (e.Status == (int)HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Calls and reads the JSON of a 200.</summary>
    internal Task<T> AskAsync<T>(
        HttpMethod method,
        string target,
        string? json,
        TimeSpan timeout,
        JsonTypeInfo<T> type,
        CancellationToken cancellation
    ) =>
        WithinAsync(
            timeout,
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
        TimeSpan timeout,
        Func<CancellationToken, Task<T>> ask,
        CancellationToken cancellation
    )
    {
        using var limit = new TimeLimit(timeout, time, cancellation);
        try
        {
            return await ask(limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new BotUnreachableException(
                $"The bot gave no answer within {timeout.TotalSeconds:0} s. Try again in a minute. If this goes on, tell {settings.Contact}.",
                e
            );
        }
        catch (HttpRequestException e)
        {
            throw BotConnections.Unreachable(e, settings.Contact);
        }
        catch (Exception e) when (e is JsonException or HttpIOException)
        {
            throw new BotUnreachableException(
                $"The bot's answer was cut off or is unreadable. Try again. If this goes on, tell {settings.Contact}.",
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

    private async Task<BotRefusedException> RefusalAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        string? sentence = null;
        try
        {
            sentence = (await ReadAsync(answer, SendContract.Json.ErrorAnswer, cancellation)).Error;
        }
        catch (JsonException)
        {
            // Refusals of the HTTP server itself have no body.
        }

        return new BotRefusedException(
            (int)answer.StatusCode,
            sentence
                ?? $"The bot refused with HTTP status {(int)answer.StatusCode} and no explanation. Tell {settings.Contact}.",
            answer.Headers.RetryAfter?.Delta
        );
    }
}
