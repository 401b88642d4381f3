using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Notify.Sandbox;
using Telegram.Bot;

namespace Notify.Tests;

/// <summary>Who may come in, and in which clothes.</summary>
public sealed class DoorTests : SandboxSpecs, IDisposable
{
    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Another_bots_token_is_unauthorized_and_a_malformed_one_is_not_found()
    {
        await RefusedAsync(
            401,
            "Unauthorized",
            () => NewClient("110201:AAH-another-token-entirely-0000").GetMe(Cancellation)
        );
        Assert.Equal(
            (404, """{"ok":false,"error_code":404,"description":"Not Found"}"""),
            await GetAsync("/botnonsense/getMe")
        );
        Assert.Equal(
            (404, """{"ok":false,"error_code":404,"description":"Not Found"}"""),
            await GetAsync($"/bot{Sandbox.Token}/noSuchMethod")
        );
        Assert.Equal((404, """{"ok":false,"error_code":404,"description":"Not Found"}"""), await GetAsync("/"));
    }

    [Fact]
    public async Task A_revoked_token_is_unauthorized()
    {
        await Control.ChangeTokenAsync("110201:AAH-the-next-token-of-this-bot", Cancellation);
        await RefusedAsync(401, "Unauthorized", () => Bot.GetMe(Cancellation));
        await NewClient("110201:AAH-the-next-token-of-this-bot").GetMe(Cancellation);
    }

    [Fact]
    public async Task Fields_come_by_query_form_multipart_and_JSON_and_methods_in_any_case()
    {
        Assert.Equal(200, (await GetAsync($"/bot{Sandbox.Token}/SENDMESSAGE?chat_id={Alice}&text=a%20query")).Status);
        using var form = new FormUrlEncodedContent(
            new Dictionary<string, string> { ["chat_id"] = $"{Alice}", ["text"] = "a form" }
        );
        using var multipart = new MultipartFormDataContent
        {
            { new StringContent($"{Alice}"), "chat_id" },
            { new StringContent("parts"), "text" },
        };
        using var json = new StringContent(
            $$"""{"chat_id":{{Alice}},"text":"JSON","disable_notification":true}""",
            Encoding.UTF8,
            "application/json"
        );
        foreach (HttpContent content in (HttpContent[])[form, multipart, json])
        {
            Assert.Equal(200, (await PostAsync("sendMessage", content)).Status);
        }

        var messages = await Control.BotMessagesAsync(Alice, Cancellation);
        Assert.Equal(
            [("a query", false), ("a form", false), ("parts", false), ("JSON", true)],
            messages.Select(m => (m.Text, m.Silent))
        );
    }

    [Fact]
    public async Task A_message_has_the_shape_that_Telegram_gives_it()
    {
        var id = (
            await GetAsync($"/bot{Sandbox.Token}/sendMessage?chat_id={Alice}&text=%3Cb%3Ehi%3C%2Fb%3E&parse_mode=html")
        ).Body;
        Assert.Equal(
            """{"ok":true,"result":{"message_id":1,"from":{"id":110201,"is_bot":true,"first_name":"Notify","username":"NotifyTestBot"},"chat":{"id":7001,"first_name":"Alice","type":"private"},"date":1769800800,"text":"hi","entities":[{"offset":0,"length":2,"type":"bold"}]}}""",
            id
        );
    }

    [Theory]
    [InlineData("text=%ff")]
    [InlineData("text=a%ed%a0%bdb")]
    public async Task Bytes_that_are_not_UTF_8_are_refused(string text)
    {
        using var form = new StringContent(
            $"chat_id={Alice}&{text}",
            Encoding.ASCII,
            "application/x-www-form-urlencoded"
        );
        Assert.Equal(
            (400, """{"ok":false,"error_code":400,"description":"Bad Request: strings must be encoded in UTF-8"}"""),
            await PostAsync("sendMessage", form)
        );
    }

    [Fact]
    public async Task Half_a_surrogate_pair_in_JSON_is_refused()
    {
        using var json = new StringContent(
            $$"""{"chat_id":{{Alice}},"text":"half \ud83d"}""",
            Encoding.ASCII,
            "application/json"
        );
        Assert.Equal(
            (400, """{"ok":false,"error_code":400,"description":"Bad Request: strings must be encoded in UTF-8"}"""),
            await PostAsync("sendMessage", json)
        );
    }

    [Theory]
    [InlineData(
        """[{"type":"bold","offset":6,"length":1}]""",
        "entity begins after the end of the text at UTF-16 offset 6"
    )]
    [InlineData(
        """[{"type":"bold","offset":4,"length":3}]""",
        "entity beginning at UTF-16 offset 4 ends after the end of the text at UTF-16 offset 7"
    )]
    [InlineData(
        """[{"type":"bold","offset":1,"length":2}]""",
        "entity begins in a middle of a UTF-16 symbol at byte offset 4"
    )]
    [InlineData(
        """[{"type":"bold","offset":0,"length":1}]""",
        "entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol at byte offset 4"
    )]
    [InlineData(
        """[{"type":"text_link","offset":2,"length":1,"url":"no link"}]""",
        "entity URL 'no link' is invalid: Wrong URL host"
    )]
    [InlineData("""[{"type":"bold","offset":-1,"length":1}]""", "receive an entity with incorrect offset -1")]
    [InlineData("{", "can't parse entities JSON object")]
    public async Task Entities_that_do_not_fit_the_text_are_refused(string entities, string description)
    {
        using var form = new FormUrlEncodedContent(
            new Dictionary<string, string>
            {
                ["chat_id"] = $"{Alice}",
                ["text"] = "😀 abc",
                ["entities"] = entities,
            }
        );
        var (status, body) = await PostAsync("sendMessage", form);
        Assert.Equal((400, "Bad Request: " + description), (status, Description(body)));
    }

