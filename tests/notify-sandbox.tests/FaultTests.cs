using System.Net;
using System.Text;
using Notify.Sandbox.Telegram;
using Telegram.Bot;

namespace Notify.Tests;

/// <summary>What goes wrong on demand, seen by a plain HTTP client.</summary>
public sealed class FaultTests : SandboxSpecs, IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero })
    {
        Timeout = TimeSpan.FromSeconds(60),
    };

    public void Dispose()
    {
        _http.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task The_next_calls_of_a_method_are_answered_with_a_status_and_the_rest_as_always()
    {
        await Control.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendmessage",
                Times = 2,
                Status = 429,
                RetryAfter = 3,
            },
            Cancellation
        );
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(
                3,
                (
                    await RefusedAsync(
                        429,
                        "Too Many Requests: retry after 3",
                        () => Bot.SendMessage(Alice, "hello", cancellationToken: Cancellation)
                    )
                )
                    .Parameters!
                    .RetryAfter
            );
        }

        await Bot.GetMe(Cancellation);
        await Bot.SendMessage(Alice, "hello", cancellationToken: Cancellation);
        Assert.Equal(2, Assert.Single(await Control.FaultsAsync(Cancellation)).Hits);
        Assert.Single(await Control.BotMessagesAsync(Alice, Cancellation));
    }

    [Fact]
    public async Task A_fault_can_be_for_one_chat_and_for_a_time()
    {
        var bob = await Control.AddStartedPersonAsync("Bob", Cancellation);
        await Control.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                ChatId = Alice,
                Seconds = 60,
                Status = 403,
            },
            Cancellation
        );
        await RefusedAsync(
            403,
            "Forbidden: bot was blocked by the user",
            () => Bot.SendMessage(Alice, "hello", cancellationToken: Cancellation)
        );
        await Bot.SendMessage(bob, "hello", cancellationToken: Cancellation);
        Time.Advance(TimeSpan.FromSeconds(60));
        await Bot.SendMessage(Alice, "hello", cancellationToken: Cancellation);
    }

    [Theory]
    [InlineData(401, "Unauthorized")]
    [InlineData(
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    )]
    [InlineData(500, "Internal Server Error")]
    public async Task A_status_has_Telegrams_usual_words(int status, string description)
    {
        await Control.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Status = status,
                Times = 1,
            },
            Cancellation
        );
        await RefusedAsync(status, description, () => Bot.GetMe(Cancellation));
    }

    [Fact]
    public async Task A_proxy_answers_in_HTML()
    {
        await Control.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Status = 502,
                Body = "<html><h1>502 Bad Gateway</h1></html>",
                Times = 1,
            },
            Cancellation
        );
        using var answer = await CallAsync("getMe");
        Assert.Equal(
            (HttpStatusCode.BadGateway, "text/html"),
            (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType)
        );
    }

    [Fact]
    public async Task A_dropped_connection_loses_the_message_or_only_the_answer()
    {
        await Control.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Drop,
                Method = "sendMessage",
                Times = 1,
            },
            Cancellation
        );
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync("lost"));
        await Control.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Drop,
                Method = "sendMessage",
                Times = 1,
                Taken = true,
            },
            Cancellation
        );
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync("taken"));
        Assert.Equal(["taken"], (await Control.BotMessagesAsync(Alice, Cancellation)).Select(m => m.Text));
    }

    [Fact]
    public async Task An_answer_can_be_cut_short()
    {
        await Control.AddFaultAsync(new Fault { Kind = FaultKind.Cut, Times = 1 }, Cancellation);
        await Assert.ThrowsAnyAsync<Exception>(() => SendAsync("cut"));
        Assert.Equal(["cut"], (await Control.BotMessagesAsync(Alice, Cancellation)).Select(m => m.Text));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task A_call_can_hang_with_or_without_effect(bool isTaken, int messages)
    {
        await Control.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Hang,
                Times = 1,
                Taken = isTaken,
            },
            Cancellation
        );
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var call = SendAsync("hello", giveUp.Token);
        while (
            (await Control.FaultsAsync(Cancellation))[0].Hits == 0
            || (await Control.BotMessagesAsync(Alice, Cancellation)).Count < messages
        )
        {
            await Task.Yield();
        }

        Assert.False(call.IsCompleted);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(messages, (await Control.BotMessagesAsync(Alice, Cancellation)).Count);
    }

    [Fact]
    public async Task A_delay_comes_before_the_call_is_served()
    {
        await Control.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Delay,
                DelaySeconds = 5,
                Times = 1,
            },
            Cancellation
        );
        var call = SendAsync("late");
        while ((await Control.FaultsAsync(Cancellation))[0].Hits == 0)
        {
            await Task.Yield();
        }

        Assert.Empty(await Control.BotMessagesAsync(Alice, Cancellation));
        while (!call.IsCompleted)
        {
            Time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        await call;
        Assert.Single(await Control.BotMessagesAsync(Alice, Cancellation));
    }

    [Fact]
    public async Task In_an_outage_connections_are_refused_and_afterwards_the_port_is_the_same()
    {
        await SendAsync("before");
        await Control.BeginOutageAsync(Cancellation);
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync("during"));
        Assert.Equal(HttpRequestError.ConnectionError, refused.HttpRequestError);
        await Control.EndOutageAsync(Cancellation);
        await SendAsync("after");
        Assert.Equal(["before", "after"], (await Control.BotMessagesAsync(Alice, Cancellation)).Select(m => m.Text));
    }

    [Fact]
    public async Task An_outage_ends_by_itself_after_its_time()
    {
        await Control.BeginOutageAsync(Cancellation, seconds: 30);
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync("during"));
        Time.Advance(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                await SendAsync("after");
                break;
            }
            catch (HttpRequestException)
            {
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task An_outage_ends_a_poll_that_waits()
    {
        var poll = CallAsync("getUpdates?timeout=50");
        while ((await Control.CallsAsync(Cancellation)).Count > 0)
        {
            await Task.Yield();
        }

        await Control.BeginOutageAsync(Cancellation);
        await Assert.ThrowsAsync<HttpRequestException>(() => poll);
    }

    [Fact]
    public async Task A_second_poll_ends_the_first_with_409()
    {
        var first = CallAsync("getUpdates?timeout=50");
        using var second = new CancellationTokenSource();
        // Whichever of the two waits already is ended by the other.
        var other = CallAsync("getUpdates?timeout=50", second.Token);
        var ended = await Task.WhenAny(first, other);
        using var answer = await ended;
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Equal(
            """{"ok":false,"error_code":409,"description":"Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}""",
            await answer.Content.ReadAsStringAsync(Cancellation)
        );
        await Control.TypeAsync(Alice, "hello", Cancellation);
        using var updates = await (ended == first ? other : first);
        Assert.Contains("hello", await updates.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_record_of_calls_tells_what_was_sent_and_never_the_token()
    {
        await Bot.SendMessage(Alice, "hello", cancellationToken: Cancellation);
        await RefusedAsync(
            400,
            "Bad Request: chat not found",
            () => Bot.SendMessage(99, "hello", cancellationToken: Cancellation)
        );
        var calls = await Control.CallsAsync(Cancellation, "sendMessage");
        Assert.Equal(
            [(Alice, 200, "hello"), (99L, 400, "hello")],
            calls.Select(c => (c.ChatId!.Value, c.Status, c.Fields["text"]))
        );
        using var raw = await _http.GetAsync(new Uri(Sandbox.ControlAddress, "/sandbox/calls"), Cancellation);
        Assert.DoesNotContain(
            Sandbox.Token.Split(':')[1],
            await raw.Content.ReadAsStringAsync(Cancellation),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Updates_can_be_put_in_as_they_are()
    {
        await Control.InjectAsync(
            """
            {"ok": true, "result": [{"update_id": 118200345, "message": {"message_id": 5, "date": 1768000000,
              "chat": {"id": 7103, "type": "private", "first_name": "Test"}, "from": {"id": 7103, "is_bot": false, "first_name": "Test"},
              "text": "/start", "entities": [{"type": "bot_command", "offset": 0, "length": 6}]}}, {"update_id": 118200346, "unknown_kind": {"a": 1}}]}
            """,
            Cancellation
        );
        Assert.Equal([118200345, 118200346], (await Bot.GetUpdates(cancellationToken: Cancellation)).Select(u => u.Id));
        await Bot.SendMessage(7103, "hello", cancellationToken: Cancellation);
    }

    private async Task SendAsync(string text, CancellationToken? cancellation = null)
    {
        using var content = new StringContent(
            $$"""{"chat_id":{{Alice}},"text":"{{text}}"}""",
            Encoding.UTF8,
            "application/json"
        );
        using var answer = await _http.PostAsync(Address("sendMessage"), content, cancellation ?? Cancellation);
        Assert.Equal("", answer.IsSuccessStatusCode ? "" : await answer.Content.ReadAsStringAsync(Cancellation));
    }

    private Task<HttpResponseMessage> CallAsync(string method, CancellationToken? cancellation = null) =>
        _http.GetAsync(Address(method), cancellation ?? Cancellation);

    private Uri Address(string method) => new(Sandbox.ApiAddress, $"/bot{Sandbox.Token}/{method}");
}
