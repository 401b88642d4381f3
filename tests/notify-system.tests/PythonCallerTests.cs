using Notify.Testing;

namespace Notify.Tests;

/// <summary>The Python package with the real bot: what it sends is on the phone, and what the bot refuses is its exception.</summary>
public sealed class PythonCallerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_Python_sends_is_on_the_phone()
    {
        await using var machine = await Machine.StartAsync();

        var (status, said) = await PythonAsync(
            machine,
            machine.Alice,
            $"""
            import base64
            from notifykit import send, when_done
            picture = base64.b64decode("{Convert.ToBase64String(TestPictures.Png(60, 40))}")
            first = send("The *import* is done", title="Import_1", wait=30)
            print(first.status, first.channels["telegram"], len(first.id) > 10, first.repeated)
            print(send("*plain*", markdown=False, silent=True, key="once", wait=30).repeated)
            print(send("*plain*", markdown=False, silent=True, key="once", wait=30).repeated)
            print(send("Down _12 %_", title="Revenue", image=picture, wait=30).status)
            print(send(image=picture, silent=True, wait=0).status in ("queued", "delivered"))
            with when_done("training"):
                pass
            """
        );

        Assert.Equal((0, "delivered delivered True False\nFalse\nTrue\ndelivered\nTrue\n"), (status, said));
        await machine.Phone.WaitForBotMessagesAsync(machine.Chat, 5, Cancellation);
        var messages = await machine.Messages();
        Assert.Equal(
            ["Import_1\nThe import is done", "*plain*", "Revenue\nDown 12 %", ""],
            messages.Take(4).Select(message => message.Text)
        );
        Assert.Equal([false, true, false, true, false], messages.Select(message => message.Silent));
        Assert.Equal([false, false, true, true, false], messages.Select(message => message.Photo is not null));
        Assert.StartsWith("training: done\nIt took 0.0 s, on ", messages[4].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_bot_refuses_is_an_exception_with_the_bots_sentence()
    {
        await using var machine = await Machine.StartAsync();
        const string Tries = """
            import notifykit, sys
            for options in ({"wait": 31}, {"key": "x" * 201}, {"image": b"no picture"}, {}):
                try:
                    print(notifykit.send(" " if not options else "Hello", **options).status)
                except notifykit.NotifyError as error:
                    print(type(error).__name__, error.status, error)
            """;

        var lines = (await PythonAsync(machine, machine.Alice, Tries)).Said.Split('\n');

        Assert.StartsWith(
            "Refused 400 Field 'wait' is not a number of seconds from 0 to 30",
            lines[0],
            StringComparison.Ordinal
        );
        Assert.StartsWith("Refused 400 Field 'key' is longer than 200 characters", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("Refused 415 ", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("Refused 400 ", lines[3], StringComparison.Ordinal);
        Assert.Empty(await machine.Messages());
    }

    [Fact]
    public async Task Without_a_link_a_bot_or_the_group_it_says_what_to_do()
    {
        await using var machine = await Machine.StartAsync();
        const string Hello = "import notifykit\nnotifykit.send('Hello')";
        await using var eve = await TestAccount.CreateAsync("eve");

        var outside = await PythonAsync(machine, eve, Hello);
        await File.WriteAllTextAsync(Path.Combine(machine.Data, "telegram_users.json"), "{}", Cancellation);
        var unlinked = await PythonAsync(machine, machine.Alice, Hello);
        await machine.Bot.KillAsync();
        var away = await PythonAsync(machine, machine.Alice, Hello);

        Assert.Contains(
            "notifykit.NotAllowed: You may not connect to the bot",
            LastLine(outside),
            StringComparison.Ordinal
        );
        Assert.Contains("notifykit.NotLinked: ", LastLine(unlinked), StringComparison.Ordinal);
        Assert.Contains("/start", LastLine(unlinked), StringComparison.Ordinal);
        Assert.Contains("notifykit.BotUnreachable: The bot is not running", LastLine(away), StringComparison.Ordinal);
        Assert.All(
            [outside, unlinked, away],
            ended =>
            {
                Assert.Equal(1, ended.Status);
                Assert.DoesNotContain("client.py", ended.Said, StringComparison.Ordinal);
                Assert.DoesNotContain(machine.Sandbox.Token, ended.Said, StringComparison.Ordinal);
            }
        );
    }

    [Fact]
    public async Task A_script_of_alices_alerts_with_a_figure_of_bytes()
    {
        await using var machine = await Machine.StartAsync();
        machine.Script(
            "stock_check.py",
            $"""
            import base64
            from notifykit import alert
            alert(True, "Stock", "Below *minimum*", chart=base64.b64decode("{Convert.ToBase64String(
                TestPictures.Png(60, 40)
            )}"), cooldown="0m")
            """
        );

        Assert.Equal((0, ""), await machine.RoundAsync());

        var message = Assert.Single(await machine.Messages());
        Assert.Equal("Stock\nBelow minimum", message.Text);
        Assert.NotNull(message.Photo);
    }

    [Fact]
    public async Task A_script_finds_the_bot_that_its_runner_reports_to()
    {
        await using var machine = await Machine.StartAsync();

        // The round knows the bot by NOTIFY_DATA_DIR alone.
        machine.Script(
            "stock_check.py",
            "from notifykit import alert, send\nsend('Sent at once', wait=30)\nalert(False)\n"
        );

        Assert.Equal((0, ""), await machine.RoundAsync());

        Assert.Equal("Sent at once", Assert.Single(await machine.Messages()).Text);
    }

    private static string LastLine((int Status, string Said) ended) => ended.Said.TrimEnd().Split('\n')[^1];

    /// <summary>Runs a program of an account's, which finds the package where the runner has it.</summary>
    private static Task<(int Status, string Said)> PythonAsync(Machine machine, TestAccount account, string code) =>
        account.RunAsync(
            "/usr/bin/python3",
            ["-c", code],
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["HOME"] = account.Home,
                ["NOTIFY_BOT_SOCKET"] = machine.Bot.SocketPath,
                ["PYTHONPATH"] = Path.Combine(Path.GetDirectoryName(Programs.Path("notify-runner"))!, "python"),
            },
            Cancellation
        );
}
