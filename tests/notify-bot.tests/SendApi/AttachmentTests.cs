using System.Text;
using System.Text.Json;
using Notify.Testing;

namespace Notify.Tests.SendApi;

/// <summary>Files, tables and buttons of a notification: accepted whole or not at all, shown on the phone, and given back to their owner only.</summary>
public sealed class AttachmentTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Files_follow_the_text_as_documents_with_their_names_byte_for_byte()
    {
        await using var scene = await ApiScene.BeginAsync();
        var csv = Encoding.UTF8.GetBytes("a,b\r\n1,2\r\n");
        var raw = Enumerable.Range(0, 3_000_000).Select(i => (byte)(i * 7)).ToArray();

        (
            await SendFormAsync(
                scene,
                "/send",
                [("orders.csv", csv), ("Größe 大.bin", raw)],
                [],
                ("user", "dana"),
                ("text", "*Two* files"),
                ("wait", "30")
            )
        ).AssertDelivered();

        var messages = await scene.DanasPhone();
        Assert.Equal(["Two files", "", ""], messages.Select(m => m.Text));
        Assert.Equal(["orders.csv", "Größe 大.bin"], messages.Skip(1).Select(m => m.Document!.Name));
        Assert.Equal([Sha(csv), Sha(raw)], messages.Skip(1).Select(m => m.Document!.Sha256));
    }

    [Fact]
    public async Task A_file_alone_is_enough()
    {
        await using var scene = await ApiScene.BeginAsync();

        (
            await SendFormAsync(scene, "/send", [("/home/dana/../notes.txt", [1, 2])], [], ("user", "dana"))
        ).AssertDelivered();

        Assert.Equal("notes.txt", Assert.Single(await scene.DanasPhone()).Document!.Name);
    }

    [Fact]
    public async Task Files_come_back_to_their_owner_as_downloads_that_no_browser_shows_and_to_nobody_else()
    {
        await using var scene = await ApiScene.BeginAsync();
        var page = "<script>alert(1)</script>"u8.ToArray();
        (
            await SendFormAsync(scene, "/send", [("Größe \"x\".html", page)], [], ("user", "dana"), ("text", "see"))
        ).AssertDelivered();
        var entry = (await HistoryAsync(scene, "dana"))[0];
        var file = Assert.Single(entry.GetProperty("files").EnumerateArray());
        var id = file.GetProperty("id").GetString();

        Assert.Equal("Größe x.html", file.GetProperty("name").GetString());
        Assert.Equal(page.Length, file.GetProperty("bytes").GetInt64());
        var answer = await scene.AskAsync(HttpMethod.Get, $"/files/{id}?user=dana");
        Assert.Equal(Encoding.UTF8.GetString(page), answer.Body);
        Assert.Equal("application/octet-stream", answer.Headers["content-type"]);
        Assert.Equal("nosniff", answer.Headers["x-content-type-options"]);
        Assert.StartsWith("attachment;", answer.Headers["content-disposition"], StringComparison.Ordinal);
        Assert.Contains(
            "filename*=UTF-8''Gr%C3%B6%C3%9Fe%20x.html",
            answer.Headers["content-disposition"],
            StringComparison.Ordinal
        );
        Assert.Equal(404, (await scene.AskAsync(HttpMethod.Get, $"/files/{id}?user=omar")).Status);
        Assert.Equal(404, (await scene.AskAsync(HttpMethod.Get, $"/images/{id}?user=dana")).Status);
        foreach (
            var other in (string[])[id![..^1] + "2", id[..^2], id + "0", "..%2Foutbox.db", new string('x', 22) + ".1"]
        )
        {
            Assert.Equal(404, (await scene.AskAsync(HttpMethod.Get, $"/files/{other}?user=dana")).Status);
        }
    }

    [Fact]
    public async Task A_file_in_a_misspelt_part_is_refused_with_the_right_name_and_not_lost()
    {
        await using var scene = await ApiScene.BeginAsync();
        foreach (
            var (name, meant) in ((string, string)[])
                [
                    ("file", "files"),
                    ("files[]", "files"),
                    ("file1", "files"),
                    ("document", "files"),
                    ("attachments", "files"),
                    ("image", "photos"),
                    ("images", "photos"),
                    ("photos[]", "photos"),
                    ("photo_path", "photos"),
                ]
        )
        {
            using var form = new MultipartFormDataContent
            {
                { new StringContent("dana"), "user" },
                { new StringContent("x"), "text" },
                { new ByteArrayContent([1, 2]), $"\"{name}\"", "a.bin" },
            };

            (await scene.AskAsync(HttpMethod.Post, "/send", form)).AssertRefused(
                400,
                $"Field '{name}' holds a file, and the bot knows no such part: name it '{meant}'."
            );
        }

        Assert.Empty(await scene.DanasPhone());
    }

    [Fact]
    public async Task A_text_in_a_file_is_still_a_field_and_an_unknown_file_is_still_ignored()
    {
        await using var scene = await ApiScene.BeginAsync();
        using var form = new MultipartFormDataContent
        {
            { new StringContent("dana"), "user" },
            { new StringContent("hello"), "text", "text.txt" },
            { new StringContent("""{"columns":["a"],"rows":[["1"]]}"""), "table", "table.json" },
            { new ByteArrayContent([1, 2]), "trace", "trace.bin" },
        };

        (await scene.AskAsync(HttpMethod.Post, "/send", form)).AssertDelivered();

        Assert.Equal("hello\na\n-\n1", Assert.Single(await scene.DanasPhone()).Text);
    }

    [Fact]
    public async Task Paths_in_a_form_are_refused_with_the_parts_that_take_the_bytes()
    {
        await using var scene = await ApiScene.BeginAsync();

        (
            await SendFormAsync(scene, "/send", [], [], ("user", "dana"), ("text", "x"), ("images", """["/a","/b"]"""))
        ).AssertRefused(
            400,
            "Field 'images' has paths only in JSON: in a form, send the files as parts 'photos' or 'files'."
        );
    }

    [Fact]
    public async Task A_table_stands_below_the_text_as_a_block_with_numbers_to_the_right()
    {
        await using var scene = await ApiScene.BeginAsync();

        (
            await scene.SendJsonAsync(
                """{"user":"dana","title":"Stock","text":"*Low* today","table":{"columns":["item","left"],"rows":[["shoes",3],["hats",12]]}}"""
            )
        ).AssertDelivered();

        var message = Assert.Single(await scene.DanasPhone());
        Assert.Equal("Stock\nLow today\nitem   left\n-----------\nshoes     3\nhats     12", message.Text);
        Assert.Equal(["bold", "bold", "pre"], message.Entities.Select(e => e.Type));
        Assert.Equal(
            "item   left\n-----------\nshoes     3\nhats     12",
            (await HistoryAsync(scene, "dana"))[0].GetProperty("table").GetString()
        );
    }

    [Theory]
    [InlineData("HTML", "<b>Low</b> today")]
    [InlineData("MarkdownV2", "*Low* today")]
    public async Task A_table_keeps_the_markup_of_the_text_above_it(string mode, string text)
    {
        await using var scene = await ApiScene.BeginAsync();

        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text,
                    parse_mode = mode,
                    table = new { columns = new[] { "n" }, rows = new[] { new[] { 1 } } },
                }
            )
        ).AssertDelivered();

        var message = Assert.Single(await scene.DanasPhone());
        Assert.Equal("Low today\nn\n-\n1", message.Text);
        Assert.Equal(["bold", "pre"], message.Entities.Select(e => e.Type));
    }

    [Fact]
    public async Task A_long_table_brings_a_CSV_file_with_all_of_it_in_a_form_too()
    {
        await using var scene = await ApiScene.BeginAsync();
        var rows = string.Join(',', Enumerable.Range(1, 500).Select(i => $"[{i},\"a,b\"]"));

        (
            await SendFormAsync(
                scene,
                "/send",
                [],
                [],
                ("user", "dana"),
                ("table", $$"""{"columns":["n","text"],"rows":[{{rows}}]}"""),
                ("wait", "30")
            )
        ).AssertDelivered();

        var messages = await scene.DanasPhone();
        Assert.EndsWith("20  a,b\n20 of 500 rows; all in the CSV file.", messages[0].Text, StringComparison.Ordinal);
        Assert.Equal("table.csv", messages[1].Document!.Name);
        var id = (await HistoryAsync(scene, "dana"))[0].GetProperty("files")[0].GetProperty("id").GetString();
        var csv = (await scene.AskAsync(HttpMethod.Get, $"/files/{id}?user=dana")).Body;
        Assert.StartsWith("n,text\r\n1,\"a,b\"\r\n", csv, StringComparison.Ordinal);
        Assert.EndsWith("500,\"a,b\"\r\n", csv, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Markdown_table_in_the_text_is_shown_as_a_table_too()
    {
        await using var scene = await ApiScene.BeginAsync();

        (
            await scene.SendAsync(new { user = "dana", text = "Now:\n| a | b |\n|---|--:|\n| x | 10 |" })
        ).AssertDelivered();

        Assert.Equal("Now:\na   b\n-----\nx  10", Assert.Single(await scene.DanasPhone()).Text);
    }

    [Theory]
    [InlineData("""{"text":"x","table":[1]}""", "'table' is not a table")]
    [InlineData("""{"text":"x","table":{"columns":["a"],"rows":[[1,2]]}}""", "'table' has in row 1 2 cells")]
    [InlineData("""{"text":"x","buttons":"yes"}""", "'buttons' is neither true or false nor a list")]
    [InlineData("""{"text":"x","buttons":[{"text":"a"}]}""", "'buttons' has as button 1 something else")]
    [InlineData(
        """{"text":"x","buttons":[{"text":"a","url":"ftp://e.org"}]}""",
        "'buttons' has as button 1 one whose \"url\""
    )]
    [InlineData(
        """{"text":"x","buttons":[{"text":"a","url":"javascript:alert(1)"}]}""",
        "'buttons' has as button 1 one whose \"url\""
    )]
    [InlineData(
        """{"text":"x","buttons":[{"text":"a","url":"https://example.com/\u202egpj.exe"}]}""",
        "'buttons' has as button 1 one whose \"url\""
    )]
    [InlineData(
        """{"text":"x","buttons":[{"text":"a","url":"https://example.com/\u0085x"}]}""",
        "'buttons' has as button 1 one whose \"url\""
    )]
    [InlineData(
        """{"text":"x","buttons":[{"text":"a","url":"http://localhost/\u200bx"}]}""",
        "'buttons' has as button 1 one whose \"url\""
    )]
    [InlineData(
        """{"text":"x","buttons":[{"text":"a","run":"../other.py"}]}""",
        "'buttons' has as button 1 one whose \"run\""
    )]
    [InlineData(
        """{"text":"x","buttons":[{"text":" ","run":"a.py"}]}""",
        "'buttons' has as button 1 one whose \"text\""
    )]
    [InlineData("""{"text":"x","buttons":[1,2,3,4,5,6,7]}""", "'buttons' has 7 buttons, and 6 are the limit")]
    [InlineData("""{"text":"x","urgent":"yes"}""", "'urgent' is not true or false")]
    [InlineData("""{"text":"x","images":"a.png"}""", "'images' is not a list")]
    [InlineData("""{"text":"x","images":["/a.png"]}""", "'images' has 1 paths; it takes 2 to 10")]
    [InlineData("""{"text":"x","images":[1,2]}""", "'images' is not a list of strings")]
    [InlineData(
        """{"text":"x","files":["a","b","c","d","e","f","g","h","i","j","k"]}""",
        "'files' has 11 paths; it takes 1 to 10"
    )]
    [InlineData("""{"text":"x","files":["relative"]}""", "Each of files must be an absolute path")]
    [InlineData("""{"text":"x","files":[""]}""", "'files' has an empty path")]
    public async Task A_wrong_field_is_refused_by_its_name_and_nothing_is_sent(string json, string sentence)
    {
        await using var scene = await ApiScene.BeginAsync();

        var answer = await scene.SendJsonAsync(
            json.Replace("{\"text\"", "{\"user\":\"dana\",\"text\"", StringComparison.Ordinal)
        );

        Assert.Equal(400, answer.Status);
        Assert.Contains(sentence, answer.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Empty(await scene.DanasPhone());
        Assert.Empty(await HistoryAsync(scene, "dana"));
    }

    [Fact]
    public async Task A_part_that_can_t_be_taken_costs_all_of_it_and_leaves_no_file_behind()
    {
        await using var scene = await ApiScene.BeginAsync();
        var folder = Directory.CreateTempSubdirectory("notify-files-");
        var good = Path.Combine(folder.FullName, "good.txt");
        await File.WriteAllTextAsync(good, "good", Cancellation);
        File.CreateSymbolicLink(Path.Combine(folder.FullName, "link.txt"), good);

        foreach (
            var (bad, status) in ((string, int)[])
                [
                    (Path.Combine(folder.FullName, "missing.txt"), 403),
                    (Path.Combine(folder.FullName, "link.txt"), 403),
                    (folder.FullName, 403),
                    ("/dev/null", 403),
                ]
        )
        {
            var answer = await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "x",
                    files = new[] { good, bad },
                }
            );
            Assert.Equal(status, answer.Status);
        }

        Assert.Equal(
            415,
            (
                await scene.SendAsync(
                    new
                    {
                        user = "dana",
                        text = "x",
                        images = new[] { good, good },
                    }
                )
            ).Status
        );
        Assert.Equal(
            415,
            (
                await SendFormAsync(
                    scene,
                    "/send",
                    [("good.txt", [1])],
                    [
                        [1, 2, 3],
                        TestPictures.Png(8, 8),
                    ],
                    ("user", "dana")
                )
            ).Status
        );
        Assert.Empty(await scene.DanasPhone());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(scene.Bot.Data, "private", "images")));
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Files_by_path_are_copied_with_the_caller_s_rights()
    {
        await using var scene = await ApiScene.BeginAsync();
        var file = Path.Combine(scene.Bot.Folder, "report.txt");
        await File.WriteAllTextAsync(file, "all is well", Cancellation);

        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "x",
                    files = new[] { file },
                    wait = 30,
                }
            )
        ).AssertDelivered();

        var document = (await scene.DanasPhone())[1].Document!;
        Assert.Equal(("report.txt", Sha(Encoding.UTF8.GetBytes("all is well"))), (document.Name, document.Sha256));
    }

    [Fact]
    public async Task A_refused_file_leaves_a_line_and_the_others_follow()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(
            new Sandbox.Telegram.Fault
            {
                Kind = Sandbox.Telegram.FaultKind.Answer,
                Method = "sendDocument",
                Status = 400,
                Description = "Bad Request: FILE_PART_INVALID",
                Times = 1,
            }
        );

        (
            await SendFormAsync(
                scene,
                "/send",
                [("a.bin", [1]), ("b.bin", [2])],
                [],
                ("user", "dana"),
                ("text", "x"),
                ("wait", "30")
            )
        ).AssertDelivered();

        var messages = await scene.DanasPhone();
        Assert.Equal(
            ["x", "(The file a.bin could not be sent: Bad Request: FILE_PART_INVALID)", ""],
            messages.Select(m => m.Text)
        );
        Assert.Equal("b.bin", messages[2].Document!.Name);
    }

    [Fact]
    public async Task An_empty_file_which_Telegram_never_takes_is_a_line_and_no_call()
    {
        await using var scene = await ApiScene.BeginAsync();

        (
            await SendFormAsync(
                scene,
                "/send",
                [("empty.txt", []), ("b.bin", [2])],
                [],
                ("user", "dana"),
                ("text", "x"),
                ("wait", "30")
            )
        ).AssertDelivered();

        var messages = await scene.DanasPhone();
        Assert.Equal(["x", "(The file empty.txt is empty.)", ""], messages.Select(m => m.Text));
        Assert.Equal("b.bin", messages[2].Document!.Name);
        Assert.Single(await scene.Phone.CallsAsync(Cancellation, "sendDocument"));
    }

    [Fact]
    public async Task Files_that_wait_are_sent_after_a_kill_with_the_next_part()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(
            new Sandbox.Telegram.Fault
            {
                Kind = Sandbox.Telegram.FaultKind.Answer,
                Method = "sendDocument",
                Status = 429,
                RetryAfter = 1,
                Times = 1,
            }
        );
        var answer = await SendFormAsync(
            scene,
            "/send",
            [("a.bin", [1]), ("b.bin", [2])],
            [],
            ("user", "dana"),
            ("text", "x"),
            ("wait", "0")
        );
        Assert.Equal(200, answer.Status);
        await Eventually.TrueAsync(
            async () => (await scene.Phone.CallsAsync(Cancellation, "sendDocument")).Count > 0,
            () => "no document was tried",
            Cancellation
        );
        await scene.Bot.Bot.KillAsync();
        await scene.Bot.StartBotAsync();

        var messages = await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 3, Cancellation);
        Assert.Equal(["x", "a.bin", "b.bin"], messages.Select(m => m.Document?.Name ?? m.Text));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Kills_between_parts_lose_nothing_and_double_only_the_part_in_flight(bool hasArrived)
    {
        await using var scene = await ApiScene.BeginAsync();
        var names = Enumerable.Range(1, 3).Select(i => $"{i}.bin").ToArray();
        await HangAsync();
        var answer = await SendFormAsync(
            scene,
            "/send",
            [.. names.Select((name, i) => (name, Enumerable.Repeat((byte)i, 100_000 + i).ToArray()))],
            [],
            ("user", "dana"),
            ("text", "x"),
            ("wait", "0")
        );
        Assert.Equal(200, answer.Status);

        // Each kill meets another part: the one whose answer never comes.
        for (var kill = 1; kill <= names.Length; kill++)
        {
            var hits = kill;
            await Eventually.TrueAsync(
                async () =>
                    (await scene.Phone.FaultsAsync(Cancellation))
                        .Where(fault => fault.Kind == Sandbox.Telegram.FaultKind.Hang)
                        .Sum(fault => fault.Hits) == hits
                    && (!hasArrived || (await scene.DanasPhone()).Any(m => m.Document?.Name == names[hits - 1])),
                () => $"part {hits} is not under way",
                Cancellation
            );
            await scene.Bot.Bot.KillAsync();
            if (kill < names.Length)
            {
                // The part in flight goes through now, and the next one hangs.
                await scene.FaultAsync(
                    new Sandbox.Telegram.Fault
                    {
                        Kind = Sandbox.Telegram.FaultKind.Delay,
                        Method = "sendDocument",
                        DelaySeconds = 0.01,
                        Times = 1,
                    }
                );
                await HangAsync();
            }

            await scene.Bot.StartBotAsync();
        }

        await Eventually.TrueAsync(
            async () => (await HistoryAsync(scene, "dana"))[0].GetProperty("state").GetString() == "delivered",
            () => "it is not delivered",
            Cancellation
        );
        var copies = hasArrived ? 2 : 1;
        Assert.Equal(
            ["x", .. names.SelectMany(name => Enumerable.Repeat(name, copies))],
            (await scene.DanasPhone()).Select(m => m.Document?.Name ?? m.Text)
        );

        Task HangAsync() =>
            scene.FaultAsync(
                new Sandbox.Telegram.Fault
                {
                    Kind = Sandbox.Telegram.FaultKind.Hang,
                    Method = "sendDocument",
                    Taken = hasArrived,
                    Times = 1,
                }
            );
    }

    [Fact]
    public async Task An_address_that_Telegram_takes_as_no_button_is_a_line_of_the_text()
    {
        await using var scene = await ApiScene.BeginAsync();

        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "Done",
                    buttons = new[] { new { text = "Notebook", url = "http://localhost:8888/tree" } },
                }
            )
        ).AssertDelivered();

        var message = Assert.Single(await scene.DanasPhone());
        Assert.Equal("Done\n\nNotebook: http://localhost:8888/tree", message.Text);
        Assert.Empty(message.Buttons);
    }

    [Fact]
    public async Task A_button_runs_a_script_of_the_chat_s_user_and_one_forged_from_another_user_s_notification_is_refused()
    {
        await using var scene = await ApiScene.BeginAsync();
        (
            await scene.SendAsync(
                new
                {
                    user = "omar",
                    text = "Old",
                    script = "stock.py",
                    buttons = new[] { new { text = "Refresh", run = "refresh" } },
                }
            )
        ).AssertDelivered();
        var omars = Assert.Single(await scene.OmarsPhone());
        Assert.Equal(
            ["Refresh", "Snooze 1h", "Mute", "Run again"],
            omars.Buttons.SelectMany(row => row).Select(b => b.Text)
        );
        var data = omars.Buttons[0][0].Data!;
        Assert.Matches("^button:[A-Za-z0-9_-]{22}:0$", data);

        await scene.Phone.PressAsync(ApiScene.Omar, "Refresh", Cancellation);
        await scene.Phone.WaitForBotMessagesAsync(
            ApiScene.Omar,
            messages => messages.Any(m => m.Text.Contains("refresh", StringComparison.Ordinal)),
            Cancellation
        );

        // A phone can't send this data. A forged update can.
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "mine",
                    script = "mine.py",
                }
            )
        ).AssertDelivered();
        var number = 1_000_000;
        foreach (
            var (chat, forged) in ((long, string)[])
                [
                    (ApiScene.Dana, data),
                    (ApiScene.Omar, data[..^1] + "1"),
                    (ApiScene.Omar, data[..^1] + "-1"),
                    (ApiScene.Omar, data + ":0"),
                    (ApiScene.Omar, "button:x"),
                ]
        )
        {
            var query = $"forged-{number}";
            await scene.FaultAsync(
                new Sandbox.Telegram.Fault
                {
                    Kind = Sandbox.Telegram.FaultKind.Answer,
                    Method = "getUpdates",
                    Status = 200,
                    ContentType = "application/json",
                    Body = JsonSerializer.Serialize(
                        new
                        {
                            ok = true,
                            result = new[]
                            {
                                new
                                {
                                    update_id = number++,
                                    callback_query = new
                                    {
                                        id = query,
                                        from = new
                                        {
                                            id = chat,
                                            is_bot = false,
                                            first_name = "x",
                                        },
                                        message = new
                                        {
                                            message_id = 1,
                                            date = 1,
                                            chat = new { id = chat, type = "private" },
                                        },
                                        data = forged,
                                    },
                                },
                            },
                        }
                    ),
                    Times = 1,
                }
            );
            await Eventually.TrueAsync(
                async () =>
                    (await scene.Phone.CallsAsync(Cancellation, "answerCallbackQuery")).Any(call =>
                        call.Fields.GetValueOrDefault("callback_query_id") == query
                        && call.Fields["text"].Contains("too old", StringComparison.Ordinal)
                    ),
                () => $"{forged} was not refused",
                Cancellation
            );
        }

        Assert.DoesNotContain(await scene.DanasPhone(), m => m.Text.Contains("refresh", StringComparison.Ordinal));
    }

    private static string Sha(byte[] bytes) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));

    private static async Task<IReadOnlyList<JsonElement>> HistoryAsync(ApiScene scene, string user)
    {
        var answer = await scene.AskAsync(HttpMethod.Get, $"/notifications?user={user}");
        Assert.True(answer.Status == 200, answer.ToString());
        return [.. answer.Json.GetProperty("notifications").EnumerateArray()];
    }

    internal static async Task<ApiAnswer> SendFormAsync(
        ApiScene scene,
        string path,
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

        return await scene.AskAsync(HttpMethod.Post, path, form);
    }
}
