using System.Globalization;
using System.Text;
using Notify.Testing;

namespace Notify.Tests.SendApi;

/// <summary>Requests that are too large, broken, or to the wrong address: each gets its answer, and the next one is served.</summary>
public sealed class RequestTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_not_served_is_said_in_a_sentence()
    {
        await using var scene = await ApiScene.BeginAsync();
        foreach (
            var (method, path, status, words) in new (string, string, int, string)[]
            {
                ("GET", "/send", 405, "use POST"),
                ("PUT", "/send_photo", 405, "use POST"),
                ("GET", "/scripts/report.py/run", 405, "use POST"),
                ("POST", "/health", 405, "use GET"),
                ("DELETE", "/scripts", 405, "use GET"),
                ("GET", "/", 404, "POST /send"),
                ("POST", "/sned", 404, "POST /send"),
                ("GET", "/send/../etc/passwd", 404, "POST /send"),
                ("GET", "/scripts/a.py", 404, "POST /send"),
                ("POST", "/scripts/report/run?user=dana", 400, "name of a script"),
                ("POST", "/scripts/.hidden.py/run?user=dana", 400, "name of a script"),
                ("POST", "/scripts/-u.py/run?user=dana", 400, "name of a script"),
                ("POST", "/scripts/..%2f..%2fetc.py/run?user=dana", 400, "name of a script"),
                ("POST", "/scripts/a%0ab.py/run?user=dana", 400, "name of a script"),
            }
        )
        {
            (await scene.AskAsync(new HttpMethod(method), path)).AssertRefused(status, words, $"{method} {path}");
        }
    }

    [Fact]
    public async Task Malformed_HTTP_is_refused_and_the_next_request_served()
    {
        await using var scene = await ApiScene.BeginAsync();
        foreach (
            var (said, status) in new (string, string)[]
            {
                ("rubbish\r\n\r\n", "400"),
                ("POST /send HTTP/3.7\r\nHost: notify\r\n\r\n", "505"),
                ("POST /send HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", "400"),
                ("POST /send HTTP/1.1\r\nHost: notify\r\nContent-Length: two\r\n\r\n{}", "400"),
                ("POST /send HTTP/1.1\r\nHost: notify\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "400"),
                (
                    "POST /send HTTP/1.1\r\nHost: notify\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                    "400"
                ),
                ("POST /send HTTP/1.1\r\nHost: notify\r\nX: " + new string('x', 40_000) + "\r\n\r\n", "431"),
                ("GET /" + new string('x', 20_000) + " HTTP/1.1\r\nHost: notify\r\n\r\n", "414"),
            }
        )
        {
            var answer = await scene.SayAsync(said);
            Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        }

        // Cut off in the middle: nobody is left to be answered.
        await scene.SayAndLeaveAsync(
            "POST /send HTTP/1.1\r\nHost: notify\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"user\":\"dana\","
        );
        await scene.SayAndLeaveAsync("POST /se");
        (await scene.SendAsync(new { user = "dana", text = "still there" })).AssertDelivered();
        Assert.Equal("still there", Assert.Single(await scene.DanasPhone()).Text);
        Assert.DoesNotContain("1301", scene.Bot.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1_000_000, true, 200)]
    [InlineData(1_000_001, true, 413)]
    [InlineData(1_000_000, false, 200)]
    [InlineData(1_000_001, false, 413)]
    public async Task JSON_may_have_a_megabyte_whether_its_length_is_told_or_not(int length, bool isTold, int status)
    {
        await using var scene = await ApiScene.BeginAsync();
        const string Start = """{"user":"dana","text":"hello","data":{"rows":" """,
            End = "\"}}";
        var body = Encoding.ASCII.GetBytes(Start + new string('x', length - Start.Length - End.Length) + End);

        var answer = await scene.SayAsync(Request("/send", "application/json", body, isTold));

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Equal(status == 413, answer.Contains("1000000 bytes", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_path_that_is_none_is_answered_with_all_that_are()
    {
        await using var scene = await ApiScene.BeginAsync();

        var answer = await scene.AskAsync(HttpMethod.Get, "/notification");

        Assert.Equal(404, answer.Status);
        foreach (
            var call in (string[])
                ["POST /send,", "GET /notifications/quarters,", "GET /images/ID,", "POST /scripts/NAME.py/run,"]
        )
        {
            Assert.Contains(call, answer.Body, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(50_000_000, true, 200)]
    [InlineData(50_000_001, true, 413)]
    [InlineData(50_000_001, false, 413)]
    [InlineData(60_000_000, true, 413)]
    public async Task A_photo_may_have_50_MB_whether_its_length_is_told_or_not(int length, bool isTold, int status)
    {
        await using var scene = await ApiScene.BeginAsync();
        using var form = new MultipartFormDataContent
        {
            { new StringContent("dana"), "user" },
            { new ByteArrayContent(TestPictures.PngOfSize(length)), "photo", "chart.png" },
        };

        var answer = await scene.SayAsync(
            Request(
                "/send_photo",
                form.Headers.ContentType!.ToString(),
                await form.ReadAsByteArrayAsync(Cancellation),
                isTold
            )
        );

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Equal(status == 413, answer.Contains("a photo or file may have 50 MB", StringComparison.Ordinal));
        if (status == 200)
        {
            // On a slow machine it is still on its way when it is answered.
            await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 1, Cancellation);
        }

        // A refused one leaves nothing behind, nor does an accepted one beside its chart.
        Assert.Equal(status == 200 ? 1 : 0, (await scene.DanasPhone()).Count);
        await Eventually.TrueAsync(
            () =>
                FilesOf(scene.Bot.Data).Count(file => new FileInfo(file).Length > 1_000_000) == (status == 200 ? 1 : 0),
            () => string.Join('\n', FilesOf(scene.Bot.Data)),
            Cancellation
        );
    }

    /// <summary>The files of a bot, without its outbox.</summary>
    private static string[] FilesOf(string data) =>
        [
            .. Directory
                .EnumerateFiles(data, "*", SearchOption.AllDirectories)
                .Where(file => !Path.GetFileName(file).StartsWith("outbox.db", StringComparison.Ordinal)),
        ];

    private static IEnumerable<ReadOnlyMemory<byte>> Request(
        string path,
        string contentType,
        byte[] body,
        bool isLengthTold
    )
    {
        var length = isLengthTold
            ? $"Content-Length: {body.Length.ToString(CultureInfo.InvariantCulture)}"
            : "Transfer-Encoding: chunked";
        yield return Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: notify\r\nContent-Type: {contentType}\r\nConnection: close\r\n{length}\r\n\r\n"
        );
        if (isLengthTold)
        {
            yield return body;
            yield break;
        }

        foreach (var chunk in body.Chunk(256 * 1024))
        {
            yield return Encoding.ASCII.GetBytes(chunk.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n");
            yield return chunk;
            yield return "\r\n"u8.ToArray();
        }

        yield return "0\r\n\r\n"u8.ToArray();
    }
}
