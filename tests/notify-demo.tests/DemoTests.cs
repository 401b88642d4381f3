using System.Diagnostics;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>The demo's program as ./dev demo starts it, as an account without rights, in a home of its own or in a person's.</summary>
public sealed class DemoTests
{
    private static readonly string[] AllPrograms =
    [
        "notify-sandbox",
        "notify-bot",
        "notify-gateway",
        "notify-runner",
        "notify-scripts",
        "notify-web",
        "notify-demo",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Once_shows_what_the_phone_got_and_leaves_nothing_behind()
    {
        TestAccount.SkipUnlessRoot();
        await using var dana = await TestAccount.CreateAsync("dana");

        var (status, said) = await dana.RunAsync(
            Demo,
            [.. Arguments(dana), "--demo-home", "--once"],
            Nothing,
            Cancellation
        );

        Assert.True(status == 0, said);
        Assert.Contains("*Revenue down 25 %*", said, StringComparison.Ordinal);
        Assert.Contains("[photo 1200 x 675", said, StringComparison.Ordinal);
        Assert.Contains("*Orders: daily report*", said, StringComparison.Ordinal);
        Assert.Contains("*2 stale tables*", said, StringComparison.Ordinal);
        Assert.Contains("open_orders.csv", said, StringComparison.Ordinal);
        Assert.Contains("which was entered at the dashboard", said, StringComparison.Ordinal);
        Assert.Equal(
            4,
            said[said.IndexOf("The dashboard's history says:", StringComparison.Ordinal)..]
                .Split(".py: delivered")
                .Length - 1
        );
        await NothingRunsAsync(dana);
        Assert.Empty(ScratchFoldersOf(dana));
    }

    [Fact]
    public async Task Without_matplotlib_the_report_is_a_text_that_says_so()
    {
        TestAccount.SkipUnlessRoot();
        await using var dana = await TestAccount.CreateAsync("dana");
        dana.Write(
            ".venv/bin/python",
            "#!/bin/sh\nexec /usr/bin/python3 -S \"$@\"\n",
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        );

        var (status, said) = await dana.RunAsync(
            Demo,
            [.. Arguments(dana), "--demo-home", "--once"],
            Nothing,
            Cancellation
        );

        Assert.True(status == 0, said);
        Assert.Contains("no chart, since python3 has no matplotlib", said, StringComparison.Ordinal);
        Assert.Contains("matplotlib is not installed", said, StringComparison.Ordinal);
        Assert.DoesNotContain("[photo", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_did_not_arrive_is_named_and_the_status_is_1()
    {
        TestAccount.SkipUnlessRoot();
        await using var dana = await TestAccount.CreateAsync("dana");
        dana.Write("samples/revenue_drop.py", "import json\nprint(json.dumps({'notify': False}))\n");

        var (status, said) = await dana.RunAsync(
            Demo,
            [
                "--programs",
                ProgramsFolder,
                "--examples",
                Path.Combine(dana.Home, "samples"),
                "--web-port",
                "0",
                "--phone-port",
                "0",
                "--demo-home",
                "--once",
            ],
            Nothing,
            Cancellation
        );

        Assert.Equal(1, status);
        Assert.Contains(
            "missing the revenue alert, the daily report, the alert on stale tables",
            said,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Killed_it_takes_its_processes_along_and_the_next_one_works_and_takes_its_folder()
    {
        TestAccount.SkipUnlessRoot();
        await using var dana = await TestAccount.CreateAsync("dana");
        var start = new ProcessStartInfo(
            "/usr/bin/setpriv",
            [
                $"--reuid={dana.Name}",
                $"--regid={dana.Name}",
                "--init-groups",
                "--",
                Demo,
                .. Arguments(dana),
                "--demo-home",
            ]
        )
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var demo = Process.Start(start)!;
        while (
            await demo.StandardOutput.ReadLineAsync(Cancellation) is { } line
            && !line.Contains("Ctrl-C", StringComparison.Ordinal)
        ) { }

        demo.Kill();
        await demo.WaitForExitAsync(Cancellation);

        await NothingRunsAsync(dana);
        Assert.Single(ScratchFoldersOf(dana));
        var (status, said) = await dana.RunAsync(
            Demo,
            [.. Arguments(dana), "--demo-home", "--once"],
            Nothing,
            Cancellation
        );
        Assert.True(status == 0, said);
        Assert.Empty(ScratchFoldersOf(dana));
    }

    [Fact]
    public async Task Beside_a_persons_own_scripts_it_does_not_start()
    {
        TestAccount.SkipUnlessRoot();
        await using var dana = await TestAccount.CreateAsync("dana");
        var own = dana.Write("user/notifications/revenue_drop.py", "print('mine')\n");
        var before = FilesOf(dana);

        var (status, said) = await dana.RunAsync(Demo, [.. Arguments(dana), "--once"], Nothing, Cancellation);

        Assert.Equal(1, status);
        Assert.Contains($"{own} is yours", said, StringComparison.Ordinal);
        Assert.Equal(before, FilesOf(dana));
    }

    [Fact]
    public async Task In_a_persons_home_all_is_as_before_when_it_ends()
    {
        TestAccount.SkipUnlessRoot();
        await using var dana = await TestAccount.CreateAsync("dana");
        dana.Write("user/report.txt", "mine");
        dana.Write(".notifications/state/revenue_drop.json", """{"last_sent": 1769800800.25}""");
        var before = FilesOf(dana);

        var (status, said) = await dana.RunAsync(Demo, [.. Arguments(dana), "--once"], Nothing, Cancellation);

        Assert.True(status == 0, said);
        Assert.Equal(
            before,
            FilesOf(dana)
                .Where(f =>
                    !f.Path.Contains("/.notifications/logs/", StringComparison.Ordinal)
                    && !f.Path.Contains("/matplotlib/", StringComparison.Ordinal)
                    && !f.Path.Contains("/charts/", StringComparison.Ordinal)
                )
        );
    }

    [Fact]
    public async Task With_a_private_home_a_persons_scripts_neither_run_nor_change()
    {
        TestAccount.SkipUnlessRoot();
        await using var dana = await TestAccount.CreateAsync("dana");
        dana.Write("user/notifications/mine.py", "open('/proc/self/cwd/it-ran', 'w')\n");
        var privateHome = Path.GetDirectoryName(dana.Write("private/readme", ""))!;
        var tool = dana.Write(
            "in-private-home.sh",
            await File.ReadAllTextAsync(Path.Combine(Programs.Repository, "tools", "in-private-home.sh"), Cancellation)
        );
        var (possible, _) = await dana.RunAsync("/bin/sh", [tool, privateHome, "true"], Nothing, Cancellation);
        Assert.SkipUnless(
            possible == 0,
            "needs user namespaces for accounts without rights: sysctl kernel.unprivileged_userns_clone=1"
        );
        var before = FilesOf(dana).Where(f => !f.Path.StartsWith(privateHome, StringComparison.Ordinal)).ToList();

        int status;
        string said;
        using (await TestAccount.KeepAccountsAsTheyAreAsync())
        {
            (status, said) = await dana.RunAsync(
                "/bin/sh",
                [tool, privateHome, Demo, .. Arguments(dana), "--demo-home", "--once"],
                Nothing,
                Cancellation
            );
        }

        Assert.True(status == 0, said);
        Assert.Contains(
            $"{dana.Name}@example.com chose that account at Google and is {dana.Name} here",
            said,
            StringComparison.Ordinal
        );
        Assert.Equal(before, FilesOf(dana).Where(f => !f.Path.StartsWith(privateHome, StringComparison.Ordinal)));
    }

    private static string Demo => Programs.Path("notify-demo");

    private static string ProgramsFolder =>
        AllPrograms
            .Select(name => Path.GetDirectoryName(Path.GetDirectoryName(Programs.Path(name)))!)
            .Distinct(StringComparer.Ordinal)
            .Single();

    private static Dictionary<string, string> Nothing { get; } = [];

    private static string[] Arguments(TestAccount account)
    {
        foreach (
            var example in Directory.GetFiles(Path.Combine(Programs.Repository, "examples", "notifications"), "*.py")
        )
        {
            // In the account's home: the repository may be closed to it.
            account.Write(Path.Combine(".examples", Path.GetFileName(example)), File.ReadAllBytes(example));
        }

        return
        [
            "--programs",
            ProgramsFolder,
            "--examples",
            Path.Combine(account.Home, ".examples"),
            "--web-port",
            "0",
            "--phone-port",
            "0",
        ];
    }

    private static List<(string Path, string Content)> FilesOf(TestAccount account) =>
        [
            .. Directory
                .GetFiles(
                    account.Home,
                    "*",
                    new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }
                )
                .Where(f => !f.Contains("/.examples/", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(f => (f, File.ReadAllText(f))),
        ];

    private static string[] ScratchFoldersOf(TestAccount account) =>
        [
            .. Directory
                .GetDirectories("/tmp", "notify-demo-*")
                .Where(f => Posix.FileStatus.OfPath(f)?.Uid == account.Uid),
        ];

    /// <summary>Zombies count as gone: whether somebody reaps them is not the demo's to say.</summary>
    private static Task NothingRunsAsync(TestAccount account) =>
        Eventually.TrueAsync(
            async () =>
                (
                    await RunProgram.ToEndAsync(
                        "/usr/bin/pgrep",
                        ["-u", account.Name, "-r", "D,I,R,S,T"],
                        Nothing,
                        Cancellation
                    )
                ).Status == 1,
            () => $"processes of {account.Name} still run",
            Cancellation
        );
}
