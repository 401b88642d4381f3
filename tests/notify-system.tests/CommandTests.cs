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
