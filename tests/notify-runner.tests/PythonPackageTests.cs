using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary>The package notifykit in scripts that the runner starts.</summary>
public sealed class PythonPackageTests
{
    private const string Alerts = """
        from notifykit import alert
        alert(True, "Title", "From the package", cooldown="0m")
        """;

    [Fact]
    public async Task A_script_imports_it_without_an_installation()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("alerts.py", Alerts);

        Assert.Equal(new Ended(0, "", ""), await alice.RoundAsync());
        var dry = await alice.RunAsync("notify-runner", ["--dry-run", "alerts.py"]);
        var helped = await alice.RunAsync("notify-scripts", ["run", "alerts.py"]);

        Assert.Equal("From the package", Assert.Single(alice.Bot.All)["message"]);
        Assert.Contains("From the package", dry.Output, StringComparison.Ordinal);
        Assert.Contains("From the package", helped.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("warning", alice.Log, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_chart_that_it_saved_arrives()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "alerts.py",
            $"""
            import base64
            from notifykit import alert
            alert(True, "Title", "With a chart", chart=base64.b64decode("{Convert.ToBase64String(Pictures.Png)}"))
            """
        );

        Assert.Equal(new Ended(0, "", ""), await alice.RoundAsync());

        var sent = Assert.Single(alice.Bot.All);
        Assert.Equal("POST /send_photo", sent.Call);
        Assert.True(sent.Body.AsSpan().IndexOf(Pictures.Png) > 0);
    }

    [Fact]
    public async Task What_PYTHONPATH_has_comes_first()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Account.Write(
            "own/notifykit.py",
            "def alert(*a, **k): print('{\"notify\": true, \"message\": \"own\"}')"
        );
        alice.Account.Write("own/tools.py", "");
        alice.WriteScript("alerts.py", "import tools\n" + Alerts);

        Assert.Equal(
            new Ended(0, "", ""),
            await alice.RoundAsync(("PYTHONPATH", $"/nowhere:{Path.Combine(alice.Home, "own")}"))
        );

        Assert.Equal("own", Assert.Single(alice.Bot.All)["message"]);
    }

    [Fact]
    public async Task D10_a_file_of_the_users_with_its_name_wins_and_is_named_where_it_is_in_the_way()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("alerts.py", Alerts);
        var own = alice.WriteScript("notifykit.py", """print('{"notify": false}')""");

        Assert.Equal(1, (await alice.RoundAsync()).Status);

        var told = Assert.Single(alice.Bot.All);
        Assert.Contains("alerts.py", told.Text, StringComparison.Ordinal);
        Assert.Contains(
            $"The file {own} is in the way: it has the name of Notify's own package notifykit, so Python imports the file instead. Rename the file.",
            told.Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_package_that_others_can_change_is_not_used_and_the_script_that_wants_it_says_why()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("alerts.py", Alerts);
        alice.WriteScript("hello.py", Analyst.Hello);
        var folder = Directory.CreateTempSubdirectory("notify-loose-").FullName;
        try
        {
            var runner = Path.Combine(folder, "notify-runner");
            Run("cp", "--recursive", Path.GetDirectoryName(Programs.Path("notify-runner"))!, runner);
            Run("chmod", "--recursive", "a+rX", folder);
            var source = Path.Combine(runner, "python", "notifykit", "_alert.py");
            Run("chmod", "o+w", source);

            Assert.Equal(1, (await alice.RunAsync(Path.Combine(runner, "notify-runner"), [])).Status);

            Assert.Contains(alice.Bot.All, sent => sent["message"] == "From a script");
            var told = Assert.Single(alice.Bot.All, sent => sent.Text.Contains("alerts.py", StringComparison.Ordinal));
            Assert.Contains(
                $"The package notifykit is not used: everybody can write to {source}",
                told.Text,
                StringComparison.Ordinal
            );
            Assert.Contains($"chmod o-w {source}", told.Text, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
