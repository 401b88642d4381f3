using System.Text;
using Notify.Testing;

namespace Notify.Tests.SendApi;

/// <summary>Files of a notification: accepted whole or not at all, shown on the phone, and given back to their owner only.</summary>
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
            await scene.SendFormAsync(
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
        Assert.Equal([TestPictures.Sha(csv), TestPictures.Sha(raw)], messages.Skip(1).Select(m => m.Document!.Sha256));
    }

    [Fact]
    public async Task A_file_alone_is_enough()
    {
        await using var scene = await ApiScene.BeginAsync();

        (await scene.SendFormAsync([("/home/dana/../notes.txt", [1, 2])], [], ("user", "dana"))).AssertDelivered();

        Assert.Equal("notes.txt", Assert.Single(await scene.DanasPhone()).Document!.Name);
    }

    [Fact]
    public async Task Files_come_back_to_their_owner_as_downloads_that_no_browser_shows_and_to_nobody_else()
    {
        await using var scene = await ApiScene.BeginAsync();
        var page = "<script>alert(1)</script>"u8.ToArray();
        (
            await scene.SendFormAsync([("Größe \"x\".html", page)], [], ("user", "dana"), ("text", "see"))
        ).AssertDelivered();
        var entry = (await scene.HistoryAsync("dana"))[0];
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
            await scene.SendFormAsync([], [], ("user", "dana"), ("text", "x"), ("images", """["/a","/b"]"""))
        ).AssertRefused(
            400,
            "Field 'images' has paths only in JSON: in a form, send the files as parts 'photos' or 'files'."
        );
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
        Assert.Empty(await scene.HistoryAsync("dana"));
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
                await scene.SendFormAsync(
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
        Assert.Equal(
            ("report.txt", TestPictures.Sha(Encoding.UTF8.GetBytes("all is well"))),
            (document.Name, document.Sha256)
        );
    }
}
