using System.Diagnostics;
using System.Security.Cryptography;
using Notify.Testing;

namespace Notify.Tests.Callers;

/// <summary>What a caller can make the bot send by naming a path: its own, or what everybody may read; never what only the bot can.</summary>
public sealed class PhotoPathTests(People people) : IClassFixture<People>
{
    private const UnixFileMode OpenFolder = (UnixFileMode)0b111_101_101;
    private const UnixFileMode ReadableByAll = (UnixFileMode)0b110_100_100;
    private const UnixFileMode OwnerAndGroup = (UnixFileMode)0b110_100_000;
    private const UnixFileMode OwnerOnly = (UnixFileMode)0b110_000_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("path to alice's, which the bot's group may read")]
    [InlineData("path to deploy's")]
    [InlineData("path in a folder that is closed to bob, readable by all in itself")]
    [InlineData("symbolic link at the end")]
    [InlineData("symbolic link on the way")]
    [InlineData("hard link to alice's")]
    [InlineData("hard link to deploy's")]
    [InlineData("the bot's own view of its files in /proc")]
    [InlineData("the bot's database of links")]
    public async Task Bob_can_t_make_the_bot_send_what_only_others_can_read(string way)
    {
        await using var scene = await CallerScene.BeginAsync(people);
        var (alices, deploys) = Secrets();
        var bobs = Path.Combine(people.Bob.Home, "b-" + Path.GetRandomFileName());
        var path = way switch
        {
            "path to alice's, which the bot's group may read" => alices,
            "path to deploy's" => deploys,
            "path in a folder that is closed to bob, readable by all in itself" => InClosedFolder(),
            "symbolic link at the end" => File.CreateSymbolicLink(bobs, deploys).FullName,
            "symbolic link on the way" => Path.Combine(
                Directory.CreateSymbolicLink(bobs, people.Deploy.Home).FullName,
                Path.GetFileName(deploys)
            ),
            "hard link to alice's" => HardLink(alices, bobs),
            "hard link to deploy's" => HardLink(deploys, bobs),
            "the bot's own view of its files in /proc" => $"/proc/{scene.Bot.Bot.Id}/root{deploys}",
            _ => Path.Combine(scene.Bot.Data, "telegram_users.json"),
        };

        await using var bob = scene.As(people.Bob);
        var answer = await bob.PostAsync("/send_photo", new { photo_path = path, caption = "got it" }, Cancellation);

        Assert.Equal(403, answer.Status);
        Assert.Empty(await scene.PhoneOf(scene.BobChat));
        Assert.DoesNotContain(
            await scene.Bot.Phone.CallsAsync(Cancellation),
            c => c.Method is "sendPhoto" or "sendDocument"
        );

        // The bot itself can read each of them: it is the rule that says no, not the lack of rights.
        foreach (var secret in new[] { alices, deploys })
        {
            Assert.Equal(
                0,
                (
                    await people.Deploy.RunAsync(
                        "/usr/bin/cat",
                        [secret],
                        new Dictionary<string, string>(StringComparer.Ordinal),
                        Cancellation
                    )
                ).Status
            );
        }
    }

    [Theory]
    [InlineData("symbolic link at the end")]
    [InlineData("symbolic link on the way")]
    [InlineData("hard link")]
    public async Task Nothing_of_a_secret_gets_out_while_bob_swaps_it_in_and_out(string way)
    {
        await using var scene = await CallerScene.BeginAsync(people);
        var (_, secret) = Secrets();
        var own = TestPictures.Png(20, 20, "bob's own");
        var folder = Path.Combine(people.Bob.Home, Path.GetRandomFileName());
        var (shown, hidden) = (Path.Combine(folder, "shown"), Path.Combine(folder, "hidden"));
        var name = Path.GetFileName(secret);
        people.Bob.Write(Path.Combine(shown, "x"), "", ReadableByAll);
        string asked;
        switch (way)
        {
            case "symbolic link on the way":
                people.Bob.Write(Path.Combine(shown, name), own, ReadableByAll);
                Directory.CreateSymbolicLink(hidden, people.Deploy.Home);
                asked = Path.Combine(shown, name);
                break;
            default:
                shown = people.Bob.Write(Path.Combine(folder, "chart.png"), own, ReadableByAll);
                asked = shown;
                hidden =
                    way == "hard link" ? HardLink(secret, hidden) : File.CreateSymbolicLink(hidden, secret).FullName;
                break;
        }

        Process.Start("chmod", ["-R", "a+rX", "--", folder]).WaitForExit();
        File.SetUnixFileMode(secret, OwnerOnly);
        using var swapping = people.Bob.StartSwapping(shown, hidden);
        try
        {
            Assert.Equal("swapping", await swapping.StandardOutput.ReadLineAsync(Cancellation));
            await using var bob = scene.As(people.Bob);
            var statuses = new List<int>();
            for (var i = 0; i < 300 || (i < 5000 && !(statuses.Contains(200) && statuses.Contains(403))); i++)
            {
                statuses.Add((await bob.PostAsync("/send_photo", new { photo_path = asked }, Cancellation)).Status);
            }

            // Both sides of the swap were met, so the look fell between many swaps.
            Assert.False(swapping.HasExited, "the swapping ended early");
            Assert.Equal([200, 403], statuses.Distinct().Order());
            var arrived = await scene.PhoneOf(scene.BobChat);
            Assert.Equal(statuses.Count(s => s == 200), arrived.Count);
            Assert.All(arrived, m => Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(own)), m.Photo?.Sha256));
        }
        finally
        {
            swapping.Kill();
        }
    }

    [Fact]
    public async Task A_file_of_the_callers_own_and_one_that_all_may_read_are_sent()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        File.SetUnixFileMode(people.Alice.Home, OpenFolder);
        File.SetUnixFileMode(people.Bob.Home, OpenFolder);
        var (open, own, group) = (
            TestPictures.Png(30, 20, "open"),
            TestPictures.Png(30, 20, "own"),
            TestPictures.Png(30, 20, "own, shown to the bot's group")
        );
        await using var bob = scene.As(people.Bob);

        foreach (
            var path in new[]
            {
                people.Alice.Write("open.png", open, ReadableByAll),
                people.Bob.Write("own.png", own, ReadableByAll),
                InGroupOfDeploy(people.Bob.Write("group.png", group, OwnerAndGroup)),
            }
        )
        {
            var answer = await bob.PostAsync("/send_photo", new { photo_path = path, caption = "chart" }, Cancellation);
            Assert.True(answer.Status == 200, $"{path}: {answer}");
        }

        Assert.Equal(
            new[] { open, own, group }.Select(bytes => Convert.ToHexStringLower(SHA256.HashData(bytes))),
            (await scene.PhoneOf(scene.BobChat)).Select(m => m.Photo!.Sha256)
        );
    }

    [Fact]
    public async Task What_is_no_plain_file_is_refused_at_once()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        File.SetUnixFileMode(people.Bob.Home, OpenFolder);
        var pipe = Path.Combine(people.Bob.Home, "pipe");
        await people.Bob.RunAsync(
            "/usr/bin/mkfifo",
            ["-m", "0644", pipe],
            new Dictionary<string, string>(StringComparer.Ordinal),
            Cancellation
        );
        await using var bob = scene.As(people.Bob);

        foreach (
            var (path, status, words) in new (string, int, string)[]
            {
                (pipe, 403, "regular file"),
                ("/dev/zero", 403, "regular file"),
                ("/dev/stdin", 403, "symbolic link"),
                (people.Bob.Home, 403, "regular file"),
                ("/", 400, "absolute path"),
                ("chart.png", 400, "absolute path"),
                ("~/chart.png", 400, "absolute path"),
                ($"{people.Bob.Home}/../{Path.GetFileName(people.Bob.Home)}/chart.png", 400, "'..'"),
                ($"{people.Bob.Home}/chart\0.png", 400, "absolute path"),
                ("/" + new string('x', 5000), 400, "absolute path"),
                ("", 400, "photo_path"),
                (people.Bob.Home + "/missing.png", 403, "can't reach that file"),
                (people.Bob.Home + "/missing/chart.png", 403, "can't reach that file"),
                (people.Bob.Write("mine.txt", "no picture", ReadableByAll), 415, "PNG or JPEG"),
                (people.Bob.Write("empty.png", "", ReadableByAll), 415, "PNG or JPEG"),
                (people.Bob.Write("closed.png", TestPictures.Png(5, 5), OwnerOnly), 403, "part 'photo' of a form"),
            }
        )
        {
            var answer = await bob.PostAsync("/send_photo", new { photo_path = path }, Cancellation);
            Assert.True(answer.Status == status, $"{path} gave {answer}");
            Assert.Contains(words, answer.Error, StringComparison.Ordinal);
        }

        Assert.Empty(await scene.PhoneOf(scene.BobChat));
    }

    [Fact]
    public async Task What_an_access_list_closes_to_bob_is_not_sent_for_him()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        foreach (var home in new[] { people.Alice.Home, people.Bob.Home })
        {
            File.SetUnixFileMode(home, OpenFolder);
        }

        var closedFile = people.Alice.Write("acl.png", TestPictures.Png(30, 20, "closed"), ReadableByAll);
        var inClosedFolder = people.Alice.Write("acl/chart.png", TestPictures.Png(30, 20, "in closed"), ReadableByAll);
        var ownInClosed = people.Alice.Write("acl/bobs.png", TestPictures.Png(30, 20, "own"), ReadableByAll);
        people.Bob.Own(ownInClosed);
        File.SetUnixFileMode(Path.GetDirectoryName(inClosedFolder)!, OpenFolder);
        Process.Start("setfacl", ["-m", $"u:{people.Bob.Name}:---", closedFile]).WaitForExit();
        Process
            .Start("setfacl", ["-m", $"g:{people.Bob.Name}:---", Path.GetDirectoryName(inClosedFolder)!])
            .WaitForExit();
        await using var bob = scene.As(people.Bob);

        foreach (var path in new[] { closedFile, inClosedFolder, ownInClosed })
        {
            var answer = await bob.PostAsync("/send_photo", new { photo_path = path }, Cancellation);
            Assert.True(answer.Status == 403, $"{path} gave {answer}");
        }

        Assert.Empty(await scene.PhoneOf(scene.BobChat));
    }

    [Fact]
    public async Task A_file_that_grows_or_changes_while_it_is_read_is_refused_and_leaves_nothing()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        File.SetUnixFileMode(people.Bob.Home, OpenFolder);
        var chart = TestPictures.PngOfSize(2_000_000);
        var growing = people.Bob.Write("growing.png", chart, ReadableByAll);
        var changing = people.Bob.Write("changing.png", chart, ReadableByAll);
        var accepted = 0;
        using var writing = AccountCaller.StartAs(
            people.Bob,
            "/usr/bin/python3",
            "-c",
            """
            import sys
            growing, changing = open(sys.argv[1], "ab", 0), open(sys.argv[2], "r+b", 0)
            print("writing", flush=True)
            while True:
                growing.write(b"x")
                growing.truncate(2_000_000 + growing.tell() % 1000)
                changing.seek(1_900_000)
                changing.write(b"y")
            """,
            growing,
            changing
        );
        try
        {
            Assert.Equal("writing", await writing.StandardOutput.ReadLineAsync(Cancellation));
            await using var bob = scene.As(people.Bob);
            foreach (var path in new[] { growing, changing })
            {
                // On a busy machine the writer may stand still for as long as a copy takes; then the copy is whole.
                ApiAnswer answer = null!;
                await Eventually.TrueAsync(
                    async () =>
                    {
                        answer = await bob.PostAsync("/send_photo", new { photo_path = path, wait = 0 }, Cancellation);
                        accepted += answer.Status == 200 ? 1 : 0;
                        return answer.Status != 200;
                    },
                    () => "each was taken",
                    Cancellation
                );
                Assert.True(answer.Status == 400, $"{path} gave {answer}");
                Assert.Contains("changed while the bot read it", answer.Error, StringComparison.Ordinal);
            }
        }
        finally
        {
            writing.Kill();
        }

        Assert.Empty(Directory.EnumerateFiles(Path.Combine(scene.Bot.Data, "private", "incoming")));
        Assert.Equal(accepted, Directory.EnumerateFiles(Path.Combine(scene.Bot.Data, "private", "images")).Count());
    }

    [Fact]
    public async Task A_file_whose_size_the_kernel_does_not_know_is_refused_and_one_with_holes_counts_whole()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        File.SetUnixFileMode(people.Bob.Home, OpenFolder);
        var sparse = people.Bob.Write("sparse.png", TestPictures.Png(30, 20), ReadableByAll);
        Process.Start("truncate", ["-s", "12000000", sparse]).WaitForExit();
        var tooLarge = people.Bob.Write("too-large.png", TestPictures.Png(30, 20), ReadableByAll);
        Process.Start("truncate", ["-s", "60G", tooLarge]).WaitForExit();
        await using var bob = scene.As(people.Bob);

        Assert.Equal(
            400,
            (await bob.PostAsync("/send_photo", new { photo_path = "/proc/version" }, Cancellation)).Status
        );
        Assert.Equal(413, (await bob.PostAsync("/send_photo", new { photo_path = tooLarge }, Cancellation)).Status);
        Assert.Equal(200, (await bob.PostAsync("/send_photo", new { photo_path = sparse }, Cancellation)).Status);

        Assert.Equal(
            12_000_000,
            new FileInfo(
                Assert.Single(Directory.EnumerateFiles(Path.Combine(scene.Bot.Data, "private", "images")))
            ).Length
        );
    }

    [Fact]
    public async Task The_bytes_of_a_chart_in_a_closed_home_are_sent_in_a_form()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var alice = scene.As(people.Alice);
        var chart = TestPictures.Png(300, 200, "in a home of mode 0750");
        using var form = new MultipartFormDataContent
        {
            { new StringContent("*Weekly* report"), "caption" },
            { new ByteArrayContent(chart), "photo", "chart.png" },
        };

        var answer = await alice.PostFormAsync("/send_photo", form, Cancellation);

        Assert.Equal(200, answer.Status);
        var message = Assert.Single(await scene.PhoneOf(scene.AliceChat));
        Assert.Equal("Weekly report", message.Text);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(chart)), message.Photo?.Sha256);
    }

    /// <summary>A picture of alice's that she shows to the bot's group only, and one of deploy's own; all folders on the way are open.</summary>
    private (string Alices, string Deploys) Secrets()
    {
        foreach (var account in new[] { people.Alice, people.Bob, people.Deploy })
        {
            File.SetUnixFileMode(account.Home, OpenFolder);
        }

        return (
            InGroupOfDeploy(
                people.Alice.Write("secret.png", TestPictures.Png(40, 40, "alice's secret"), OwnerAndGroup)
            ),
            people.Deploy.Write("secret.png", TestPictures.Png(40, 40, "deploy's secret"), OwnerOnly)
        );
    }

    private string InClosedFolder()
    {
        var path = people.Alice.Write("closed/chart.png", TestPictures.Png(40, 40, "alice's secret"), ReadableByAll);
        InGroupOfDeploy(Path.GetDirectoryName(path)!);
        return path;
    }

    private string InGroupOfDeploy(string path)
    {
        Process.Start("chgrp", [people.Deploy.Name, path]).WaitForExit();
        return path;
    }

    /// <summary>Made by root, since the kernel here may forbid bob to.</summary>
    private static string HardLink(string target, string path)
    {
        Process.Start("ln", [target, path]).WaitForExit();
        return path;
    }
}
