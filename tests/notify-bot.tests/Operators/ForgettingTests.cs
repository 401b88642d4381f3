using System.Text;
using System.Text.Json;
using Notify.Sandbox.Telegram;
using Notify.Testing;
using Notify.Tests.Events;
using Notify.Tests.SendApi;

namespace Notify.Tests.Operators;

/// <summary>What is left of a user who is forgotten: one line in the audit, and the log's.</summary>
public sealed class ForgettingTests
{
    private const string Mark = "quokka-4711";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_left_but_the_audit_and_others_keep_all()
    {
        await using var scene = await ApiScene.BeginAsync();
        await FillAsync(scene, "dana");
        await FillAsync(scene, "omar");
        await scene.FaultAsync(Faults.FloodWait(3000) with { ChatId = ApiScene.Dana });
        await scene.SendAsync(
            new
            {
                user = "dana",
                text = $"waits {Mark}",
                wait = 0,
            }
        );
        await using var events = await WatchedEvents.OpenAsync(scene.Bot.Bot.Client, "/events", Cancellation);

        var said = await OperatorDeskTests.ActAsync(scene, "/operator/users/dana/forget");

        foreach (
            var part in new[]
            {
                "the link",
                "5 notifications with 3 charts and 2 files",
                "1 incident",
                "1 mute",
                "the quiet hours",
                "~/.notifications",
            }
        )
        {
            Assert.Contains(part, said, StringComparison.Ordinal);
        }

        // Behind the news about what waited.
        while (Assert.Single(await events.NextAsync(1)) is var next && next != "forgotten dana")
        {
            Assert.StartsWith("notification dana ", next, StringComparison.Ordinal);
        }

        Assert.Empty(await scene.HistoryAsync("dana"));
        foreach (var path in new[] { "/link", "/mutes", "/quiet", "/incidents" })
        {
            var before = (await scene.AskAsync(HttpMethod.Get, $"{path}?user=nobody")).Body;
            Assert.Equal(before, (await scene.AskAsync(HttpMethod.Get, $"{path}?user=dana")).Body);
        }

        // Nothing of the texts is in any file, not even in the free pages of the outbox or its log; but omar's are there.
        Assert.Empty(FilesWith(scene, $"dana {Mark}"));
        Assert.Empty(FilesWith(scene, $"waits {Mark}"));
        Assert.NotEmpty(FilesWith(scene, $"omar {Mark}"));
        Assert.Equal(4, (await scene.HistoryAsync("omar")).Count);
        Assert.Equal(5, Directory.GetFiles(Path.Combine(scene.Bot.Data, "private", "images")).Length);
        Assert.DoesNotContain(
            "dana",
            await File.ReadAllTextAsync(Path.Combine(scene.Bot.Data, "telegram_users.json"), Cancellation),
            StringComparison.Ordinal
        );
        Assert.Contains("The bot has forgotten dana.", scene.Bot.Log, StringComparison.Ordinal);

        // A restart brings nothing back, and a service that was down learns of it.
        await scene.Bot.StartBotAsync();
        Assert.Empty(await scene.HistoryAsync("dana"));
        var act = Assert.Single(
            (await OperatorDeskTests.GetAsync(scene, "/operator/audit")).GetProperty("acts").EnumerateArray()
        );
        Assert.Equal(("forget", "dana", said), (Text(act, "act"), Text(act, "user"), Text(act, "detail")));
        var forgotten = await OperatorDeskTests.GetAsync(scene, "/forgotten");
        Assert.Equal("dana", Text(Assert.Single(forgotten.GetProperty("users").EnumerateArray()), "user"));
        Assert.Contains(
            "The bot kept nothing of dana.",
            await OperatorDeskTests.ActAsync(scene, "/operator/users/dana/forget"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task After_a_kill_in_the_middle_forgetting_again_finishes_it()
    {
        await using var scene = await ApiScene.BeginAsync();
        await FillAsync(scene, "dana");
        await scene.FaultAsync(new Fault { Kind = FaultKind.Hang, ChatId = ApiScene.Dana });
        await scene.SendAsync(
            new
            {
                user = "dana",
                text = $"hangs {Mark}",
                wait = 0,
            }
        );
        var forgetting = scene.AskAsync(HttpMethod.Post, "/operator/users/dana/forget");
        await Eventually.TrueAsync(
            async () =>
                !(await OperatorDeskTests.GetAsync(scene, "/link?user=dana")).GetProperty("linked").GetBoolean(),
            () => $"the link is still there: {scene.Bot.Log}",
            Cancellation
        );

        await scene.Bot.Bot.KillAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => forgetting);
        await scene.Phone.ClearFaultsAsync(Cancellation);
        await scene.Bot.StartBotAsync();

        // The dashboard knows already; the history is still there.
        Assert.Single((await OperatorDeskTests.GetAsync(scene, "/forgotten")).GetProperty("users").EnumerateArray());
        Assert.NotEmpty(await scene.HistoryAsync("dana"));
        await OperatorDeskTests.ActAsync(scene, "/operator/users/dana/forget");
        Assert.Empty(await scene.HistoryAsync("dana"));
        Assert.Empty(FilesWith(scene, Mark));
        Assert.Empty(Directory.GetFiles(Path.Combine(scene.Bot.Data, "private", "images")));
    }

    [Fact]
    public async Task A_chart_that_can_t_be_removed_is_said_and_forgetting_again_finishes_it()
    {
        await using var scene = await ApiScene.BeginAsync();
        await FillAsync(scene, "dana");
        var chart = Directory.GetFiles(Path.Combine(scene.Bot.Data, "private", "images"))[0];
        File.Delete(chart);
        Directory.CreateDirectory(chart);

        (await scene.AskAsync(HttpMethod.Post, "/operator/users/dana/forget")).AssertRefused(503, "can't be removed");

        Assert.NotEmpty(await scene.HistoryAsync("dana"));
        Assert.StartsWith(
            "Failed: ",
            Text((await OperatorDeskTests.GetAsync(scene, "/operator/audit")).GetProperty("acts")[0], "detail"),
            StringComparison.Ordinal
        );
        Directory.Delete(chart);
        await OperatorDeskTests.ActAsync(scene, "/operator/users/dana/forget");
        Assert.Empty(await scene.HistoryAsync("dana"));
        Assert.Empty(FilesWith(scene, Mark));
    }

    /// <summary>Four notifications: one with a chart, one with charts and a file, one of an incident, one with a table and a CSV file; a mute and quiet hours.</summary>
    private static async Task FillAsync(ApiScene scene, string user)
    {
        var text = $"{user} {Mark}";
        ApiAnswer[] answers =
        [
            await scene.SendPhotoAsync(TestPictures.Png(64, 48), ("user", user), ("text", text), ("title", text)),
            await scene.SendFormAsync(
                [($"{user}.csv", Encoding.UTF8.GetBytes(text))],
                [TestPictures.Png(32, 32), TestPictures.Png(33, 32)],
                ("user", user),
                ("text", text)
            ),
            await scene.SendAsync(
                new
                {
                    user,
                    text,
                    incident = $"{user} {Mark}",
                }
            ),
            await scene.SendAsync(
                new
                {
                    user,
                    text,
                    table = new
                    {
                        columns = new[] { "a" },
                        rows = Enumerable.Range(0, 300).Select(i => new[] { $"{text} {i}" }),
                    },
                }
            ),
            await scene.SendJsonAsync("""{"for": "1h"}""", $"/scripts/stock_levels.py/mute?user={user}"),
        ];
        Assert.All(answers, answer => Assert.True(answer.Status == 200, answer.ToString()));
        using var hours = new StringContent(JsonSerializer.Serialize(new { user, hours = "03:00-03:01" }));
        Assert.Equal(200, (await scene.AskAsync(HttpMethod.Put, "/quiet", hours)).Status);
    }

    private static IReadOnlyList<string> FilesWith(ApiScene scene, string text) =>
        [
            .. Directory
                .EnumerateFiles(scene.Bot.Data, "*", SearchOption.AllDirectories)
                .Where(path => Path.GetExtension(path) is not (".sock" or ".lock"))
                .Where(path => Read(path).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0),
        ];

    /// <summary>The bytes of a file that the bot holds open.</summary>
    private static byte[] Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
