using System.Text.Json;
using Notify.Contracts;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

public sealed class ScriptFolderTests
{
    [Fact]
    public async Task Only_files_count_and_odd_names_are_reported()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("good.py", Analyst.Hello);
        alice.WriteScript(".hidden.py", Analyst.Hello);
        alice.WriteScript("notes.txt", Analyst.Hello);
        alice.WriteScript("-option.py", Analyst.Hello);
        alice.WriteScript("UP.PY", Analyst.Hello);
        alice.WriteScript("new\nline.py", Analyst.Hello);
        alice.WriteScript(new string('n', 220) + ".py", Analyst.Hello);
        alice.Account.Write("user/notifications/folder.py/inner.py", Analyst.Hello);
        await alice.RunAsync("/bin/sh", ["-c", $"printf x > \"{alice.ScriptsFolder}/$(printf 'latin\\351.py')\""]);

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal("good.py", Assert.Single(alice.Bot.All)["script"]);
        Assert.Contains("\"-option.py\" is passed over", alice.Log, StringComparison.Ordinal);
        Assert.Contains("\"UP.PY\" is passed over: its name must end in", alice.Log, StringComparison.Ordinal);
        Assert.Contains("\"new line.py\" is passed over", alice.Log, StringComparison.Ordinal);
        Assert.Contains("folder.py is passed over: it is not a file", alice.Log, StringComparison.Ordinal);
        Assert.Contains("its name is longer than", alice.Log, StringComparison.Ordinal);
        Assert.Contains("latin", alice.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", alice.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("notes.txt", alice.Log, StringComparison.Ordinal);
        var listed = JsonSerializer.Deserialize(
            (await alice.RunAsync("notify-scripts", ["list"])).Output,
            HelperContract.Default.ListListedScript
        )!;
        Assert.Equal(["folder.py", "good.py", new string('n', 220) + ".py"], listed.Select(script => script.Name));
        Assert.Equal(
            (ScriptOutcome.Error, "folder.py is passed over: it is not a file."),
            (listed[0].LastOutcome, listed[0].Error)
        );
    }

    [Fact]
    public async Task A_folder_that_cannot_be_read_is_said_and_never_taken_for_one_without_scripts()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("good.py", Analyst.Hello);
        File.SetUnixFileMode(alice.ScriptsFolder, UnixFileMode.None);

        Assert.Equal(75, (await alice.RoundAsync()).Status);

        Assert.Contains("can't be read", alice.Log, StringComparison.Ordinal);
        var (status, _, errors) = await alice.RunAsync("notify-scripts", ["list"]);
        Assert.Equal(66, status);
        Assert.Contains($"chmod u+rwx {alice.ScriptsFolder}", errors, StringComparison.Ordinal);
        Assert.Contains(
            "can't be read",
            (await alice.RunAsync("notify-runner", ["status"])).Output,
            StringComparison.Ordinal
        );
        Directory.Delete(alice.ScriptsFolder, recursive: true);
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal("[]\n", (await alice.RunAsync("notify-scripts", ["list"])).Output);
    }

    [Fact]
    public async Task A_link_counts_if_its_target_is_the_users_or_roots()
    {
        await using var alice = await Analyst.CreateAsync();
        await using var bob = await TestAccount.CreateAsync("bob", "dataread");
        var shared = Directory.CreateTempSubdirectory("notify-shared-").FullName;
        try
        {
            File.SetUnixFileMode(shared, (UnixFileMode)0b111_101_101);
            await File.WriteAllTextAsync(Path.Combine(shared, "roots.py"), Analyst.Hello, Analyst.Cancellation);
            var own = alice.Account.Write("project/own.py", Analyst.Hello);
            alice.WriteScript("x.txt", "");
            foreach (
                var (link, target) in new[]
                {
                    ("own.py", own),
                    ("roots.py", shared + "/roots.py"),
                    ("nothing.py", "/nowhere.py"),
                }
            )
            {
                File.CreateSymbolicLink(Path.Combine(alice.ScriptsFolder, link), target);
            }

            Assert.Equal(0, (await alice.RoundAsync()).Status);
        }
        finally
        {
            Directory.Delete(shared, recursive: true);
        }

        Assert.Equal(
            ["own.py", "roots.py"],
            alice.Bot.All.Select(sent => sent["script"]).Order(StringComparer.Ordinal)
        );
        Assert.Contains(
            "nothing.py is passed over: it is a link to a missing file",
            alice.Log,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Names_that_begin_with_an_underscore_are_helpers_and_never_run()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "_shop.py",
            "print('{\"notify\": true, \"message\": \"imported\"}') if __name__ == '__main__' else None\nNAME = 'shop'"
        );
        alice.WriteScript("__init__.py", "raise ValueError('nobody runs this')");
        alice.WriteScript("__main__.py", "raise ValueError('nobody runs this')");
        alice.WriteScript("_.py", "raise ValueError('nobody runs this')");
        alice.WriteScript("sales.py", "import _shop, json\nprint(json.dumps({'notify': True, 'message': _shop.NAME}))");

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal(("sales.py", "shop"), (Assert.Single(alice.Bot.All)["script"], alice.Bot.All[0]["message"]));
        Assert.DoesNotContain("_shop", alice.Log, StringComparison.Ordinal);
        var listed = JsonSerializer.Deserialize(
            (await alice.RunAsync("notify-scripts", ["list"])).Output,
            HelperContract.Default.ListListedScript
        )!;
        Assert.Equal(["sales.py"], listed.Select(script => script.Name));
        Assert.DoesNotContain(
            "_shop",
            (await alice.RunAsync("notify-runner", ["status"])).Output,
            StringComparison.Ordinal
        );
        foreach (
            var refused in new[]
            {
                await alice.RunAsync("notify-scripts", ["run", "_shop.py"]),
                await alice.RunAsync("notify-runner", ["--dry-run", "_shop"]),
            }
        )
        {
            Assert.Equal(1, refused.Status);
            Assert.Contains("its name begins with '_'", refused.Output + refused.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_script_of_an_older_version_whose_name_begins_with_an_underscore_does_not_fall_silent()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("_daily.py", Analyst.Hello);
        alice.WriteState(
            "_daily",
            """{"last_sent": 1769800800.25, "last_run": 1769800800.25, "last_outcome": "delivered"}"""
        );
        alice.Account.Own(Path.Combine(alice.Home, ".notifications"));

        // No script is left that runs.
        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Equal(1, (await alice.RoundAsync()).Status);

        Assert.Contains(
            "its name begins with '_'",
            System.Net.WebUtility.HtmlDecode(Assert.Single(alice.Bot.All)["text"]),
            StringComparison.Ordinal
        );
    }
}
