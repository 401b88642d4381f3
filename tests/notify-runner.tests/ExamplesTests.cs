using System.Text.RegularExpressions;
using Notify.Images;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary>The examples, as they are, on a fresh account.</summary>
public sealed partial class ExamplesTests
{
    private static string Folder => Path.Combine(Programs.Repository, "examples", "notifications");

    /// <summary>The folder with the package notifykit.</summary>
    private static string PythonFolder =>
        Path.Combine(Path.GetDirectoryName(Programs.Path("notify-runner"))!, "python");

    [Fact]
    public async Task All_of_them_notify_on_sample_data()
    {
        await using var alice = await Analyst.CreateAsync();
        foreach (var example in Directory.GetFiles(Folder, "*.py"))
        {
            alice.WriteScript(Path.GetFileName(example), await File.ReadAllTextAsync(example, Analyst.Cancellation));
        }

        Assert.Equal(new Ended(0, "", ""), await alice.RoundAsync());

        Assert.Equal(4, alice.Bot.All.Count);
        var revenue = alice.Bot.All.Single(sent => sent.Text.Contains("revenue_drop.py", StringComparison.Ordinal));
        Assert.Equal("Revenue down 25 %", revenue["title"]);
        Assert.Contains("7-day average: $60,757", revenue["message"], StringComparison.Ordinal);
        var freshness = alice.Bot.All.Single(sent => sent.Text.Contains("data_freshness.py", StringComparison.Ordinal));
        Assert.Equal("2 stale tables", freshness["title"]);
        Assert.Contains("`refunds`: 3 days old", freshness["message"], StringComparison.Ordinal);
        var orders = alice.Bot.All.Single(sent => sent.Text.Contains("open_orders.py", StringComparison.Ordinal));
        Assert.Contains("3 orders wait over 3 days", orders.Text, StringComparison.Ordinal);
        Assert.Contains("\"Ostrava\"", orders.Text, StringComparison.Ordinal);
        Assert.Contains("filename=\"open_orders.csv\"", orders.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("warning", alice.Log, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(
            [".notifications", "user"],
            Directory.GetDirectories(alice.Home).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task The_report_brings_a_chart_that_others_can_not_read()
    {
        await using var alice = await Analyst.CreateAsync();
        var has = await alice.RunAsync("/usr/bin/python3", ["-c", "import matplotlib"]);
        Assert.SkipUnless(has.Status == 0, "needs matplotlib: apt-get install python3-matplotlib");
        alice.WriteScript(
            "metric_report.py",
            await File.ReadAllTextAsync(Path.Combine(Folder, "metric_report.py"), Analyst.Cancellation)
        );

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        var sent = Assert.Single(alice.Bot.All);
        Assert.Equal("POST /send_photo", sent.Call);
        var start = sent.Body.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']);
        var chart = ImageInfo.Read(sent.Body.AsSpan(start));
        Assert.Equal((1200, 675), (chart!.Value.Width, chart.Value.Height));
        Assert.Equal(
            (UnixFileMode)0b111_000_000,
            File.GetUnixFileMode(Path.Combine(alice.Home, ".notifications/charts"))
        );
    }

    [Fact]
    public async Task Without_matplotlib_the_report_is_text_and_says_so()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "metric_report.py",
            await File.ReadAllTextAsync(Path.Combine(Folder, "metric_report.py"), Analyst.Cancellation)
        );

        // A folder of the path that is searched first, in which matplotlib is not to be had.
        alice.Account.Write(
            "without/matplotlib/__init__.py",
            "raise ModuleNotFoundError(\"No module named 'matplotlib'\")"
        );
        Assert.Equal(0, (await alice.RoundAsync(("PYTHONPATH", Path.Combine(alice.Home, "without")))).Status);

        var sent = Assert.Single(alice.Bot.All);
        Assert.Equal("POST /send", sent.Call);
        Assert.Contains("No chart: matplotlib is not installed.", sent["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_guides_commands_work_word_for_word()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Bot.Answer = sent =>
            sent.Call.StartsWith("GET", StringComparison.Ordinal)
                ? (200, """{"status":"ok","linked":true}""")
                : (200, """{"ok":true,"status":"delivered"}""");
        var guide = await File.ReadAllTextAsync(
            Path.Combine(Programs.Repository, "docs", "notifications.md"),
            Analyst.Cancellation
        );

        // What an installed server has: the programs on the path, the examples in their place.
        var bin = Path.Combine(alice.Home, "bin");
        Directory.CreateDirectory(bin);
        File.CreateSymbolicLink(Path.Combine(bin, "notify-runner"), Programs.Path("notify-runner"));
        File.CreateSymbolicLink(Path.Combine(bin, "notify"), Programs.Path("notify-command"));
        var examples = Directory.CreateTempSubdirectory("notify-examples-").FullName;
        File.SetUnixFileMode(examples, (UnixFileMode)0b111_101_101);
        foreach (var example in Directory.GetFiles(Folder))
        {
            File.Copy(example, Path.Combine(examples, Path.GetFileName(example)));
        }

        var made = await RunProgram.ToEndAsync(
            "/usr/bin/python3",
            [Path.Combine(Programs.Repository, "tools", "wheel.py"), "1.0.0", examples],
            new Dictionary<string, string>(StringComparer.Ordinal),
            Analyst.Cancellation
        );
        Assert.True(made.Status == 0, made.Said);

        try
        {
            foreach (var block in Commands().Matches(guide).Select(match => match.Groups["commands"].Value))
            {
                var ended = await alice.RunAsync(
                    "/bin/sh",
                    [
                        "-e",
                        "-c",
                        block
                            .Replace("/data/docs/examples/notifications", examples, StringComparison.Ordinal)
                            .Replace("/data/docs/python", examples, StringComparison.Ordinal)
                            .Replace("/opt/data-analyst/notify/python", PythonFolder, StringComparison.Ordinal),
                    ],
                    ("PATH", $"{bin}:/usr/bin:/bin")
                );
                Assert.True(ended.Status == 0, $"{block}ended with {ended.Status}: {ended.Output}{ended.Errors}");
            }
        }
        finally
        {
            Directory.Delete(examples, recursive: true);
            await RunProgram.ToEndAsync(
                "/usr/bin/crontab",
                ["-u", alice.Account.Name, "-r"],
                new Dictionary<string, string>(StringComparer.Ordinal),
                CancellationToken.None
            );
        }

        Assert.Contains(alice.Bot.All, sent => sent.Call == "POST /send" && sent["title"] == "Revenue down 25 %");
    }

    [Fact]
    public async Task The_guides_shortest_script_and_its_chart_work()
    {
        await using var alice = await Analyst.CreateAsync();
        var guide = await File.ReadAllTextAsync(
            Path.Combine(Programs.Repository, "docs", "notifications.md"),
            Analyst.Cancellation
        );
        var blocks = Python().Matches(guide).Select(match => match.Groups["python"].Value).ToList();
        alice.WriteScript("first.py", blocks[0]);
        if ((await alice.RunAsync("/usr/bin/python3", ["-c", "import matplotlib"])).Status == 0)
        {
            alice.WriteScript(
                "chart.py",
                "import json\n" + blocks[1] + "\nprint(json.dumps({\"notify\": True, \"image_path\": str(chart)}))\n"
            );
        }

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal("From my first script", alice.Bot.All.Single(sent => sent.Call == "POST /send")["message"]);
    }

    [Fact]
    public async Task The_guides_recipes_run_as_they_are()
    {
        await using var alice = await Analyst.CreateAsync();
        var guide = await File.ReadAllTextAsync(
            Path.Combine(Programs.Repository, "docs", "notifications.md"),
            Analyst.Cancellation
        );
        var hasCharts = (await alice.RunAsync("/usr/bin/python3", ["-c", "import matplotlib"])).Status == 0;
        var recipes = Python()
            .Matches(guide[guide.IndexOf("## Recipes", StringComparison.Ordinal)..])
            .Select(match => match.Groups["python"].Value)
            .ToList();
        Assert.InRange(recipes.Count, 5, 8);
        var made = await alice.RunAsync(
            "/usr/bin/python3",
            [
                "-c",
                """
                import os, sqlite3
                os.makedirs(os.path.expanduser("~/server/sales"))
                shop = sqlite3.connect(os.path.expanduser("~/server/shop.db"))
                shop.execute("CREATE TABLE orders (id INTEGER, customer TEXT, state TEXT, created TEXT)")
                shop.execute("INSERT INTO orders VALUES (7, 'Ada', 'open', datetime('now', '-2 hours'))")
                shop.commit()
                """,
            ]
        );
        Assert.Equal(new Ended(0, "", ""), made);
        for (var number = 0; number < recipes.Count; number++)
        {
            if (hasCharts || !recipes[number].Contains("matplotlib", StringComparison.Ordinal))
            {
                alice.WriteScript($"recipe{number}.py", recipes[number]);
            }
        }

        Assert.Equal(new Ended(0, "", ""), await alice.RoundAsync());
        for (var number = 0; number < recipes.Count; number++)
        {
            // A round runs these at their time.
            if (
                recipes[number].Contains("# notify: at", StringComparison.Ordinal)
                && (hasCharts || !recipes[number].Contains("matplotlib", StringComparison.Ordinal))
            )
            {
                var ran = await alice.RunAsync("notify-runner", ["run", $"recipe{number}"]);
                Assert.True(ran is { Status: 0, Errors: "" }, ran.Output + ran.Errors);
                Assert.StartsWith("delivered.", ran.Output, StringComparison.Ordinal);
            }
        }

        Assert.Contains(alice.Bot.All, sent => sent.Call == "POST /send" && sent["title"] == "Open orders: 1");
        Assert.Contains(alice.Bot.All, sent => sent.Call == "POST /send" && sent["title"] == "Sales data is stale");
        Assert.DoesNotContain("warning", alice.Log, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_guides_incident_is_one_message_that_changes_and_ends()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = new IncidentBot(TimeProvider.System.GetUtcNow);
        alice.Bot.Answer = bot.Answer;
        var guide = await File.ReadAllTextAsync(
            Path.Combine(Programs.Repository, "docs", "notifications.md"),
            Analyst.Cancellation
        );
        alice.WriteScript(
            "import.py",
            Assert.Single(
                Python().Matches(guide).Select(match => match.Groups["python"].Value),
                python => python.StartsWith("# notify: incident\n", StringComparison.Ordinal)
            )
        );
        for (var number = 0; number < 101; number++)
        {
            alice.Account.Write($"inbox/{number}.csv", "");
        }

        Assert.Equal(0, (await alice.RoundAsync()).Status);
        alice.Account.Write("inbox/more.csv", "");
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Directory.Delete(Path.Combine(alice.Home, "inbox"), recursive: true);
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal(
            [
                "message *101 files* wait in the inbox. The limit is 100.",
                "edit *102 files* wait in the inbox. The limit is 100.",
                "edit over",
                "over",
            ],
            bot.Seen
        );
    }

    [Fact]
    public async Task The_guides_section_on_Python_runs_as_it_is()
    {
        await using var alice = await Analyst.CreateAsync();
        var guide = await File.ReadAllTextAsync(
            Path.Combine(Programs.Repository, "docs", "notifications.md"),
            Analyst.Cancellation
        );
        var section = guide.Split("\n## ").Single(part => part.StartsWith("From Python\n", StringComparison.Ordinal));
        var blocks = Python().Matches(section).Select(match => match.Groups["python"].Value).ToList();
        Assert.Equal(3, blocks.Count);

        // The first is a script, and has something to say on a busy machine only.
        alice.WriteScript("busy.py", blocks[0]);
        Assert.Equal(new Ended(0, "", ""), await alice.RoundAsync());
        alice.WriteScript("busy.py", blocks[0].Replace("busy > 2", "True", StringComparison.Ordinal));
        Assert.Equal(0, (await alice.RunAsync("notify-runner", ["run", "busy.py"])).Status);
        Assert.Equal("The server is busy", alice.Bot.Take()[^1]["title"]);
        Assert.DoesNotContain("warning", alice.Log, StringComparison.OrdinalIgnoreCase);

        // The others are programs.
        foreach (var block in blocks.Skip(1))
        {
            Assert.Equal(
                new Ended(0, "", ""),
                await alice.RunAsync("/usr/bin/python3", ["-c", block], ("PYTHONPATH", PythonFolder))
            );
        }

        Assert.Contains(
            alice.Bot.All,
            sent =>
                sent.Text.Contains("filename=\"orders.csv\"", StringComparison.Ordinal)
                && sent.Text.Contains("shop,orders\r\nBerlin,120\r\n", StringComparison.Ordinal)
        );
        var told = Assert.Single(alice.Bot.All, sent => sent.Text.StartsWith('{'));
        Assert.Equal("evaluate: done", told["title"]);
    }

    [Fact]
    public void What_the_guide_quotes_is_what_the_programs_say()
    {
        var guide = File.ReadAllText(Path.Combine(Programs.Repository, "docs", "notifications.md"));
        var sources = string.Concat(
            new[] { "notify-core", "notify-runner", "notify-scripts" }
                .SelectMany(folder =>
                    Directory.GetFiles(Path.Combine(Programs.Repository, folder), "*.cs", SearchOption.AllDirectories)
                )
                .Select(File.ReadAllText)
        );
        foreach (
            var words in new[]
            {
                "You have linked no Telegram chat",
                "No round has run yet",
                "is passed over",
                "held by cooldown",
                "The bot is not running",
                "You may not connect to the bot",
                "still running from an earlier round",
                "It ended with exit status",
                "s and was stopped.",
                "It printed nothing on stdout.",
                "notify must be true or false",
                "its Python is missing",
                "The package notifykit is not used",
            }
        )
        {
            Assert.Contains(words, guide, StringComparison.Ordinal);
            Assert.Contains(words, sources, StringComparison.Ordinal);
        }
    }

    [GeneratedRegex(
        "```bash\n(?<commands>.*?)```",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Commands();

    [GeneratedRegex(
        "```python\n(?<python>.*?)```",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Python();
}
