using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Notify.Sandbox;
using Notify.Sandbox.Control;
using Notify.Sandbox.Telegram;
using Notify.Testing;

namespace Notify.Tests.SendApi;

/// <summary>A bot with dana and omar linked, as the cases from the field have it, and the ways to ask it things.</summary>
internal sealed class ApiScene : IAsyncDisposable
{
    private ApiScene(BotScene bot) => Bot = bot;

    /// <summary>The bot and its Telegram.</summary>
    public BotScene Bot { get; }

    /// <summary>dana's chat, unless the test links another one.</summary>
    public const long Dana = 7001;

    /// <summary>omar's chat.</summary>
    public const long Omar = 7002;

    /// <summary>The hands in the sandbox.</summary>
    public SandboxControl Phone => Bot.Phone;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts it all.</summary>
    /// <param name="links">The content of telegram_users.json; null links dana and omar to their chats.</param>
    /// <param name="options">Of the sandbox.</param>
    /// <param name="prepare">Is given the data folder before anything is in it.</param>
    /// <param name="environment">More of the bot's settings.</param>
    public static async Task<ApiScene> BeginAsync(
        string? links = null,
        SandboxOptions? options = null,
        Func<string, Task>? prepare = null,
        IReadOnlyDictionary<string, string>? environment = null
    )
    {
        var bot = await BotScene.SetAsync(options);
        await bot.Phone.AddStartedPersonAsync("Dana", Cancellation, Dana);
        await bot.Phone.AddStartedPersonAsync("Omar", Cancellation, Omar);
        Directory.CreateDirectory(bot.Data);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            bot.Environment[name] = value;
        }

        await (prepare?.Invoke(bot.Data) ?? Task.CompletedTask);
        await File.WriteAllTextAsync(
            Path.Combine(bot.Data, "telegram_users.json"),
            links
                ?? $$"""
                {
                  "dana": {"chat_id": {{Dana}}, "linked_at": "2026-01-05T09:00:00Z"},
                  "omar": {"chat_id": {{Omar}}, "linked_at": "2026-01-06T09:00:00Z"}
                }
                """,
            Cancellation
        );
        await bot.StartBotAsync();
        await bot.Bot.WaitForHealthAsync(h => BotScene.Telegram(h) == "ok", Cancellation);
        return new ApiScene(bot);
    }

    /// <summary>What has come to dana.</summary>
    public Task<IReadOnlyList<MessageView>> DanasPhone() => Phone.BotMessagesAsync(Dana, Cancellation);

    /// <summary>What has come to omar.</summary>
    public Task<IReadOnlyList<MessageView>> OmarsPhone() => Phone.BotMessagesAsync(Omar, Cancellation);

    /// <summary>Something goes wrong.</summary>
    public Task FaultAsync(Fault fault) => Phone.AddFaultAsync(fault, Cancellation);

    /// <summary>POST /send with these fields.</summary>
    public Task<ApiAnswer> SendAsync(object fields) => SendJsonAsync(JsonSerializer.Serialize(fields));

    /// <summary>POST with this JSON, or what should be some.</summary>
    public Task<ApiAnswer> SendJsonAsync(string json, string path = "/send") =>
        SendBytesAsync(Encoding.UTF8.GetBytes(json), path);

    /// <summary>POST with these bytes.</summary>
    public async Task<ApiAnswer> SendBytesAsync(byte[] body, string path = "/send")
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
        return await AskAsync(HttpMethod.Post, path, content);
    }

    /// <summary>POST /send_photo with a picture and fields.</summary>
    public async Task<ApiAnswer> SendPhotoAsync(byte[] picture, params (string Name, string Value)[] fields)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(picture), "photo", "chart.png" } };
        foreach (var (name, value) in fields)
        {
            form.Add(new StringContent(value), name);
        }

        return await AskAsync(HttpMethod.Post, "/send_photo", form);
    }

    /// <summary>Sends a form with files and charts.</summary>
    public async Task<ApiAnswer> SendFormAsync(
        IReadOnlyList<(string Name, byte[] Bytes)> files,
        IReadOnlyList<byte[]> photos,
        params (string Name, string Value)[] fields
    )
    {
        using var form = new MultipartFormDataContent { HeaderEncodingSelector = (_, _) => Encoding.UTF8 };
        foreach (var (name, value) in fields)
        {
            form.Add(new StringContent(value), name);
        }

        foreach (var photo in photos)
        {
            form.Add(new ByteArrayContent(photo), "photos", "chart.png");
        }

        foreach (var (name, bytes) in files)
        {
            var content = new ByteArrayContent(bytes);
            content.Headers.TryAddWithoutValidation(
                "Content-Disposition",
                $"form-data; name=\"files\"; filename=\"{name.Replace("\"", "\\\"", StringComparison.Ordinal)}\""
            );
            form.Add(content);
        }

        return await AskAsync(HttpMethod.Post, "/send", form);
    }

    /// <summary>A user's history, the newest first.</summary>
    public async Task<IReadOnlyList<JsonElement>> HistoryAsync(string user)
    {
        var answer = await AskAsync(HttpMethod.Get, $"/notifications?user={user}");
        Assert.True(answer.Status == 200, answer.ToString());
        return [.. answer.Json.GetProperty("notifications").EnumerateArray()];
    }

    /// <summary>Any request.</summary>
    public async Task<ApiAnswer> AskAsync(HttpMethod method, string path, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = content };
        using var response = await Bot.Bot.Client.SendAsync(request, Cancellation);
        return new ApiAnswer(
            (int)response.StatusCode,
            0,
            response
                .Headers.Concat(response.Content.Headers)
                .ToDictionary(h => h.Key.ToLowerInvariant(), h => string.Join(", ", h.Value), StringComparer.Ordinal),
            await response.Content.ReadAsStringAsync(Cancellation)
        );
    }

    /// <summary>Says these bytes on a connection of its own, in pieces, and gives all that comes back until the bot hangs up.</summary>
    public async Task<string> SayAsync(params IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Bot.Bot.SocketPath), Cancellation);
        var said = new MemoryStream();
        try
        {
            foreach (var piece in pieces)
            {
                for (var sent = 0; sent < piece.Length; )
                {
                    sent += await socket.SendAsync(piece[sent..], SocketFlags.None, Cancellation);
                }
            }
        }
        catch (SocketException)
        {
            // The bot has heard enough; what it says about it can still be read.
        }

        var buffer = new byte[4096];
        try
        {
            int count;
            while ((count = await socket.ReceiveAsync(buffer, SocketFlags.None, Cancellation)) > 0)
            {
                said.Write(buffer.AsSpan(0, count));
            }
        }
        catch (SocketException)
        {
            // Hung up with something of ours unread.
        }

        return Encoding.UTF8.GetString(said.ToArray());
    }

    /// <summary>Says this text.</summary>
    public Task<string> SayAsync(string text) => SayAsync([Encoding.Latin1.GetBytes(text)]);

    /// <summary>Says this text and is gone.</summary>
    public async Task SayAndLeaveAsync(string text)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Bot.Bot.SocketPath), Cancellation);
        await socket.SendAsync(Encoding.Latin1.GetBytes(text), SocketFlags.None, Cancellation);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => Bot.DisposeAsync();
}