    [Theory]
    [InlineData(
        """[[{"text":"a"}]]""",
        "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
    )]
    [InlineData("""[[{"callback_data":"a"}]]""", "can't parse inline keyboard button: Can't find field \"text\"")]
    [InlineData(
        """[[{"text":"a","url":"nonsense"}]]""",
        "inline keyboard button URL 'nonsense' is invalid: Wrong HTTP URL"
    )]
    [InlineData(
        """[[{"text":"Run","callback_data":"run"},{"text":"a","url":"http://localhost:8888/lab"}]]""",
        "inline keyboard button URL 'http://localhost:8888/lab' is invalid: Wrong HTTP URL"
    )]
    [InlineData(
        """[[{"text":"a","url":"ftp://files.example.com/x"}]]""",
        "inline keyboard button URL 'ftp://files.example.com/x' is invalid: Unsupported URL protocol"
    )]
    [InlineData(
        """[[{"text":"a","url":"https:///x"}]]""",
        "inline keyboard button URL 'https:///x' is invalid: URL host is empty"
    )]
    [InlineData(
        """[[{"text":"a","url":"https://dash.example.com:99999/"}]]""",
        "inline keyboard button URL 'https://dash.example.com:99999/' is invalid: Wrong port number specified in the URL"
    )]
    [InlineData(
        """[[{"text":"a","url":"https://dash board.example.com/"}]]""",
        "inline keyboard button URL 'https://dash board.example.com/' is invalid: Wrong URL host"
    )]
    [InlineData("\"x\"", "field \"inline_keyboard\" must be of type Array")]
    public async Task Keyboards_that_Telegram_does_not_take_are_refused(string keyboard, string description)
    {
        using var json = new StringContent(
            $$$"""{"chat_id":{{{Alice}}},"text":"x","reply_markup":{"inline_keyboard":{{{keyboard}}}}}""",
            Encoding.UTF8,
            "application/json"
        );
        var (status, body) = await PostAsync("sendMessage", json);
        Assert.Equal((400, "Bad Request: " + description), (status, Description(body)));
    }

    [Fact]
    public async Task An_unknown_parse_mode_is_refused()
    {
        Assert.Equal(
            "Bad Request: unsupported parse_mode",
            Description(
                (await GetAsync($"/bot{Sandbox.Token}/sendMessage?chat_id={Alice}&text=x&parse_mode=BBCode")).Body
            )
        );
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://192.0.2.1:0")]
    [InlineData("https://127.0.0.1:0")]
    [InlineData("http://example.com:0")]
    public async Task It_listens_on_loopback_only(string address)
    {
        var refusal = await Assert.ThrowsAsync<UsageException>(() =>
            SandboxServer.StartAsync(new SandboxOptions { Listen = new Uri(address) }, Cancellation)
        );
        Assert.Contains("--listen", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("evil.example", null, "application/json", 403)]
    [InlineData(null, "http://evil.example", "application/json", 403)]
    [InlineData(null, "null", "application/json", 403)]
    [InlineData(null, null, "text/plain", 415)]
    [InlineData(null, null, "application/x-www-form-urlencoded", 415)]
    [InlineData("localhost", null, "application/json", 200)]
    [InlineData(null, null, "application/json", 200)]
    public async Task Web_pages_of_others_cannot_use_the_control_API(
        string? host,
        string? origin,
        string type,
        int status
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Sandbox.ControlAddress, "/sandbox/people"));
        request.Content = new StringContent("""{"first_name":"Eve"}""");
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        if (host is not null)
        {
            request.Headers.Host = host;
        }

        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        using var answer = await _http.SendAsync(request, Cancellation);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Web_pages_of_others_cannot_use_the_Bot_API_either()
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            new Uri(Sandbox.ApiAddress, $"/bot{Sandbox.Token}/getMe")
        );
        request.Headers.Host = "evil.example";
        using var answer = await _http.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Theory]
    [InlineData("people", """{"first_nam":"Eve"}""")]
    [InlineData("people", "[]")]
    [InlineData("faults", """{"kind":"explode"}""")]
    [InlineData("faults", """{"kind":"delay"}""")]
    [InlineData("token", """{"token":"x"}""")]
    public async Task The_control_API_says_what_is_wrong_with_a_request(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync(
            new Uri(Sandbox.ControlAddress, "/sandbox/" + path),
            content,
            Cancellation
        );
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("\"error\":", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    private static string Description(string body) =>
        System.Text.Json.JsonDocument.Parse(body).RootElement.GetProperty("description").GetString()!;

    private async Task<(int Status, string Body)> GetAsync(string path)
    {
        using var answer = await _http.GetAsync(new Uri(Sandbox.ApiAddress, path), Cancellation);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    private async Task<(int Status, string Body)> PostAsync(string method, HttpContent content)
    {
        using var answer = await _http.PostAsync(
            new Uri(Sandbox.ApiAddress, $"/bot{Sandbox.Token}/{method}"),
            content,
            Cancellation
        );
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }
}
