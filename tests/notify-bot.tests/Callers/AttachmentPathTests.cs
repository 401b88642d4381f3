using System.Diagnostics;
using System.Text;
using Notify.Testing;

namespace Notify.Tests.Callers;

/// <summary>
/// What a caller can make the bot send by naming several paths, in <c>images</c> and <c>files</c>: all of them the caller's own or open to everybody, or
/// nothing at all, not even those before the refused one.
/// </summary>
public sealed class AttachmentPathTests(People people) : IClassFixture<People>
{
    private const UnixFileMode OpenFolder = (UnixFileMode)0b111_101_101;
    private const UnixFileMode ReadableByAll = (UnixFileMode)0b110_100_100;
    private const UnixFileMode OwnerOnly = (UnixFileMode)0b110_000_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("files", "path", 403, "neither yours nor readable by everybody")]
    [InlineData("images", "path", 403, "neither yours nor readable by everybody")]
    [InlineData("files", "symbolic link", 403, "has a symbolic link")]
    [InlineData("images", "symbolic link", 403, "has a symbolic link")]
    [InlineData("files", "symbolic link on the way", 403, "has a symbolic link")]
    [InlineData("files", "symbolic link in /proc", 403, "has a symbolic link")]
    [InlineData("files", "hard link", 403, "neither yours nor readable by everybody")]
    [InlineData("images", "hard link", 403, "neither yours nor readable by everybody")]
    [InlineData("files", "FIFO", 403, "One of files is not a regular file")]
    [InlineData("images", "FIFO", 403, "One of images is not a regular file")]
    [InlineData("files", "folder", 403, "One of files is not a regular file")]
    [InlineData("files", "socket", 403, "One of files is not a regular file")]
    [InlineData("files", "folder with a slash", 400, "Each of files must be an absolute path")]
    [InlineData("files", "two dots", 400, "Each of files must be an absolute path")]
    [InlineData("files", "the bot's outbox", 403, "neither yours nor readable by everybody")]
    public async Task One_path_that_is_not_for_bob_costs_the_whole_notification(
        string field,
        string way,
        int status,
        string words
    )
    {
        await using var scene = await CallerScene.BeginAsync(people);
        var secret = Secret();
        var path = await PathAsync(way, secret, scene);
        var own = people.Bob.Write("own.png", TestPictures.Png(20, 20, "bob's own"), ReadableByAll);
        await using var bob = scene.As(people.Bob);

        // The bot itself can read it: the rule refuses it, not the mode.
        Assert.Equal(0, await RunAsync(people.Deploy, "/usr/bin/cat", secret));
        var fields = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["text"] = "got it",
            [field] = (string[])[own, own, path],
        };
        var answer = await bob.PostAsync("/send", fields, Cancellation);

        Assert.True(answer.Status == status, $"{path} gave {answer}");
        Assert.Contains(words, answer.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(people.Deploy.Name, answer.Error, StringComparison.Ordinal);
        await AssertNothingCameAsync(scene);
    }

    [Theory]
    [InlineData("files")]
    [InlineData("images")]
    public async Task Paths_of_his_own_are_sent_with_those_that_everybody_may_read(string field)
    {
        await using var scene = await CallerScene.BeginAsync(people);
        OpenHomes();
        var (own, open) = (TestPictures.Png(20, 20, "bob's own"), TestPictures.Png(21, 20, "alice's, open"));
        await using var bob = scene.As(people.Bob);

        var answer = await bob.PostAsync(
            "/send",
            new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["text"] = "both",
                ["wait"] = 30,
                [field] = (string[])
                    [
                        people.Bob.Write("own.png", own, ReadableByAll),
                        people.Alice.Write("open.png", open, ReadableByAll),
                    ],
            },
            Cancellation
        );

        Assert.True(answer.Status == 200, answer.ToString());
        Assert.Equal(
            [TestPictures.Sha(own), TestPictures.Sha(open)],
            (await scene.PhoneOf(scene.BobChat))
                .Select(m => (m.Photo ?? m.Document)?.Sha256)
                .Where(sha => sha is not null)
        );
    }

    [Theory]
    [InlineData("files", "symbolic link")]
    [InlineData("images", "symbolic link")]
    [InlineData("files", "hard link")]
    [InlineData("files", "FIFO")]
    public async Task Nothing_of_a_secret_gets_out_while_bob_swaps_it_in_and_out(string field, string way)
    {
        await using var scene = await CallerScene.BeginAsync(people);
        var secret = Secret();
        var own = TestPictures.Png(20, 20, "bob's own");
        var shown = people.Bob.Write($"shown-{Path.GetRandomFileName()}.png", own, ReadableByAll);
        var hidden = await PathAsync(way, secret, scene);
        using var swapping = people.Bob.StartSwapping(shown, hidden);
        try
        {
            Assert.Equal("swapping", await swapping.StandardOutput.ReadLineAsync(Cancellation));
            await using var bob = scene.As(people.Bob);
            var statuses = new List<int>();
            for (var i = 0; i < 100 || (i < 5000 && !(statuses.Contains(200) && statuses.Contains(403))); i++)
            {
                var answer = await bob.PostAsync(
                    "/send",
                    new Dictionary<string, object>(StringComparer.Ordinal)
                    {
                        ["text"] = "x",
                        ["wait"] = 30,
                        [field] = (string[])[shown, shown],
                    },
                    Cancellation
                );
                statuses.Add(answer.Status);
            }

            // Both sides of the swap were met, so the look fell between many swaps.
            Assert.False(swapping.HasExited, "the swapping ended early");
            Assert.Equal([200, 403], statuses.Distinct().Order());
            var arrived = (await scene.PhoneOf(scene.BobChat))
                .Select(m => (m.Photo ?? m.Document)?.Sha256)
                .Where(sha => sha is not null)
                .ToArray();
            Assert.Equal(2 * statuses.Count(s => s == 200), arrived.Length);
            Assert.All(arrived, sha => Assert.Equal(TestPictures.Sha(own), sha));
        }
        finally
        {
            swapping.Kill();
        }
    }

    [Fact]
    public async Task A_file_of_another_user_s_notification_is_no_path_and_no_download()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var alice = scene.As(people.Alice);
        await using var bob = scene.As(people.Bob);
        using var form = new MultipartFormDataContent
        {
            { new StringContent("x"), "text" },
            { new ByteArrayContent(Encoding.UTF8.GetBytes("alice's secret")), "files", "secret.txt" },
        };
        Assert.Equal(200, (await alice.PostFormAsync("/send", form, Cancellation)).Status);
        var id = (await alice.GetAsync("/notifications", Cancellation))
            .Json.GetProperty("notifications")[0]
            .GetProperty("files")[0]
            .GetProperty("id")
            .GetString();
        var stored = Assert.Single(Directory.EnumerateFiles(Path.Combine(scene.Bot.Data, "private", "images")));

        var path = await bob.PostAsync("/send", new { text = "x", files = (string[])[stored] }, Cancellation);
        var download = await bob.GetAsync($"/files/{id}", Cancellation);
        var forAlice = await bob.GetAsync($"/files/{id}?user={people.Alice.Name}", Cancellation);

        Assert.Equal((403, 404, 403), (path.Status, download.Status, forAlice.Status));
        Assert.Equal("alice's secret", (await alice.GetAsync($"/files/{id}", Cancellation)).Body);
        Assert.Empty(await scene.PhoneOf(scene.BobChat));
        foreach (var answer in (ApiAnswer[])[path, download, forAlice])
        {
            Assert.DoesNotContain("secret", answer.Body, StringComparison.Ordinal);
        }
    }

    private async Task<string> PathAsync(string way, string secret, CallerScene scene)
    {
        var bobs = Path.Combine(people.Bob.Home, "b-" + Path.GetRandomFileName());
        switch (way)
        {
            case "symbolic link":
                return File.CreateSymbolicLink(bobs, secret).FullName;
            case "symbolic link on the way":
                Directory.CreateSymbolicLink(bobs, people.Deploy.Home);
                return Path.Combine(bobs, Path.GetFileName(secret));
            case "symbolic link in /proc":
                return $"/proc/{scene.Bot.Bot.Id}/root{secret}";
            case "hard link":
                // Made by root, because the kernel may forbid it to bob.
                using (var ln = Process.Start("ln", [secret, bobs]))
                {
                    await ln.WaitForExitAsync(Cancellation);
                }

                return bobs;
            case "FIFO":
                Assert.Equal(0, await RunAsync(people.Bob, "/usr/bin/mkfifo", "-m", "0644", bobs));
                return bobs;
            case "folder":
                return people.Bob.Home;
            case "folder with a slash":
                return people.Bob.Home + "/";
            case "two dots":
                return $"{people.Bob.Home}/../{Path.GetFileName(people.Deploy.Home)}/{Path.GetFileName(secret)}";
            case "socket":
                Assert.Equal(
                    0,
                    await RunAsync(
                        people.Bob,
                        "/usr/bin/python3",
                        "-c",
                        "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])",
                        bobs
                    )
                );
                return bobs;
            case "the bot's outbox":
                return Path.Combine(scene.Bot.Data, "private", "outbox.db");
            default:
                return secret;
        }
    }

    /// <summary>Deploy's own file, as the bot can read it; all folders on the way are open.</summary>
    private string Secret()
    {
        OpenHomes();
        return people.Deploy.Write("secret.png", TestPictures.Png(40, 40, "deploy's secret"), OwnerOnly);
    }

    private void OpenHomes()
    {
        foreach (var account in (TestAccount[])[people.Alice, people.Bob, people.Deploy])
        {
            File.SetUnixFileMode(account.Home, OpenFolder);
        }
    }

    /// <summary>No message, no call, nothing in the history, and no copy in the bot's folders.</summary>
    private static async Task AssertNothingCameAsync(CallerScene scene)
    {
        Assert.Empty(await scene.PhoneOf(scene.BobChat));
        Assert.DoesNotContain(
            await scene.Bot.Phone.CallsAsync(Cancellation),
            call => call.Method.StartsWith("send", StringComparison.Ordinal)
        );
        await using var bob = scene.As(scene.People.Bob);
        Assert.Equal(
            0,
            (await bob.GetAsync("/notifications", Cancellation)).Json.GetProperty("notifications").GetArrayLength()
        );
        foreach (var folder in (string[])["images", "incoming"])
        {
            Assert.Empty(Directory.EnumerateFiles(Path.Combine(scene.Bot.Data, "private", folder)));
        }
    }

    private static async Task<int> RunAsync(TestAccount account, string program, params string[] arguments) =>
        (
            await account.RunAsync(
                program,
                arguments,
                new Dictionary<string, string>(StringComparer.Ordinal),
                Cancellation
            )
        ).Status;
}
