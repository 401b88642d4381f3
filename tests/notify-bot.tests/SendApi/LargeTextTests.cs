using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Notify.Tests.SendApi;

/// <summary>One sender's megabytes cost the bot neither its memory nor the others' time.</summary>
public sealed class LargeTextTests
{
    private static readonly JsonSerializerOptions AsItIs = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sixty_four_senders_of_a_megabyte_each_cost_a_bounded_amount_of_memory()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.SendAsync(new { user = "omar", text = "before" });
        var before = Memory(scene, "VmRSS");
        string[] texts =
        [
            Send(Nested("<a>", 130_000, "t.me/x", "</a>"), "HTML"),
            Send(Nested("[", 490_000, "x", "]"), "MarkdownV2"),
            Send(Repeated("*a*_b_", 160_000), "MarkdownV2"),
            Send(Nested("<b>", 40_000, Repeated("<code>y</code>", 40_000), "</b>"), "HTML"),
            """{"user": "dana", "text": "dense", "wait": 0, "data": {"a": [1""" + Repeated(",1", 450_000) + "]}}",
            Send(Repeated("word ", 190_000), "Markdown"),
        ];

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 64).Select(i => scene.SendJsonAsync(texts[i % texts.Length]))
        );

        Assert.All(answers, answer => Assert.True(answer.Status == 200, answer.Body));
        var most = Memory(scene, "VmHWM") - before;
        TestContext.Current.SendDiagnosticMessage($"RSS {before} kB, {most} kB more at most");
        Assert.True(most < 400_000, $"64 senders of 1 MB each cost {most} kB of memory");
    }

    [Fact]
    public async Task While_one_sends_megabytes_others_are_served()
    {
        await using var scene = await ApiScene.BeginAsync();
        var text = Send(Nested("<b>", 40_000, Repeated("<code>y</code>", 40_000), "</b>"), "HTML");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var flood = Enumerable
            .Range(0, 16)
            .Select(async _ =>
            {
                while (!stop.IsCancellationRequested)
                {
                    await scene.SendJsonAsync(text);
                }
            })
            .ToList();

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(
                200,
                (
                    await scene.SendAsync(
                        new
                        {
                            user = "omar",
                            text = $"{i}",
                            wait = 0,
                        }
                    )
                ).Status
            );
        }

        await stop.CancelAsync();
        await Task.WhenAll(flood);
    }

    [Fact]
    public async Task A_sender_who_is_gone_before_its_turn_costs_nothing_more()
    {
        await using var scene = await ApiScene.BeginAsync();

        // Four of them, which never come to their end, hold all places that one user has.
        var slow = new List<Socket>();
        for (var i = 0; i < 4; i++)
        {
            slow.Add(await BeginAsync(scene, "{\"user\": \"dana\", \"text\": \"slow"));
        }

        using (var gone = await BeginAsync(scene, "{\"user\": \"dana\", \"text\": \"gone"))
        {
            gone.Shutdown(SocketShutdown.Both);
        }

        Assert.Equal(200, (await scene.SendAsync(new { user = "dana", text = "small" })).Status);
        slow.ForEach(socket => socket.Dispose());

        var answer = await scene.SendJsonAsync(Send(Repeated("word ", 190_000), "Markdown"));

        Assert.True(answer.Status == 200, answer.Body);
        Assert.DoesNotContain(await scene.DanasPhone(), message => message.Text is "gone" or "slow");
    }

    [Fact]
    public async Task What_is_no_text_may_not_be_large()
    {
        await using var scene = await ApiScene.BeginAsync();

        var answer = await scene.SendJsonAsync(
            $$"""{"for": "{{new string('x', 100_000)}}"}""",
            "/scripts/a.py/mute?user=dana"
        );

        Assert.Equal(413, answer.Status);
    }

    private static async Task<Socket> BeginAsync(ApiScene scene, string body)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(scene.Bot.Bot.SocketPath), Cancellation);
        await socket.SendAsync(
            Encoding.ASCII.GetBytes(
                $"POST /send HTTP/1.1\r\nHost: bot\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n{body}"
            ),
            SocketFlags.None,
            Cancellation
        );
        return socket;
    }

    private static string Send(string text, string mode) =>
        JsonSerializer.Serialize(
            new
            {
                user = "dana",
                text,
                parse_mode = mode,
                wait = 0,
            },
            AsItIs
        );

    private static string Nested(string opening, int levels, string inner, string closing) =>
        Repeated(opening, levels) + inner + Repeated(closing, levels);

    private static string Repeated(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    /// <summary>Of the bot, in kB.</summary>
    private static long Memory(ApiScene scene, string what) =>
        long.Parse(
            File.ReadLines($"/proc/{scene.Bot.Bot.Id}/status")
                .Single(line => line.StartsWith(what, StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]
                .Trim()
                .Split('\t')[^1],
            CultureInfo.InvariantCulture
        );
}
