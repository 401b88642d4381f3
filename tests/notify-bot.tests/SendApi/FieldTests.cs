using Notify.Sandbox.Control;
using Notify.Testing;

namespace Notify.Tests.SendApi;

/// <summary>The fields of a send: what each takes, and that a wrong one is named.</summary>
public sealed class FieldTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wrong_field_is_named_and_nothing_is_sent()
    {
        await using var scene = await ApiScene.BeginAsync();
        foreach (
            var (json, words) in new (string, string)[]
            {
                ("", "not JSON"),
                ("{", "not JSON"),
                ("""{"user":"dana","text":"hello"} {}""", "not JSON"),
                ("user=dana&text=hello", "not JSON"),
                ("""{"user":"dana",""" + "\n" + """ "text" "hello"}""", "line 2"),
                ("[]", "not a JSON object"),
                ("\"hello\"", "not a JSON object"),
                ("null", "not a JSON object"),
                (
                    new string('[', 100) + new string(']', 100),
                    "The body is nested too deeply: 64 levels are the limit."
                ),
                ("""{"user":"dana"}""", "'text' is missing"),
                ("""{"user":"dana","text":""}""", "'text' is missing"),
                ("""{"user":"dana","text":null}""", "'text' is missing"),
                ("""{"user":"dana","text":7}""", "'text' is not a string"),
                ("""{"user":"dana","text":["a"]}""", "'text' is not a string"),
                ("""{"user":7,"text":"hello"}""", "'user'"),
                ("""{"user":"Dana Smith","text":"hello"}""", "'user'"),
                ("""{"user":"dana","text":"hello","title":true}""", "'title' is not a string"),
                ("""{"user":"dana","text":"hello","message":{}}""", "'message' is not a string"),
                ("""{"user":"dana","text":"one","message":"another"}""", "'message'"),
                ("""{"user":"dana","text":"hello","parse_mode":"BBCode"}""", "'parse_mode'"),
                ("""{"user":"dana","text":"hello","parse_mode":"markdown2"}""", "'parse_mode'"),
                ("""{"user":"dana","text":"hello","parse_mode":1}""", "'parse_mode'"),
                ("""{"user":"dana","text":"hello","script":"../x.py"}""", "'script'"),
                ("""{"user":"dana","text":"hello","script":".hidden.py"}""", "'script'"),
                ("""{"user":"dana","text":"hello","script":7}""", "'script'"),
                ("""{"user":"dana","text":"hello","data":[1]}""", "'data' is not an object"),
                ("""{"user":"dana","text":"hello","data":"x"}""", "'data' is not an object"),
                ("""{"user":"dana","text":"hello","silent":"true"}""", "'silent' is not true or false"),
                ("""{"user":"dana","text":"hello","silent":1}""", "'silent' is not true or false"),
                ("""{"user":"dana","text":"hello","wait":"5"}""", "'wait' is not a number"),
                ("""{"user":"dana","text":"hello","wait":-0.1}""", "'wait'"),
                ("""{"user":"dana","text":"hello","wait":30.1}""", "'wait'"),
                ("""{"user":"dana","text":"hello","wait":1e400}""", "'wait'"),
                ("""{"user":"dana","text":" \u200b\n"}""", "no visible character"),
            }
        )
        {
            (await scene.SendJsonAsync(json)).AssertRefused(400, words, json);
        }

        // With curl, too, a sentence reads as one.
        Assert.StartsWith(
            """{"error":"Field 'text' is missing or empty: """,
            (await scene.SendJsonAsync("""{"user":"dana"}""")).Body,
            StringComparison.Ordinal
        );
        (await scene.SendJsonAsync("""{"user":"dana","caption":"hello"}""", "/send_photo")).AssertRefused(
            400,
            "'photo_path'"
        );
        (await scene.SendJsonAsync("""{"user":"dana","photo_path":7}""", "/send_photo")).AssertRefused(
            400,
            "'photo_path' is not a string"
        );
        (await scene.SendBytesAsync([0x7b, 0xff, 0xfe, 0x7d])).AssertRefused(400, "not JSON");
        Assert.Empty(await scene.Phone.BotMessagesAsync(ApiScene.Dana, Cancellation));
    }

    [Fact]
    public async Task Data_is_taken_or_refused_alike_in_a_body_and_in_a_form()
    {
        await using var scene = await ApiScene.BeginAsync(
            environment: new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["TELEGRAM_CHAT_MESSAGES_PER_SECOND"] = "100",
            }
        );
        foreach (
            var (data, words) in new (string, string?)[]
            {
                ("""{"rows":3}""", null),
                ("""{"margin":NaN,"low":-Infinity}""", null),
                ("""{"name":"caf\udce9"}""", null),
                ("null", null),
                (" {} ", null),
                (Nested(63), null),
                (Nested(64), "Field 'data' is nested too deeply: 63 levels are the limit."),
                (Nested(150_000), "Field 'data' is nested too deeply"),
                (
                    Nested(64).Replace("{}", """{"margin":NaN}""", StringComparison.Ordinal),
                    "Field 'data' is nested too deeply"
                ),
                ("[]", "'data' is not an object"),
                ("7", "'data' is not an object"),
                (Nested(64) + "}", "not JSON"),
                ("{", "not JSON"),
                ("""{"a":1,}""", "not JSON"),
            }
        )
        {
            var about = data.Length > 100 ? $"{data.Length} characters" : data;
            var body = await scene.SendJsonAsync($$"""{"user":"dana","text":"Late load","data":{{data}}}""");
            var form = await scene.SendPhotoAsync(TestPictures.Png(4, 4), ("user", "dana"), ("data", data));
            foreach (var answer in (ApiAnswer[])[body, form])
            {
                if (words is null)
                {
                    answer.AssertDelivered();
                }
                else
                {
                    answer.AssertRefused(400, words, about);
                }
            }
        }

        (await scene.SendJsonAsync($$"""{"user":"dana","text":"Late load","mine":{{Nested(64)}}}""")).AssertRefused(
            400,
            "Field 'mine' is nested too deeply"
        );

        static string Nested(int levels) =>
            string.Concat(Enumerable.Repeat("""{"a":""", levels - 1)) + "{}" + new string('}', levels - 1);
    }

    [Fact]
    public async Task What_callers_in_the_wild_send_is_delivered()
    {
        string[] bodies =
        [
            """{"user":"dana","text":"Late load"}""",
            """{"user":"dana","message":"Late load"}""",
            """{"user":"dana","text":"Late load","message":"Late load"}""",
            """{"user":"dana","text":"Late load","message":null,"parse_mode":null,"script":null,"data":null,"silent":null,"wait":null,"title":null}""",
            """{"user":"dana","text":"Late load","priority":"high","tags":["a",{"b":null}],"chat_id":7002,"key2":{}}""",
            """{"user":"dana","text":"Late load","script":"load_check.py","data":{"rows":3}}""",
            """{"user":"dana","text":"Late load","script":"load_check","wait":5}""",
            """{"user":"dana","text":"Late load","wait":30}""",
            """{"user":"dana","text":"Late load","data":{"margin":NaN,"limit":Infinity,"low":-Infinity}}""",
            """{"user":"dana","text":"Late load","data":{"name":"caf\udce9"}}""",
            "\ufeff" + """{"user":"dana","text":"Late load"}""",
        ];
        await using var scene = await ApiScene.BeginAsync(
            environment: new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["TELEGRAM_CHAT_MESSAGES_PER_SECOND"] = "100",
            }
        );

        foreach (var body in bodies)
        {
            var answer = await scene.SendJsonAsync(body);
            if (body.Contains("\"wait\":0", StringComparison.Ordinal))
            {
                // Who does not wait hears that it is on disk, and perhaps more.
                Assert.True(answer.Status == 200, answer.ToString());
            }
            else
            {
                answer.AssertDelivered();
            }
        }

        Assert.Equal(
            Enumerable.Repeat("Late load", bodies.Length),
            (await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, bodies.Length, Cancellation)).Select(m => m.Text)
        );
        Assert.Empty(await scene.OmarsPhone());
    }

    [Fact]
    public async Task Half_a_surrogate_pair_in_a_text_costs_that_character_only()
    {
        await using var scene = await ApiScene.BeginAsync();

        (await scene.SendJsonAsync("""{"user":"dana","text":"before \udce9 after \ud83d\ude00"}""")).AssertDelivered();

        Assert.Equal("before \ufffd after \U0001F600", Assert.Single(await scene.DanasPhone()).Text);
    }

    [Fact]
    public async Task A_titles_asterisks_and_underscores_are_shown_as_they_are()
    {
        await using var scene = await ApiScene.BeginAsync();

        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    title = "Drop *** in conv_rate",
                    message = "Down *12 %* against last week",
                }
            )
        ).AssertDelivered();

        var message = Assert.Single(await scene.DanasPhone());
        Assert.StartsWith("Drop *** in conv_rate\n", message.Text, StringComparison.Ordinal);
        Assert.Equal(["Drop *** in conv_rate", "12 %"], Bold(message));
        Assert.DoesNotContain('\\', message.Text);
    }

    [Fact]
    public async Task Underscores_in_names_arrive_all_in_one_message()
    {
        await using var scene = await ApiScene.BeginAsync();

        (
            await scene.SendAsync(
                new { user = "dana", text = "Table stg_orders is 3 h late.\nOwner: dana_k\nJob: load_stg" }
            )
        ).AssertDelivered();

        var message = Assert.Single(await scene.DanasPhone());
        Assert.Equal("Table stg_orders is 3 h late.\nOwner: dana_k\nJob: load_stg", message.Text);
        Assert.Empty(message.Entities);
    }

    [Theory]
    [InlineData("Markdown", "*bold* _it_ a_b", "bold it a_b", "bold,italic")]
    [InlineData(null, "*bold* _it_ a_b", "bold it a_b", "bold,italic")]
    [InlineData("", "*bold* _it_ a_b", "*bold* _it_ a_b", "")]
    [InlineData("HTML", "<b>bold</b> &lt;x&gt;", "bold <x>", "bold")]
    [InlineData("MarkdownV2", "*bold* a\\_b", "bold a_b", "bold")]
    [InlineData("HTML", "<b>2 < 3</i>", "<b>2 < 3</i>", "")]
    [InlineData("MarkdownV2", "*not closed. 1.5", "*not closed. 1.5", "")]
    public async Task Each_parse_mode_is_read_its_own_way_and_what_can_t_be_parsed_goes_out_plain(
        string? mode,
        string text,
        string shown,
        string entities
    )
    {
        await using var scene = await ApiScene.BeginAsync();

        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text,
                    parse_mode = mode,
                }
            )
        ).AssertDelivered();

        var message = Assert.Single(await scene.DanasPhone());
        Assert.Equal((shown, entities), (message.Text, string.Join(',', message.Entities.Select(e => e.Type))));
    }

    [Fact]
    public async Task Silent_is_silent_and_link_previews_are_off()
    {
        await using var scene = await ApiScene.BeginAsync();

        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "quiet https://example.com",
                    silent = true,
                }
            )
        ).AssertDelivered();
        (await scene.SendAsync(new { user = "dana", text = "loud" })).AssertDelivered();
        (
            await scene.SendPhotoAsync(Testing.TestPictures.Png(10, 10), ("user", "dana"), ("silent", "true"))
        ).AssertDelivered();

        var messages = await scene.DanasPhone();
        Assert.Equal([true, false, true], messages.Select(m => m.Silent));
        Assert.True(messages[0].LinkPreviewOff);
    }

    [Fact]
    public async Task A_long_text_comes_in_parts_that_lose_nothing()
    {
        await using var scene = await ApiScene.BeginAsync();
        var rows = string.Join('\n', Enumerable.Range(1, 300).Select(n => $"row {n:000} | region-{n % 17:00} | ok"));

        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    title = "Daily table",
                    message = $"Before\n```\n{rows}\n```\nAfter",
                }
            )
        ).AssertDelivered();

        var messages = await scene.DanasPhone();
        Assert.True(messages.Count >= 2);
        Assert.All(messages, m => Assert.True(m.Text.Length <= 4096));
        var shown = string.Join('\n', messages.Select(m => m.Text));
        Assert.Equal(
            Enumerable.Range(1, 300),
            shown
                .Split('\n')
                .Where(l => l.StartsWith("row ", StringComparison.Ordinal))
                .Select(l => int.Parse(l[4..7], System.Globalization.CultureInfo.InvariantCulture))
        );
        Assert.DoesNotContain("```", shown, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Bold(MessageView message) =>
        message.Entities.Where(e => e.Type == "bold").Select(e => message.Text.Substring(e.Offset, e.Length));
}