/// <summary>What a test asks of an answer.</summary>
internal static class AnswerAssertions
{
    /// <summary>It is an error of this status whose sentence holds these words.</summary>
    public static void AssertRefused(this ApiAnswer answer, int status, string words, string about = "")
    {
        Assert.True(answer.Status == status, $"{about}: {answer} instead of {status}");
        Assert.Equal("application/json", answer.Headers["content-type"]);
        Assert.True(
            answer.Error.Contains(words, StringComparison.Ordinal),
            $"{about}: '{words}' is not in: {answer.Error}"
        );
    }

    /// <summary>It is 200 and Telegram has taken it.</summary>
    public static void AssertDelivered(this ApiAnswer answer)
    {
        Assert.True(answer.Status == (int)HttpStatusCode.OK, answer.ToString());
        Assert.True(answer.Json.GetProperty("ok").GetBoolean());
        Assert.Equal("delivered", answer.Json.GetProperty("status").GetString());
        Assert.Equal("delivered", answer.Json.GetProperty("channels").GetProperty("telegram").GetString());
        Assert.Matches("^[A-Za-z0-9_-]{22}$", answer.Json.GetProperty("id").GetString()!);
    }

    /// <summary>It is 200, on disk, and Telegram has not taken it yet.</summary>
    public static void AssertQueued(this ApiAnswer answer)
    {
        Assert.True(answer.Status == (int)HttpStatusCode.OK, answer.ToString());
        Assert.True(answer.Json.GetProperty("ok").GetBoolean());
        Assert.Equal("queued", answer.Json.GetProperty("status").GetString());
        Assert.Equal("""{"telegram":"queued"}""", answer.Json.GetProperty("channels").GetRawText());
        Assert.Matches("^[A-Za-z0-9_-]{22}$", answer.Json.GetProperty("id").GetString()!);
    }

    /// <summary>It is 503 with the seconds after which to try again.</summary>
    public static void AssertTryAgainAfter(this ApiAnswer answer, int seconds, string words)
    {
        answer.AssertRefused(503, words);
        Assert.Equal(
            seconds.ToString(System.Globalization.CultureInfo.InvariantCulture),
            answer.Headers["retry-after"]
        );
    }
}
