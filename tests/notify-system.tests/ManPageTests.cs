using System.Text.RegularExpressions;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>Each program has a man page, which says what its <c>--help</c> says.</summary>
public sealed partial class ManPageTests
{
    private static string Folder => Path.Combine(Programs.Repository, "docs", "man");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static readonly string[][] All =
    [
        ["notify.1.scd", "notify-command"],
        ["notify-bot.8.scd", "notify-bot"],
        ["notify-desktop.1.scd", "notify-desktop"],
        ["notify-gateway.8.scd", "notify-gateway"],
        ["notify-runner.1.scd", "notify-runner"],
        ["notify-scripts.1.scd", "notify-scripts"],
        ["notify-web.8.scd", "notify-web"],
    ];

    public static TheoryData<string, string> Pages
    {
        get
        {
            var pages = new TheoryData<string, string>();
            foreach (var page in All)
            {
                pages.Add(page[0], page[1]);
            }

            return pages;
        }
    }

    [Fact]
    public void There_is_a_page_for_each_program() =>
        Assert.Equal(
            All.Select(page => page[0]).Order(StringComparer.Ordinal),
            Directory.GetFiles(Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_page_names_the_options_and_commands_of_the_help(string page, string program)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Folder, page), Cancellation);
        var help = await HelpAsync(program);
        var commands = CommandsOfHelp(help);
        Assert.Equal(commands, CommandsOfPage(text));
        foreach (var command in commands)
        {
            help += await HelpAsync(program, command);
        }

        Assert.Equal(OptionsOf(help), OptionsOf(text));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_page_can_be_read_without_a_warning(string page, string program)
    {
        Assert.SkipUnless(
            File.Exists("/usr/bin/scdoc") && File.Exists("/usr/bin/man"),
            "needs scdoc and man: apt-get install scdoc man-db"
        );
        var name = Path.GetFileNameWithoutExtension(page);

        var (status, said) = await RunProgram.ToEndAsync(
            "/bin/bash",
            [
                "-c",
                "set -e; folder=$(mktemp -d); trap 'rm -r \"$folder\"' EXIT; scdoc < \"$1\" > \"$folder/$2\"; MANROFFSEQ= MANWIDTH=80 man --warnings -l \"$folder/$2\" > \"$folder/text\"; grep -q NAME \"$folder/text\"",
                "bash",
                Path.Combine(Folder, page),
                name,
            ],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["LC_ALL"] = "C.UTF-8" },
            Cancellation
        );

        Assert.True(status == 0 && said.Length == 0, $"{program}: {said}");
    }

    private static async Task<string> HelpAsync(string program, params string[] command)
    {
        var (status, said) = await RunProgram.ToEndAsync(
            Programs.Path(program),
            [.. command, "--help"],
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["DOTNET_ROOT"] = Environment.GetEnvironmentVariable("DOTNET_ROOT") ?? "",
            },
            Cancellation
        );
        Assert.Equal(0, status);
        return said;
    }

    private static IEnumerable<string> OptionsOf(string text) =>
        Option().Matches(text).Select(match => match.Value).Distinct().Order(StringComparer.Ordinal);

    private static List<string> CommandsOfHelp(string help)
    {
        var at = help.IndexOf("\nCommands:\n", StringComparison.Ordinal);
        return at < 0
            ? []
            :
            [
                .. CommandLine()
                    .Matches(help[at..])
                    .Select(match => match.Groups["name"].Value)
                    .Order(StringComparer.Ordinal),
            ];
    }

    private static List<string> CommandsOfPage(string page)
    {
        var at = page.IndexOf("\n# COMMANDS\n", StringComparison.Ordinal);
        return at < 0
            ? []
            :
            [
                .. CommandEntry()
                    .Matches(page[at..page.IndexOf("\n# OPTIONS\n", at, StringComparison.Ordinal)])
                    .Select(match => match.Groups["name"].Value)
                    .Order(StringComparer.Ordinal),
            ];
    }

    [GeneratedRegex("--[a-z][a-z-]*", RegexOptions.None, 1000)]
    private static partial Regex Option();

    [GeneratedRegex("^  (?<name>[a-z-]+)(?: |$)", RegexOptions.Multiline, 1000)]
    private static partial Regex CommandLine();

    [GeneratedRegex(@"^\*(?<name>[a-z-]+)\*", RegexOptions.Multiline, 1000)]
    private static partial Regex CommandEntry();
}
