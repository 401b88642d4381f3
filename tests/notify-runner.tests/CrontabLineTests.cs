using System.Text.RegularExpressions;
using Notify.Scripts;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary>The crontab line is one and the same wherever people can copy it, and works in an account that has nothing yet.</summary>
public sealed partial class CrontabLineTests
{
    private static readonly string[] Folders =
    [
        "docs",
        "demo",
        "examples",
        "server",
        "notify-bot",
        "notify-core",
        "notify-runner",
        "notify-scripts",
        "notify-web",
        "notify-desktop",
        "notify-gateway",
        "notify-sandbox",
    ];

    [Fact]
    public void Every_copy_in_documents_pages_and_programs_is_the_same()
    {
        var files = Folders
            .SelectMany(folder =>
                Directory.EnumerateFiles(Path.Combine(Programs.Repository, folder), "*", SearchOption.AllDirectories)
            )
            .Append(Path.Combine(Programs.Repository, "README.md"))
            .Where(file =>
                Path.GetExtension(file) is ".md" or ".cs" or ".cshtml" or ".js" or ".py" or ".sh" or ""
                && !file.Contains("/node_modules/", StringComparison.Ordinal)
                && Path.GetFileName(file) != "CHANGELOG.md"
            );
        var copies = files
            .SelectMany(file =>
                Line()
                    .Matches(File.ReadAllText(file))
                    .Select(match => (File: Path.GetRelativePath(Programs.Repository, file), Line: match.Value))
            )
            .ToList();

        Assert.All(copies, copy => Assert.Equal((copy.File, CrontabLine.EveryMinute), copy));
        Assert.Contains(copies, copy => copy.File == "notify-core/Scripts/CrontabLine.cs");
    }

    [Fact]
    public async Task Status_names_the_command_to_who_has_none()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("sales.py", Analyst.Hello);

        Assert.Contains(
            "Run: notify-runner enable\n",
            (await alice.RunAsync("notify-runner", ["status"])).Output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task It_works_in_an_account_that_has_nothing_but_a_script()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("sales.py", Analyst.Hello);
        Assert.False(Directory.Exists(Path.Combine(alice.Home, ".notifications")));
        var command = CrontabLine
            .EveryMinute.Split(' ', 6)[5]
            .Replace("/usr/local/bin/notify-runner", Programs.Path("notify-runner"), StringComparison.Ordinal);

        Assert.Equal(new Ended(0, "", ""), await alice.RunAsync("/bin/sh", ["-c", command]));

        Assert.Single(alice.Bot.All);
        Assert.Contains("sales.py: delivered", alice.Log, StringComparison.Ordinal);
    }

    /// <summary>A crontab line that calls the runner, to the end of what belongs to it.</summary>
    [GeneratedRegex(
        @"[*\d/,-]+ [*\d/,-]+ \* \* [*\d/,-]+ [^\n""'`<]*notify-runner[^\n""'`<]*",
        RegexOptions.None,
        matchTimeoutMilliseconds: 10_000
    )]
    private static partial Regex Line();
}
