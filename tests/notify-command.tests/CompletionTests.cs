using System.Text.RegularExpressions;
using Notify.Command;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary>Completion in three shells goes by the options that the program has.</summary>
public sealed partial class CompletionTests
{
    private static string Folder => Path.Combine(Programs.Repository, "server", "completion");

    [Theory]
    [InlineData("notify.bash", "--{0}")]
    [InlineData("notify.zsh", "--{0}")]
    [InlineData("notify.fish", "-l {0} ")]
    public void Each_shell_knows_each_option_and_no_other(string file, string form)
    {
        var text = File.ReadAllText(Path.Combine(Folder, file));
        var known = Options
            .OfSend.Concat(Options.OfRun)
            .Concat(Options.OfDone)
            .Select(option => option.Name)
            .Distinct()
            .Order()
            .ToList();

        Assert.All(known, name => Assert.Contains(string.Format(null, form, name), text, StringComparison.Ordinal));
        var named = (file == "notify.fish" ? FishOption() : Option())
            .Matches(text)
            .Select(match => match.Groups["name"].Value)
            .Distinct()
            .Order();
        Assert.Equal(known, named);
    }

    [Theory]
    [InlineData("notify|ru", "run")]
    [InlineData("notify|", "run|done")]
    [InlineData("notify|--t", "--title|--table")]
    [InlineData("notify|run|--t", "--title|--tail")]
    [InlineData("notify|run|--", "--title|--if-longer|--only-failure|--tail|--silent|--urgent|--help|--")]
    [InlineData("notify|done|--p", "--pid")]
    [InlineData("notify|--file|", "")]
    [InlineData("notify|text|", "")]
    public async Task In_bash(string words, string wanted)
    {
        await using var person = new Person();
        var typed = words.Split('|');

        var ended = await EndAsync(
            person,
            "/bin/bash",
            [
                "-c",
                """. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _notify; printf '%s\n' "${COMPREPLY[@]}" """,
                "bash",
                Path.Combine(Folder, "notify.bash"),
                .. typed,
            ]
        );

        Assert.Equal("", ended.Errors);
        Assert.Equal(wanted.Split('|'), ended.Output.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task In_bash_a_command_is_completed_after_the_hyphens()
    {
        await using var person = new Person();

        var ended = await EndAsync(
            person,
            "/bin/bash",
            "-c",
            """. "$1"; COMP_WORDS=(notify run -- ech); COMP_CWORD=3; _notify; printf '%s\n' "${COMPREPLY[@]}" """,
            "bash",
            Path.Combine(Folder, "notify.bash")
        );

        Assert.Contains("echo", ended.Output.Split('\n'));
    }

    [Theory]
    [InlineData("notify ru", "run")]
    [InlineData("notify --ta", "--table")]
    [InlineData("notify run --ta", "--tail")]
    [InlineData("notify done --p", "--pid")]
    public async Task In_fish(string line, string wanted)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/fish"), "needs fish: apt-get install fish");
        await using var person = new Person();

        var ended = await EndAsync(
            person,
            "/usr/bin/fish",
            "--no-config",
            "-c",
            $"source {Path.Combine(Folder, "notify.fish")}; complete -C '{line}'"
        );

        Assert.Equal(
            [wanted],
            ended.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('\t')[0])
        );
    }

    [Fact]
    public async Task In_zsh_it_can_be_read()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/zsh"), "needs zsh: apt-get install zsh");
        await using var person = new Person();

        Assert.Equal(
            new Ended(0, "", ""),
            await EndAsync(person, "/usr/bin/zsh", "-n", Path.Combine(Folder, "notify.zsh"))
        );
    }

    private static Task<Ended> EndAsync(Person person, string program, params string[] arguments) =>
        Person.EndAsync(person.Start(program, arguments));

    [GeneratedRegex(@"--(?<name>[a-z][a-z-]*)", RegexOptions.None, 1000)]
    private static partial Regex Option();

    [GeneratedRegex(@"-l (?<name>[a-z][a-z-]*)", RegexOptions.None, 1000)]
    private static partial Regex FishOption();
}
