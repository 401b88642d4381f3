using Notify.Testing;

namespace Notify.Tests;

/// <summary>The command <c>notify</c> with the real bot: a fresh account, no settings but where the bot is.</summary>
public sealed class CommandTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_person_says_in_a_shell_is_on_the_phone_as_it_stands()
    {
        await using var machine = await Machine.StartAsync();

        Assert.Equal(
            (0, ""),
            await NotifyAsync(machine, "-t", "Import", "--silent", "--wait", "20", "[OK]", "*4,120*", "--rows")
        );

        var message = Assert.Single(await machine.Messages());
        Assert.Equal("Import\n[OK] *4,120* --rows", message.Text);
        Assert.Equal("bold", Assert.Single(message.Entities).Type);
        Assert.True(message.Silent);
    }

    [Fact]
    public async Task A_picture_of_a_closed_home_is_a_photo_with_its_caption()
    {
        await using var machine = await Machine.StartAsync();
        var picture = machine.Alice.Write("revenue.png", TestPictures.Png(200, 100));

        Assert.Equal((0, ""), await NotifyAsync(machine, "--wait", "20", "-i", picture, "Down 12 %"));

        var message = Assert.Single(await machine.Messages());
        Assert.NotNull(message.Photo);
        Assert.Equal("Down 12 %", message.Text);
    }

    [Fact]
    public async Task An_album_files_a_table_and_buttons_of_one_call_are_on_the_phone()
    {
        await using var machine = await Machine.StartAsync();
        var pictures = Enumerable.Range(1, 3).Select(i => TestPictures.Png(60 + i, 40)).ToArray();
        var orders = "shop,orders\nBerlin,120\nPrague,87\n";
        var raw = Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7)).ToArray();

        Assert.Equal(
            (0, ""),
            await NotifyAsync(
                machine,
                [
                    "--title",
                    "February",
                    .. pictures.SelectMany((png, i) => new[] { "-i", machine.Alice.Write($"{i}.png", png) }),
                    "-f",
                    machine.Alice.Write("Größe 1.bin", raw),
                    "-f",
                    machine.Alice.Write("empty.txt", ""),
                    "--table",
                    machine.Alice.Write("orders.csv", orders),
                    "--button",
                    "Dashboard=https://example.com/orders?a=b",
                    "--button",
                    "Notebook=http://localhost:8888/tree",
                    "--wait",
                    "30",
                    "Down 12 %",
                ]
            )
        );

        var messages = await machine.Messages();
        Assert.Equal(pictures.Select(TestPictures.Sha), messages.Take(3).Select(m => m.Photo?.Sha256));
        Assert.Single(messages.Take(3).Select(m => m.MediaGroupId).Distinct());
        Assert.Equal(
            "February\nDown 12 %\nshop    orders\n--------------\nBerlin     120\nPrague      87\nNotebook: http://localhost:8888/tree",
            messages[3].Text
        );
        var button = Assert.Single(messages[3].Buttons.SelectMany(row => row));
        Assert.Equal(("Dashboard", "https://example.com/orders?a=b"), (button.Text, button.Url));
        Assert.Equal(
            ("Größe 1.bin", TestPictures.Sha(raw)),
            (messages[4].Document!.Name, messages[4].Document!.Sha256)
        );
        Assert.Equal("(The file empty.txt is empty.)", messages[5].Text);
        Assert.Equal(6, messages.Count);
    }

    [Theory]
    [InlineData("-f", "path", 65, "Permission denied")]
    [InlineData("-i", "path", 65, "Permission denied")]
    [InlineData("-f", "symbolic link", 65, "Permission denied")]
    [InlineData("--table", "symbolic link", 65, "Permission denied")]
    [InlineData("-f", "FIFO", 65, "is not a regular file")]
    [InlineData("-f", "folder", 65, "is not a regular file")]
    public async Task A_file_of_somebody_else_s_is_refused_and_nothing_is_half_sent(
        string option,
        string way,
        int status,
        string words
    )
    {
        await using var machine = await Machine.StartAsync();
        await using var bob = await TestAccount.CreateAsync("bob", "dataread");
        File.SetUnixFileMode(bob.Home, (UnixFileMode)0b111_101_101);
        var secret = bob.Write("secret.csv", "bob's,secret\n");
        var link = Path.Combine(machine.Alice.Home, "mine.csv");
        var own = machine.Alice.Write("own.txt", "alice's own");
        var path = secret;
        switch (way)
        {
            case "symbolic link":
                path = File.CreateSymbolicLink(link, secret).FullName;
                break;
            case "FIFO":
                Machine.Run("mkfifo", link);
                machine.Alice.Own(link);
                path = link;
                break;
            case "folder":
                path = bob.Home;
                break;
        }

        var ended = await NotifyAsync(machine, "-f", own, option, path, "--wait", "20", "x");

        Assert.Equal(status, ended.Status);
        Assert.Contains(words, ended.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("bob's", ended.Said, StringComparison.Ordinal);
        Assert.Empty(await machine.Messages());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(machine.Data, "private", "images")));
    }

    [Fact]
    public async Task The_same_key_sends_once()
    {
        await using var machine = await Machine.StartAsync();

        var first = await NotifyAsync(machine, "--key", "import-7", "--wait", "20", "done");
        var second = await NotifyAsync(machine, "--key", "import-7", "--wait", "20", "done");

        Assert.Equal((0, ""), first);
        Assert.Equal((0, "notify: The bot had this key already, so nothing new was sent.\n"), second);
        Assert.Single(await machine.Messages());
    }

    [Fact]
    public async Task A_command_tells_how_it_ended_with_its_last_lines_as_code()
    {
        await using var machine = await Machine.StartAsync();

        var (status, said) = await NotifyAsync(machine, "run", "--tail", "2", "--", "/bin/sh", "-c", "seq 5; exit 3");

        Assert.Equal((3, "1\n2\n3\n4\n5\n"), (status, said));
        await Eventually.TrueAsync(
            async () => (await machine.Messages()).Count == 1,
            () => "nothing was told",
            Cancellation
        );
        var message = Assert.Single(await machine.Messages());
        Assert.StartsWith("❌ /bin/sh -c seq 5; exit 3\nExit status 3 after", message.Text, StringComparison.Ordinal);
        var code = Assert.Single(message.Entities, entity => entity.Type == "pre");
        Assert.Equal("4\n5", message.Text.Substring(code.Offset, code.Length));
    }

    [Fact]
    public async Task Who_is_not_linked_or_no_analyst_hears_what_to_do()
    {
        await using var machine = await Machine.StartAsync();
        await using var bob = await TestAccount.CreateAsync("bob", "dataread");
        await using var eve = await TestAccount.CreateAsync("eve");

        var unlinked = await NotifyAsync(machine, bob, "hello");
        var outside = await NotifyAsync(machine, eve, "hello");

        Assert.Equal(77, unlinked.Status);
        Assert.Contains("has no linked Telegram chat", unlinked.Said, StringComparison.Ordinal);
        Assert.Equal(77, outside.Status);
        Assert.StartsWith("notify: ", outside.Said, StringComparison.Ordinal);
        Assert.Empty(await machine.Messages());
    }

    [Fact]
    public async Task What_the_bot_refuses_is_refused_input()
    {
        await using var machine = await Machine.StartAsync();

        var (status, said) = await NotifyAsync(machine, " \u200B ");

        Assert.Equal(65, status);
        Assert.Contains("visible", said, StringComparison.Ordinal);
    }

    private static Task<(int Status, string Said)> NotifyAsync(Machine machine, params string[] arguments) =>
        NotifyAsync(machine, machine.Alice, arguments);

    private static Task<(int Status, string Said)> NotifyAsync(
        Machine machine,
        TestAccount person,
        params string[] arguments
    ) =>
        person.RunAsync(
            Programs.Path("notify-command"),
            arguments,
            machine.RunnerEnvironment.AsReadOnly(),
            Cancellation
        );
}
