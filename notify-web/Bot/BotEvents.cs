using System.Text.Json;
using Notify.Contracts;
using Notify.Retry;
using Notify.Web.Live;

namespace Notify.Web.Bot;

/// <summary>
/// Listens to the bot's <c>GET /events</c> over one connection for all users, and passes each user's events to their open pages. When the connection breaks,
/// it reconnects with growing pauses and tells all pages to refresh. If that fails, pages refresh too and show the reason.
/// </summary>
internal sealed partial class BotEvents(
    WebSettings settings,
    SseHub streams,
    ForgottenSignal forgotten,
    TimeProvider time,
    ILogger<BotEvents> log
) : BackgroundService
{
    /// <summary>The bot sends something every 15 s. After this silence it counts as hung.</summary>
    internal static readonly TimeSpan SilenceTimeout = TimeSpan.FromSeconds(45);

    /// <summary>Failures before pages refresh: a restarting bot is back in a moment.</summary>
    private const int AwayAfter = 2;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var http = BotConnections.NewClient(settings.BotSocket);
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
        var isSaid = false;
        // Since its last answer. Pages rendered before its first answer already show that it is down.
        var failures = AwayAfter;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(
                    http,
                    () =>
                    {
                        backoff.Reset();
                        failures = 0;
                        if (isSaid)
                        {
                            isSaid = false;
                            LogListening(log);
                        }
                    },
                    stoppingToken
                );
                // The bot has ended. A new one is there in a moment.
            }
            catch (Exception e)
                when ((e is OperationCanceledException or IOException or HttpRequestException)
                    && stoppingToken.IsCancellationRequested
                )
            {
                return;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                if (++failures == AwayAfter)
                {
                    streams.TellAllToRefresh();
                }

                if (!isSaid)
                {
                    isSaid = true;
                    LogNotListening(
                        log,
                        e is HttpRequestException { StatusCode: null } unreachable
                            ? BotConnections.Unreachable(unreachable, settings.Contact).Message
                            : e.Message
                    );
                }
            }

            try
            {
                await Task.Delay(backoff.Next(), time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ListenAsync(HttpClient http, Action begun, CancellationToken cancellation)
    {
        using var limit = new TimeLimit(SilenceTimeout, time, cancellation);
        using var response = await http.GetAsync(
            new Uri("/events", UriKind.Relative),
            HttpCompletionOption.ResponseHeadersRead,
            limit.Token
        );
        response.EnsureSuccessStatusCode();
        begun();
        forgotten.Set();
        streams.TellAllToRefresh();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(limit.Token));
        var (name, data) = ("", "");
        while (await reader.ReadLineAsync(limit.Token) is { } line)
        {
            limit.Renew(SilenceTimeout);
            if (line.Length == 0)
            {
                Tell(name, data);
                (name, data) = ("", "");
            }
            else if (line.StartsWith("event:", StringComparison.Ordinal))
            {
                name = line["event:".Length..].Trim();
            }
            else if (line.StartsWith("data:", StringComparison.Ordinal))
            {
                data += line["data:".Length..].Trim();
            }
        }
    }

    private void Tell(string name, string data)
    {
        if (name == "missed")
        {
            // The bot dropped events, because this connection was too slow.
            streams.TellAllToRefresh();
            forgotten.Set();
            return;
        }

        if (name == "forgotten")
        {
            forgotten.Set();
            return;
        }

        if (
            name is not ("notification" or "scripts")
            || JsonSerializer.Deserialize(data, HistoryContract.Json.ChangeAnswer) is not { } said
            || !UserName.TryParse(said.User, out var user)
        )
        {
            return;
        }

        if (name == "scripts")
        {
            streams.Tell(user, new LiveEvent("scripts", "{}"));
        }
        else if (said is { Id: { } id, State: { } state })
        {
            streams.Tell(
                user,
                new LiveEvent(
                    "notification",
                    JsonSerializer.Serialize(new NotificationEvent(id, state), ApiJson.Options)
                )
            );
        }
    }

    [LoggerMessage(
        4201,
        LogLevel.Warning,
        "The dashboard can't listen to the bot's events: {Reason} Open pages show changes only after a reload. The dashboard keeps trying."
    )]
    private static partial void LogNotListening(ILogger log, string reason);

    [LoggerMessage(4202, LogLevel.Information, "The dashboard listens to the bot's events again.")]
    private static partial void LogListening(ILogger log);
}
