using System.Text.Json;
using Notify.Bot.Doctor;
using Notify.Sending;
using Notify.Testing;
using Notify.Tests.Callers;
using Notify.Tests.SendApi;

namespace Notify.Tests.Operators;

/// <summary>The operators' desk at the shell: <c>notify-bot status</c>, <c>queue</c>, <c>failed</c>, <c>audit</c>, <c>forget</c>.</summary>
public sealed class OperatorCommandTests(People people) : IClassFixture<People>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tables_show_what_waits_what_failed_and_what_operators_did()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(Faults.FloodWait(3000) with { ChatId = ApiScene.Dana });
        await scene.SendAsync(
            new
            {
                user = "dana",
                text = "waits",
                script = "a.py",
                wait = 0,
            }
        );
        await Eventually.TrueAsync(
            async () => (await scene.Bot.OperateAsync("queue")).Said.Contains("rate limited", StringComparison.Ordinal),
            () => scene.Bot.Log,
            Cancellation
        );
        var queue = await scene.Bot.OperateAsync("queue");
        await OperatorDeskTests.ActAsync(scene, "/operator/queue/dana/drop");

        Assert.Matches(@"^User +Waiting +Oldest +Next try +Reason\ndana +1 +20..-.* rate limited\n$", queue.Said);
        Assert.Equal((0, "Nothing waits.\n"), await scene.Bot.OperateAsync("queue"));
        Assert.Matches(
            "dana +a.py +failed +dropped +[A-Za-z0-9_-]{22}\n$",
            (await scene.Bot.OperateAsync("failed")).Said
        );
        Assert.Matches("root +drop +dana +Dropped 1 waiting", (await scene.Bot.OperateAsync("audit")).Said);
        var (status, said) = await scene.Bot.OperateAsync("status");
        Assert.Contains("bot       ok, version ", said, StringComparison.Ordinal);
        Assert.Contains("failed    1 in 24 h", said, StringComparison.Ordinal);
        Assert.Contains("queue     empty", said, StringComparison.Ordinal);

        // The tests' folder has not the mode of a server's.
        Assert.Contains("fix: chmod 2770", said, StringComparison.Ordinal);
        Assert.Equal(1, status);
    }

    [Theory]
    [InlineData("status", "checks")]
    [InlineData("queue", "users")]
    [InlineData("failed", "failures")]
    [InlineData("audit", "acts")]
    [InlineData("users", "users")]
    [InlineData("failed --since 7d --limit 3", "failures")]
    public async Task With_json_each_prints_one_document(string command, string member)
    {
        await using var scene = await ApiScene.BeginAsync();

        var (_, said) = await scene.Bot.OperateAsync([.. command.Split(' '), "--json"]);

        using var document = JsonDocument.Parse(said);
        Assert.Equal(JsonValueKind.Array, document.RootElement.GetProperty(member).ValueKind);
    }

    [Fact]
    public async Task The_list_of_links_as_json_has_what_the_table_has()
    {
        await using var scene = await ApiScene.BeginAsync();

        var users = JsonDocument
            .Parse((await scene.Bot.OperateAsync("users", "--json")).Said)
            .RootElement.GetProperty("users");

        Assert.Equal(
            """{"user":"dana","chat_id":7001,"linked_at":"2026-01-05T09:00:00Z","group":false}""",
            users[0].GetRawText()
        );
    }

    [Fact]
    public async Task The_bot_decides_who_may_ask()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        var program = Programs.Path("notify-bot");
        var environment = new Dictionary<string, string>(scene.Bot.Environment, StringComparer.Ordinal)
        {
            ["DOTNET_ROOT"] = Environment.GetEnvironmentVariable("DOTNET_ROOT") ?? "",
        };

        var alice = await people.Alice.RunAsync(program, ["queue"], environment, Cancellation);
        var dana = await people.Dana.RunAsync(program, ["queue"], environment, Cancellation);

        Assert.Equal((0, "Nothing waits.\n"), dana);
        Assert.Equal(77, alice.Status);
        Assert.Contains("does not know you as an operator", alice.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_bot_a_sentence_says_so_and_the_status_is_69()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.Bot.Bot.StopAsync(Cancellation);

        foreach (var command in new[] { "status", "queue", "failed", "audit" })
        {
            var (status, said) = await scene.Bot.OperateAsync(command, "--json");
            Assert.Equal(69, status);
            Assert.StartsWith("notify-bot: ", said, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Forgetting_asks_first_at_a_terminal_and_needs_a_yes_elsewhere()
    {
        await using var scene = await ApiScene.BeginAsync();
        var (output, errors) = (new StringWriter(), new StringWriter());
        OperatorCommands Typing(string typed) =>
            new(
                new SendApiClient(scene.Bot.Bot.SocketPath, TimeProvider.System),
                "data-ops",
                TimeProvider.System,
                new StringReader(typed),
                output,
                errors
            );
        Task<int> ForgetAsync(string typed) =>
            Typing(typed).ForgetAsync("dana", isSure: false, isTerminal: true, json: false, Cancellation);

        var (status, said) = await scene.Bot.OperateAsync("forget", "dana");
        Assert.Equal(64, status);
        Assert.Contains("--yes", said, StringComparison.Ordinal);
        Assert.Equal(1, await ForgetAsync("omar\n"));
        Assert.Equal(1, await ForgetAsync(""));
        Assert.Contains("erases for good", errors.ToString(), StringComparison.Ordinal);
        Assert.True((await OperatorDeskTests.GetAsync(scene, "/link?user=dana")).GetProperty("linked").GetBoolean());

        Assert.Equal(0, await ForgetAsync("dana\n"));
        Assert.Contains("The bot has forgotten dana.", output.ToString(), StringComparison.Ordinal);
        Assert.False((await OperatorDeskTests.GetAsync(scene, "/link?user=dana")).GetProperty("linked").GetBoolean());
        var (done, words) = await scene.Bot.OperateAsync("forget", "omar", "--yes");
        Assert.Equal(0, done);
        Assert.Contains("the link", words, StringComparison.Ordinal);
        Assert.Equal(64, (await scene.Bot.OperateAsync("forget", "not a name", "--yes")).Status);
    }
}
