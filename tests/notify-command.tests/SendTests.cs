using System.Text;
using System.Text.Json;
using Notify.Formatting;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary>What the program sends, and how it ends.</summary>
public sealed class SendTests
{
    [Fact]
    public async Task Words_are_one_plain_text_with_a_random_key_and_no_wait()
    {
        await using var person = new Person();

        Assert.Equal(new Ended(0, "", ""), await person.NotifyAsync("[OK]", "@x", "--done", "*5*"));

        Assert.Equal("POST /send", person.Sent.Call);
        Assert.Equal("[OK] @x --done *5*", person.Text);
        Assert.Equal("", person.Sent["parse_mode"]);
        Assert.Equal("0", person.Sent["wait"]);
        Assert.Equal(32, person.Sent["key"]!.Length);
        Assert.Equal(
            ["key", "message", "parse_mode", "wait"],
            person.Json.EnumerateObject().Select(member => member.Name).Order()
        );
    }

    [Fact]
    public async Task Two_calls_have_two_keys()
    {
        await using var person = new Person();

        await person.NotifyAsync("a");
        await person.NotifyAsync("a");

        Assert.Equal(2, person.Bot.All.Select(sent => sent["key"]).Distinct().Count());
    }

    [Fact]
    public async Task All_fields_of_a_text_go_as_the_contract_names_them()
    {
        await using var person = new Person();
        person.Write("orders.csv", "\uFEFFday;orders\r\n2026-02-03;\"1\"\"2\"\r\n");

        var ended = await person.NotifyAsync(
            "--title",
            "Orders",
            "--html",
            "--silent",
            "--urgent",
            "--key",
            "orders-3",
            "--wait",
            "2.5",
            "--table",
            "orders.csv",
            "--button",
            "Dashboard=https://example.com/?a=b",
            "--button",
            "B=http://x.example",
            "<b>low</b>"
        );

        Assert.Equal(new Ended(0, "", ""), ended);
        using var wanted = JsonDocument.Parse(
            """
            {"title":"Orders","message":"<b>low</b>","parse_mode":"HTML","silent":true,"urgent":true,"key":"orders-3","wait":2.5,
            "table":{"columns":["day","orders"],"rows":[["2026-02-03","1\"2"]]},
            "buttons":[{"text":"Dashboard","url":"https://example.com/?a=b"},{"text":"B","url":"http://x.example"}]}
            """
        );
        Assert.True(JsonElement.DeepEquals(wanted.RootElement, person.Json), person.Sent.Text);
    }

    [Theory]
    [InlineData("--markdown", "Markdown")]
    [InlineData("--html", "HTML")]
    [InlineData("--plain", "")]
    public async Task A_notation_is_sent_as_the_bot_names_it(string option, string name)
    {
        await using var person = new Person();

        await person.NotifyAsync(option, "x");

        Assert.Equal(name, person.Sent["parse_mode"]);
    }

    [Fact]
    public async Task One_picture_is_a_photo_with_its_caption()
    {
        await using var person = new Person();
        var png = TestPictures.Png(20, 10);
        person.Write("revenue.png", png);

        Assert.Equal(new Ended(0, "", ""), await person.NotifyAsync("-i", "revenue.png", "-t", "T", "Down"));

        Assert.Equal("POST /send_photo", person.Sent.Call);
        var form = person.Form();
        Assert.Equal("Down", Assert.Single(form, part => part.Name == "message").Text);
        Assert.Equal("T", Assert.Single(form, part => part.Name == "title").Text);
        Assert.Equal("", Assert.Single(form, part => part.Name == "parse_mode").Text);
        var photo = Assert.Single(form, part => part.Name == "photo");
        Assert.Equal(("revenue.png", "image/png"), (photo.FileName, photo.MediaType));
        Assert.Equal(png, photo.Content);
    }

