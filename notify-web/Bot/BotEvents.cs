using System.Text.Json;
using System.Text.Json.Serialization;
using Notify.Web.Api;
using Notify.Web.Live;

namespace Notify.Web.Bot;

/// <summary>
/// Listens to the bot's <c>GET /events</c> over one connection for all users, and hands on to the open pages of each what is theirs. When the connection breaks
/// it is made anew, with growing pauses, and all pages are told to fetch everything; also when it can't be made anew, so that they say what is wrong.
/// </summary>
internal sealed partial class BotEvents(WebSettings settings, SseHub streams, TimeProvider time, ILogger<BotEvents> log)
    : BackgroundService
{
    /// <summary>The bot says something every 15 s at least; silence for so long means that it hangs.</summary>
    internal static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(45);

    /// <summary>Failures after which pages are told: a bot that only restarts is there again in a moment, and no page need say a word of it.</summary>
    private const int AwayAfter = 2;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var http = BotConnections.NewClient(settings.BotSocket);
        var pause = FirstPause;
        var isSaid = false;
        // Since it last answered. Pages that were made before it ever did say so themselves.
        var failures = AwayAfter;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(
                    http,
                    () =>
                    {
                        pause = FirstPause;
                        failures = 0;
                        if (isSaid)
                        {
                            isSaid = false;
                            LogListening(log);
                        }
                    },
                    stoppingToken
                );
                // The bot ends: the next one is there in a moment.
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
                            ? BotConnections.Unreachable(unreachable).Message
                            : e.Message
                    );
                }
            }

            try
            {
                await Task.Delay(pause, time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task ListenAsync(HttpClient http, Action begun, CancellationToken cancellation)
    {
        using var silence = new CancellationTokenSource(LongestSilence, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, silence.Token);
        using var response = await http.GetAsync(
            new Uri("/events", UriKind.Relative),
            HttpCompletionOption.ResponseHeadersRead,
            either.Token
        );
        response.EnsureSuccessStatusCode();
        begun();
        streams.TellAllToRefresh();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(either.Token));
        var (name, data) = ("", "");
        while (await reader.ReadLineAsync(either.Token) is { } line)
        {
            silence.CancelAfter(LongestSilence);
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
            // The bot had more to tell than was listened to.
            streams.TellAllToRefresh();
            return;
        }

        if (
            name is not ("notification" or "scripts")
            || JsonSerializer.Deserialize(data, BotEventJson.Default.BotEvent) is not { } said
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
        "The bot's events can't be listened to: {Reason} Open pages show changes only when they are reloaded. It is tried again until it works."
    )]
    private static partial void LogNotListening(ILogger log, string reason);

    [LoggerMessage(4202, LogLevel.Information, "The bot's events are listened to again.")]
    private static partial void LogListening(ILogger log);
}

internal sealed record BotEvent(string? User, string? Id, string? State);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BotEvent))]
internal sealed partial class BotEventJson : JsonSerializerContext;
