using Notify.Bot.Commands;
using Notify.Testing;
using Notify.Tests.Polling;

namespace Notify.Tests.Commands;

/// <summary>What people get for what they type and press.</summary>
public sealed class CommandTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/start", "start", "", false)]
    [InlineData("/start@NotifyTestBot", "start", "", false)]
    [InlineData("/start@notifytestbot abc", "start", "abc", false)]
    [InlineData("/start@SomeOtherBot", "start", "", true)]
    [InlineData("  /RUN   my script.py  ", "run", "my script.py", false)]
    [InlineData("/run\nrevenue", "run", "revenue", false)]
    public void A_command_is_read_as_it_is_typed(string typed, string name, string argument, bool forAnotherBot) =>
        Assert.Equal(new TypedCommand(name, argument, forAnotherBot), TypedCommand.Parse(typed, "NotifyTestBot"));

    [Theory]
    [InlineData("hello")]
    [InlineData("/")]
    [InlineData("")]
    public void What_does_not_start_with_a_slash_and_a_name_is_no_command(string typed) =>
        Assert.Null(TypedCommand.Parse(typed, "NotifyTestBot"));

    [Fact]
    public async Task Anything_unknown_is_answered_with_the_way_in()
    {
        await using var scene = await BotScene.BeginAsync();
        var stranger = await scene.Phone.AddPersonAsync("Stranger", Cancellation);
        var linked = await scene.LinkAsync("alice");

        Assert.Equal("Use /start to link your account.", (await scene.AskAsync(stranger, "what is this?")).Text);
        Assert.Equal("Use /start to link your account.", (await scene.AskAsync(stranger, "/nonsense")).Text);
        foreach (
            var (typed, said) in new[]
            {
                ("what is this?", "The bot reads only commands:"),
                ("/nonsense", "There is no command /nonsense. The commands:"),
                ("/Stauts now", "There is no command /stauts. The commands:"),
            }
        )
        {
            var answer = (await scene.AskAsync(linked, typed)).Text;
            Assert.StartsWith(said, answer, StringComparison.Ordinal);
            Assert.All(
                CommandList.All,
                command => Assert.Contains($"/{command.Name} - ", answer, StringComparison.Ordinal)
            );
        }
    }

    [Fact]
    public async Task Help_lists_every_command()
    {
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.LinkAsync("alice");

        var help = (await scene.AskAsync(chat, "/help@NotifyTestBot")).Text;

        Assert.All(
            CommandList.All,
            command => Assert.Contains($"/{command.Name} - {command.Description}", help, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Test_sends_a_sample_text_and_a_sample_picture_marked_as_such()
    {
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.LinkAsync("alice");

        await scene.Phone.TypeAsync(chat, "/test", Cancellation);

        var messages = await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m => m.Any(x => x.Photo is not null),
            Cancellation
        );
        Assert.Contains(messages, m => m.Photo is null && m.Text.StartsWith("Sample:", StringComparison.Ordinal));
        Assert.Contains(
            messages,
            m => m.Photo is { Width: 640, Height: 360 } && m.Text.StartsWith("Sample:", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_stranger_gets_five_answers_a_minute_and_notifications_go_on()
    {
        await using var scene = await BotScene.BeginAsync();
        var stranger = await scene.Phone.AddPersonAsync("Flooder", Cancellation);
        var linked = await scene.LinkAsync("alice");
        for (var i = 0; i < 30; i++)
        {
            await scene.Phone.TypeAsync(stranger, i % 2 == 0 ? "/start" : "hello", Cancellation);
        }

        await scene.AskAsync(linked, "/help");
        await Eventually.TrueAsync(
            async () =>
                (await scene.Phone.StateAsync(Cancellation)).PendingUpdates == 0
                && UpdateOrderTests.Pending(scene) == 0,
            () => "updates are waiting",
            Cancellation
        );

        Assert.Equal(
            UnlinkedChatLimiter.AnswersPerMinute,
            (await scene.Phone.BotMessagesAsync(stranger, Cancellation)).Count
        );
    }

    [Fact]
    public void The_limit_on_strangers_ends_with_its_minute()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var limit = new UnlinkedChatLimiter(time);
        Assert.All(Enumerable.Range(0, 5), _ => Assert.True(limit.MayAnswer(new ChatId(1))));
        Assert.False(limit.MayAnswer(new ChatId(1)));
        Assert.True(limit.MayAnswer(new ChatId(2)));

        time.Advance(TimeSpan.FromMinutes(1));

        Assert.True(limit.MayAnswer(new ChatId(1)));
    }

    [Fact]
    public void A_crowd_of_strangers_is_not_remembered_beyond_a_bound_and_those_who_are_keep_their_minute()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var limit = new UnlinkedChatLimiter(time);
        Assert.True(limit.MayAnswer(new ChatId(1)));
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.All(
            Enumerable.Range(2, UnlinkedChatLimiter.ChatsPerMinute - 1),
            chat => Assert.True(limit.MayAnswer(new ChatId(chat)))
        );

        Assert.False(limit.MayAnswer(new ChatId(999_999)));
        Assert.True(limit.MayAnswer(new ChatId(2)));
        time.Advance(TimeSpan.FromSeconds(30));

        Assert.True(limit.MayAnswer(new ChatId(999_999)));
        Assert.False(limit.MayAnswer(new ChatId(1)));
        Assert.True(limit.MayAnswer(new ChatId(2)));
    }

    [Fact]
    public async Task A_button_pressed_after_the_chat_was_unlinked_does_nothing()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var scene = await BotScene.OwnScriptsAsync(alice);
        var witness = Path.Combine(alice.Home, "ran");
        alice.Write(
            "user/notifications/touchy.py",
            $$"""open({{'"'}}{{witness}}{{'"'}}, "w"); print('{"notify": false}')"""
        );
        var chat = await scene.LinkAsync(alice.Name);
        var status = await scene.AskAsync(chat, "/status");
        await scene.AskAsync(chat, "/unlink");

        var pressed = await scene.Phone.PressAsync(
            chat,
            "▶ Run touchy",
            Cancellation,
            status.MessageId,
            waitSeconds: 30
        );

        Assert.Contains("no longer linked", pressed.Answer?.Text, StringComparison.Ordinal);
        Assert.False(File.Exists(witness));
    }
}