    [Fact]
    public async Task Several_pictures_and_files_are_parts_in_their_order_with_the_other_fields_as_text()
    {
        await using var person = new Person();
        var pictures = Enumerable.Range(0, 10).Select(i => TestPictures.Png(20, 10 + i)).ToList();
        var paths = pictures.Select((png, i) => person.Write($"{i}.png", png)).ToList();
        var large = new byte[3_000_000];
        new Xorshift(7).Fill(large);
        person.Write("größe \"1\"\n.csv", large);
        person.Write("empty.txt", "");
        person.Write("t.csv", "a,b\n1,2\n");

        var ended = await person.NotifyAsync([
            .. paths.SelectMany(path => new[] { "-i", path }),
            "-f",
            "größe \"1\"\n.csv",
            "-f",
            "empty.txt",
            "--table",
            "t.csv",
            "--button",
            "D=https://example.com",
            "--urgent",
            "--silent",
            "--key",
            "k",
            "Numbers",
        ]);

        Assert.Equal(new Ended(0, "", ""), ended);
        Assert.Equal("POST /send", person.Sent.Call);
        var form = person.Form();
        var photos = form.Where(part => part.Name == "photos").ToList();
        Assert.Equal(pictures, photos.Select(part => part.Content));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}.png"), photos.Select(part => part.FileName));
        var files = form.Where(part => part.Name == "files").ToList();
        Assert.Equal(["größe _1__.csv", "empty.txt"], files.Select(part => part.FileName));
        Assert.Equal([large, []], files.Select(part => part.Content));
        Assert.All(files, part => Assert.Equal("application/octet-stream", part.MediaType));
        Assert.Equal(
            [
                ("buttons", """[{"text":"D","url":"https://example.com"}]"""),
                ("key", "k"),
                ("message", "Numbers"),
                ("parse_mode", ""),
                ("silent", "true"),
                ("table", """{"columns":["a","b"],"rows":[["1","2"]]}"""),
                ("urgent", "true"),
                ("wait", "0"),
            ],
            form.Where(part => part.FileName is null).Select(part => (part.Name, part.Text)).Order()
        );
    }

    [Fact]
    public async Task A_file_goes_alone_even_if_a_pipe_stands_open()
    {
        await using var person = new Person();
        person.Write("a.txt", "content");

        // The pipe's writer is this shell, which waits for the program.
        var ended = await person.ShellAsync("mkfifo open; exec 8<> open; notify -f a.txt < open; echo $?");

        Assert.Equal("0\n", ended.Output);
        Assert.DoesNotContain(person.Form(), part => part.Name == "message");
    }

    [Fact]
    public async Task Text_comes_from_a_pipe_or_a_file_where_there_is_none()
    {
        await using var person = new Person();
        person.Write("note.txt", "from a file\n");

        Assert.Equal(new Ended(0, "", ""), await person.PipeAsync("from a pipe\nin two lines\n\n"u8.ToArray()));
        Assert.Equal(new Ended(0, "", ""), await person.ShellAsync("notify -t T < note.txt"));
        Assert.Equal(new Ended(0, "", ""), await person.ShellAsync("echo a hyphen | notify -f note.txt -"));

        Assert.Equal("from a pipe\nin two lines", person.Bot.All[0]["message"]);
        Assert.Equal("from a file", person.Bot.All[1]["message"]);
        Assert.Contains("a hyphen", person.Bot.All[2].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pre_shows_what_a_program_printed_as_it_ended_up_on_the_terminal()
    {
        await using var person = new Person();

        await person.PipeAsync("\e[31merror\e[0m: a < b && c\r\n 10 %\r 50 %\r100 %\ncaf\u00e9\n"u8.ToArray(), "--pre");

        Assert.Equal("HTML", person.Sent["parse_mode"]);
        Assert.Equal("<pre>error: a &lt; b &amp;&amp; c\n100 %\ncafé</pre>", person.Text);
    }

    [Theory]
    [InlineData("--pre")]
    [InlineData("--plain")]
    [InlineData("--markdown")]
    public async Task A_text_over_ten_messages_is_cut_as_delivery_cuts_it_and_said(string option)
    {
        await using var person = new Person();
        var lines = string.Concat(Enumerable.Range(0, 400_000).Select(i => $"line {i} < & >\n"));

        var ended = await person.PipeAsync(Encoding.UTF8.GetBytes(lines), option);

        Assert.Equal(0, ended.Status);
        Assert.Equal(
            "notify: The text is longer than ten messages. They are sent; the last says how much is left out.\n",
            ended.Errors
        );
        Assert.True(
            NotificationRenderer.TryRender(
                new NotificationContent
                {
                    Message = person.Text,
                    ParseMode =
                        option == "--pre" ? ParseMode.Html
                        : option == "--plain" ? ParseMode.Plain
                        : ParseMode.Markdown,
                },
                out var messages
            )
        );
        Assert.Equal(10, messages.Count);
        var shown = string.Concat(messages.Select(message => message.Text.Text));
        var note = System.Text.RegularExpressions.Regex.Match(
            shown,
            @"… (?<count>[\d,]+) more characters were left out\.$",
            System.Text.RegularExpressions.RegexOptions.None,
            TimeSpan.FromSeconds(10)
        );
        Assert.True(note.Success, shown[^100..]);
        // Line ends at a cut between two messages go.
        var left = int.Parse(note.Groups["count"].Value, System.Globalization.NumberStyles.AllowThousands, null);
        Assert.InRange(lines.Length - left - shown.Length, -60, 60);
    }

    [Fact]
    public async Task A_gigabyte_is_read_to_its_end_so_that_its_writer_is_not_ended()
    {
        await using var person = new Person();

        var ended = await person.ShellAsync("head -c 300000000 /dev/zero | tr '\\0' x | notify; echo ${PIPESTATUS[@]}");

        Assert.Equal("0 0 0\n", ended.Output);
        Assert.InRange(person.Sent.Body.Length, 30_000, 60_000);
    }

    [Theory]
    [InlineData("-f|missing.csv", "missing.csv: No such file or directory")]
    [InlineData("-i|.", "is not a regular file")]
    [InlineData("-f|pipe", "is not a regular file")]
    [InlineData("-f|large", "has 50000001 bytes, more than 50000000")]
    [InlineData("--table|missing.csv", "missing.csv: No such file or directory")]
    [InlineData("--table|wide.csv", "line 2 has 3 cells")]
    public async Task What_can_t_be_read_is_refused_and_nothing_is_sent(string arguments, string sentence)
    {
        await using var person = new Person();
        person.Write("wide.csv", "a,b\n1,2,3\n");
        await person.ShellAsync("mkfifo pipe; truncate -s 50000001 large");

        var ended = await person.NotifyAsync([.. arguments.Split('|'), "text"]);

        Assert.Equal(65, ended.Status);
        Assert.Contains(sentence, ended.Errors, StringComparison.Ordinal);
        Assert.Empty(person.Bot.All);
    }

    [Fact]
    public async Task A_file_of_somebody_else_s_is_read_with_the_caller_s_rights_alone()
    {
        await using var person = new Person();
        var secret = person.Write("secret.csv", "secret");
        File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.SetUnixFileMode(person.Folder, (UnixFileMode)0b111_101_101);
        await using var bob = await TestAccount.CreateAsync("bob");

        var (status, said) = await bob.RunAsync(
            Person.Program,
            ["-f", secret, "x"],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["NOTIFY_BOT_SOCKET"] = person.Bot.SocketPath },
            Person.Cancellation
        );

        Assert.Equal(65, status);
        Assert.Contains("Permission denied", said, StringComparison.Ordinal);
        Assert.Empty(person.Bot.All);
    }

    [Fact]
    public async Task A_closed_stdin_is_not_read_and_nothing_is_written_to_what_stands_in_place_of_closed_streams()
    {
        await using var person = new Person();
        person.Bot.Answer = _ => (200, """{"ok":true,"status":"queued","id":"1","channels":{}}""");

        var without = await person.ShellAsync("timeout 60 notify <&-; echo $?");
        var asked = await person.ShellAsync("timeout 60 notify - <&-; echo $?");
        Assert.Empty(person.Bot.All);
        var sent = await person.ShellAsync("timeout 60 notify --json x <&- >&- 2>&-; echo $?");
        var wrong = await person.ShellAsync("timeout 60 notify --nope <&- >&- 2>&-; echo $?");
        var run = await person.ShellAsync(
            "timeout 60 notify run --tail -- sh -c 'echo out; exit 4' <&- >&- 2>&-; echo $?"
        );

        Assert.Equal("64\n", without.Output);
        Assert.Equal(("65\n", "notify: stdin can't be read: it is closed\n"), (asked.Output, asked.Errors));
        Assert.Equal(("0\n", "64\n", "4\n"), (sent.Output, wrong.Output, run.Output));
        Assert.Equal(2, person.Bot.All.Count);
    }

    [Fact]
    public async Task Without_anything_to_say_it_asks()
    {
        await using var person = new Person();

        var nothing = await person.NotifyAsync();
        var empty = await person.PipeAsync([]);

        Assert.Equal(64, nothing.Status);
        Assert.Contains("What should it say?", nothing.Errors, StringComparison.Ordinal);
        Assert.Equal(new Ended(65, "", "notify: There is nothing to send: stdin was empty.\n"), empty);
        Assert.Empty(person.Bot.All);
    }

    [Theory]
    [InlineData(400, 65)]
    [InlineData(403, 77)]
    [InlineData(404, 77)]
    [InlineData(408, 75)]
    [InlineData(410, 77)]
    [InlineData(413, 65)]
    [InlineData(415, 65)]
    [InlineData(429, 75)]
    [InlineData(500, 75)]
    [InlineData(502, 65)]
    [InlineData(503, 75)]
    public async Task What_the_bot_refuses_is_an_exit_status_and_the_bot_s_sentence(int answer, int status)
    {
        await using var person = new Person();
        person.Bot.Answer = _ => (answer, """{"error":"It is like \u001b[31mthis\u202e."}""");

        Assert.Equal(new Ended(status, "", "notify: It is like ?[31mthis?.\n"), await person.NotifyAsync("x"));
    }

    [Fact]
    public async Task Without_a_bot_or_a_right_to_it_the_status_says_which()
    {
        await using var person = new Person();
        var missing = await person.ShellAsync("NOTIFY_BOT_SOCKET=$PWD/none.sock notify x");
        person.Write("file.sock", "");
        var file = await person.ShellAsync("NOTIFY_BOT_SOCKET=$PWD/file.sock notify x");
        File.SetUnixFileMode(person.Bot.SocketPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var bob = await TestAccount.CreateAsync("bob");
        var (status, said) = await bob.RunAsync(
            Person.Program,
            ["x"],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["NOTIFY_BOT_SOCKET"] = person.Bot.SocketPath },
            Person.Cancellation
        );

        Assert.Equal(69, missing.Status);
        Assert.Contains("The bot is not running", missing.Errors, StringComparison.Ordinal);
        Assert.Equal(69, file.Status);
        Assert.Contains("is in the place of its socket", file.Errors, StringComparison.Ordinal);
        Assert.Equal(77, status);
        Assert.Contains("You may not connect to the bot", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_setting_is_named()
    {
        await using var person = new Person();

        var ended = await person.ShellAsync("NOTIFY_BOT_SOCKET=relative.sock notify x");

        Assert.Equal(78, ended.Status);
        Assert.Contains("NOTIFY_BOT_SOCKET", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_answer_is_asked_for_again_under_the_same_key()
    {
        await using var person = new Person();
        var calls = 0;
        person.Bot.Answer = _ =>
            Interlocked.Increment(ref calls) == 1
                ? (0, "")
                : (200, """{"ok":true,"status":"queued","id":"1","channels":{},"repeated":true}""");

        var ended = await person.NotifyAsync("x");

        Assert.Equal(0, ended.Status);
        Assert.Equal(2, person.Bot.All.Count);
        Assert.Single(person.Bot.All.Select(sent => sent["key"]).Distinct());
    }

    [Fact]
    public async Task Json_prints_the_bot_s_answer_and_the_status_stays()
    {
        await using var person = new Person();
        person.Bot.Answer = _ => (200, """{"ok":true,"status":"queued","id":"7","channels":{"telegram":"queued"}}""");
        var accepted = await person.NotifyAsync("--json", "x");
        person.Bot.Answer = _ => (400, """{"error":"No."}""");
        var refused = await person.NotifyAsync("--json", "x");

        Assert.Equal("7", JsonDocument.Parse(accepted.Output).RootElement.GetProperty("id").GetString());
        Assert.Equal(0, accepted.Status);
        Assert.Equal("No.", JsonDocument.Parse(refused.Output).RootElement.GetProperty("error").GetString());
        Assert.Equal((65, "notify: No.\n"), (refused.Status, refused.Errors));
    }

    [Fact]
    public async Task A_repeat_and_a_mute_are_said()
    {
        await using var person = new Person();
        person.Bot.Answer = _ => (200, """{"ok":true,"status":"queued","id":"7","channels":{},"repeated":true}""");
        var repeated = await person.NotifyAsync("--key", "k", "x");
        person.Bot.Answer = _ =>
            (
                200,
                """{"ok":true,"status":"queued","id":"7","channels":{"telegram":"muted"},"muted_until":"9999-12-31T23:59:59Z"}"""
            );
        var muted = await person.NotifyAsync("x");

        Assert.Equal(
            (0, "notify: The bot had this key already, so nothing new was sent.\n"),
            (repeated.Status, repeated.Errors)
        );
        Assert.Equal(
            (0, "notify: You have muted it, so it stays in the history. /unmute in the chat ends that.\n"),
            (muted.Status, muted.Errors)
        );
    }

    [Fact]
    public async Task What_quiet_hours_hold_is_said_and_counts_as_sent()
    {
        await using var person = new Person();
        var until = TimeProvider.System.GetUtcNow().AddHours(3);
        person.Bot.Answer = _ =>
            (
                200,
                $$"""{"ok":true,"status":"held","id":"7","channels":{"telegram":"held"},"held_until":"{{until:yyyy-MM-dd'T'HH:mm:ss'Z'}}"}"""
            );

        var held = await person.NotifyAsync("x");

        Assert.Equal(0, held.Status);
        Assert.Matches(
            @"^notify: It is held until ([A-Z][a-z]{2} )?\d\d:\d\d by your quiet hours\. --urgent passes them\.\n\z",
            held.Errors
        );
    }

    /// <summary>Bytes that differ, the same in each run.</summary>
    private sealed class Xorshift(uint state)
    {
        private uint _state = state;

        internal void Fill(byte[] bytes)
        {
            for (var i = 0; i < bytes.Length; i++)
            {
                _state ^= _state << 13;
                _state ^= _state >> 17;
                _state ^= _state << 5;
                bytes[i] = (byte)_state;
            }
        }
    }
}
