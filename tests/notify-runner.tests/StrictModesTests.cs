using System.Text.Json;
using Notify.Scripts;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary>Only what nobody but the user and root can write runs as the user.</summary>
public sealed class StrictModesTests
{
    private static async Task RootAsync(string program, params string[] arguments)
    {
        var (status, said) = await RunProgram.ToEndAsync(
            program,
            arguments,
            new Dictionary<string, string>(StringComparer.Ordinal),
            Analyst.Cancellation
        );
        Assert.True(status == 0, $"{program} {string.Join(' ', arguments)}: {said}");
    }

    /// <summary>The commands of all sentences of a text, as they stand between backquotes.</summary>
    private static string CommandIn(string text) =>
        text.Split('`') is { Length: > 1 } parts
            ? parts[1]
            : throw new InvalidOperationException($"no command in: {text}");

    private static string[] Sent(Analyst alice) =>
        [
            .. alice
                .Bot.Take()
                .Where(sent => sent.Body.Length > 0)
                .Select(sent => sent["script"]!)
                .Order(StringComparer.Ordinal),
        ];

    [Theory]
    [InlineData("chmod", "o+w")]
    [InlineData("chmod", "666")]
    [InlineData("chgrp-and-chmod", "users")]
    [InlineData("setfacl", "u:daemon:rw")]
    [InlineData("setfacl", "g:users:rw")]
    [InlineData("setfacl", "g:daemon:w")]
    public async Task A_script_that_others_can_write_is_passed_over_until_the_command_in_the_sentence_is_run(
        string how,
        string what
    )
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("good.py", Analyst.Hello);
        var path = alice.WriteScript("it's open.py", Analyst.Hello);
        switch (how)
        {
            case "chmod":
                await RootAsync("/bin/chmod", what, path);
                break;
            case "setfacl":
                await RootAsync("/usr/bin/setfacl", "-m", what, path);
                break;
            default:
                await RootAsync("/bin/chgrp", what, path);
                await RootAsync("/bin/chmod", "g+w", path);
                break;
        }

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal(["good.py"], Sent(alice));
        Assert.Contains("it's open.py is passed over", alice.Log, StringComparison.Ordinal);
        var listed = JsonSerializer.Deserialize(
            (await alice.RunAsync("notify-scripts", ["list"])).Output,
            ScriptsJson.Default.ListListedScript
        )!;
        var sentence = Assert.Single(listed, script => script.Name == "it's open.py").Error!;
        Assert.Contains(sentence, (await alice.RunAsync("notify-runner", ["status"])).Output, StringComparison.Ordinal);
        Assert.Contains(
            sentence,
            (await alice.RunAsync("notify-runner", ["--dry-run"])).Output,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "\"reason\":\"not_found\"",
            (await alice.RunAsync("notify-scripts", ["run", "it's open.py"])).Output,
            StringComparison.Ordinal
        );

        Assert.Equal(0, (await alice.RunAsync("/bin/sh", ["-c", CommandIn(sentence)])).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Contains("it's open.py", Sent(alice));
    }

    [Theory]
    [InlineData("user/notifications")]
    [InlineData("user")]
    [InlineData("")]
    public async Task A_folder_up_to_the_home_that_others_can_write_stops_its_scripts(string folder)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("good.py", Analyst.Hello);
        var open = Path.TrimEndingDirectorySeparator(Path.Combine(alice.Home, folder));
        await RootAsync("/bin/chmod", "777", open);

        Assert.NotEqual(0, (await alice.RoundAsync()).Status);

        Assert.DoesNotContain(alice.Bot.Take(), sent => sent["script"] == "good.py");
        Assert.Contains($"everybody can write to {open} (mode 0777)", alice.Log, StringComparison.Ordinal);
        var (status, _, errors) = await alice.RunAsync("notify-scripts", ["list"]);
        Assert.Equal(66, status);
        Assert.Contains(open, (await alice.RunAsync("notify-runner", ["status"])).Output, StringComparison.Ordinal);
        Assert.Contains(open, (await alice.RunAsync("notify-runner", ["--dry-run"])).Output, StringComparison.Ordinal);
        Assert.Contains(
            open,
            (await alice.RunAsync("notify-scripts", ["run", "good.py"])).Output,
            StringComparison.Ordinal
        );

        Assert.Equal(0, (await alice.RunAsync("/bin/sh", ["-c", CommandIn(errors)])).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Contains("good.py", Sent(alice));
    }

    [Fact]
    public async Task A_group_whose_only_member_is_the_user_counts_as_the_user()
    {
        await using var alice = await Analyst.CreateAsync();
        var path = alice.WriteScript("good.py", Analyst.Hello);
        foreach (
            var each in new[] { path, alice.ScriptsFolder, Path.GetDirectoryName(alice.ScriptsFolder)!, alice.Home }
        )
        {
            await RootAsync("/bin/chmod", "g+w", each);
        }

        // As the owner's own entry in a list, and root's, give nobody else anything.
        await RootAsync("/usr/bin/setfacl", "-m", $"u:{alice.Account.Name}:rw,u:root:rw", path);

        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(["good.py"], Sent(alice));

        await using var bob = await TestAccount.CreateAsync("bob");
        await RootAsync("/usr/sbin/usermod", "--append", "--groups", alice.Account.Name, bob.Name);
        Assert.NotEqual(0, (await alice.RoundAsync()).Status);
        Assert.DoesNotContain(alice.Bot.Take(), sent => sent["script"] == "good.py");
        Assert.Contains(
            $"the group {alice.Account.Name} can write to {alice.Home}",
            alice.Log,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Another_account_with_the_users_group_as_its_first_is_another_member()
    {
        await using var alice = await Analyst.CreateAsync();
        var path = alice.WriteScript("good.py", Analyst.Hello);
        await RootAsync("/bin/chmod", "g+w", path);
        await using var bob = await TestAccount.CreateAsync("bob");
        await RootAsync("/usr/sbin/usermod", "--gid", alice.Account.Name, bob.Name);

        Assert.Equal(1, (await alice.RoundAsync()).Status);

        Assert.Empty(Sent(alice));
        await RootAsync("/usr/sbin/usermod", "--gid", bob.Name, bob.Name);
    }

    [Fact]
    public async Task A_script_of_another_account_is_passed_over_and_one_of_roots_runs()
    {
        await using var alice = await Analyst.CreateAsync();
        await using var bob = await TestAccount.CreateAsync("bob");
        var path = alice.WriteScript("bobs.py", Analyst.Hello);
        bob.Own(path);
        await RootAsync("/bin/chmod", "644", path);
        await RootAsync("/bin/chown", "root:root", alice.WriteScript("roots.py", Analyst.Hello));
        await RootAsync("/bin/chmod", "644", Path.Combine(alice.ScriptsFolder, "roots.py"));

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal(["roots.py"], Sent(alice));
        Assert.Contains($"bobs.py is passed over: it belongs to {bob.Name}", alice.Log, StringComparison.Ordinal);
        Assert.Equal(0, (await alice.RunAsync("/bin/sh", ["-c", CommandIn(alice.Log)])).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Contains("bobs.py", Sent(alice));
    }

    [Fact]
    public async Task A_link_counts_only_if_nobody_else_can_change_what_it_leads_to()
    {
        await using var alice = await Analyst.CreateAsync();
        await using var eve = await TestAccount.CreateAsync("eve");
        alice.WriteScript("good.py", Analyst.Hello);
        var own = alice.Account.Write("project/own.py", Analyst.Hello);
        var shared = Directory.CreateTempSubdirectory("notify-shared-").FullName;
        try
        {
            await RootAsync("/bin/chmod", "1777", shared);
            var inSticky = Path.Combine(shared, "sticky.py");
            await File.WriteAllTextAsync(inSticky, Analyst.Hello, Analyst.Cancellation);
            await RootAsync("/bin/chmod", "644", inSticky);
            await RootAsync("/bin/mkdir", "-m", "777", Path.Combine(shared, "open"));
            await File.WriteAllTextAsync(
                Path.Combine(shared, "open", "swapped.py"),
                Analyst.Hello,
                Analyst.Cancellation
            );
            await File.WriteAllTextAsync(Path.Combine(shared, "written.py"), Analyst.Hello, Analyst.Cancellation);
            await RootAsync("/bin/chmod", "666", Path.Combine(shared, "written.py"));

            // Eve's link leads to a file of root's, today.
            File.CreateSymbolicLink(Path.Combine(shared, "eves"), inSticky);
            eve.Own(Path.Combine(shared, "eves"));
            foreach (
                var (link, target) in new[]
                {
                    ("a_own.py", own),
                    ("b_sticky.py", inSticky),
                    ("c_swapped.py", Path.Combine(shared, "open", "swapped.py")),
                    ("d_written.py", Path.Combine(shared, "written.py")),
                    ("e_eves.py", Path.Combine(shared, "eves")),
                    ("f_up.py", "../../project/../project/own.py"),
                    ("g_loop.py", "g_loop.py"),
                }
            )
            {
                File.CreateSymbolicLink(Path.Combine(alice.ScriptsFolder, link), target);
                alice.Account.Own(Path.Combine(alice.ScriptsFolder, link));
            }

            Assert.Equal(0, (await alice.RoundAsync()).Status);

            Assert.Equal(["a_own.py", "b_sticky.py", "f_up.py", "good.py"], Sent(alice));
            Assert.Contains(
                "c_swapped.py is passed over: everybody can write to " + Path.Combine(shared, "open"),
                alice.Log,
                StringComparison.Ordinal
            );
            Assert.Contains(
                "d_written.py is passed over: everybody can write to the file it links to",
                alice.Log,
                StringComparison.Ordinal
            );
            Assert.Contains(
                $"e_eves.py is passed over: {shared}/eves is a link of {eve.Name}'s",
                alice.Log,
                StringComparison.Ordinal
            );
            await RootAsync("/bin/chmod", "777", Path.Combine(alice.Home, "project"));
            Assert.Equal(0, (await alice.RoundAsync()).Status);
            Assert.DoesNotContain(
                "a_own.py",
                alice.Bot.All.Where(sent => sent["message"] is not null).Select(sent => sent["script"])
            );
        }
        finally
        {
            Directory.Delete(shared, recursive: true);
        }
    }

    [Fact]
    public async Task A_folder_that_is_a_link_counts_if_its_target_is_the_users_alone()
    {
        await using var alice = await Analyst.CreateAsync();
        await using var bob = await TestAccount.CreateAsync("bob");
        alice.WriteScript("good.py", Analyst.Hello);
        var real = Path.Combine(alice.Home, "scripts");
        Directory.Move(alice.ScriptsFolder, real);
        File.CreateSymbolicLink(alice.ScriptsFolder, real);
        alice.Account.Own(alice.ScriptsFolder);

        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(["good.py"], Sent(alice));

        await RootAsync("/bin/chmod", "755", real);
        bob.Own(real);
        Assert.NotEqual(0, (await alice.RoundAsync()).Status);
        Assert.DoesNotContain(alice.Bot.Take(), sent => sent["message"] is not null);
        Assert.Contains($"{real} belongs to {bob.Name}", alice.Log, StringComparison.Ordinal);
        alice.Account.Own(real);
    }

    [Fact]
    public async Task The_phone_is_told_once_of_a_script_that_ran_and_no_longer_does()
    {
        await using var alice = await Analyst.CreateAsync();
        var path = alice.WriteScript("sales.py", """print('{"notify": false}')""");
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        await RootAsync("/bin/chmod", "o+w", path);

        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(1, (await alice.RoundAsync()).Status);
        }

        Assert.Contains($"chmod o-w {path}", Assert.Single(alice.Bot.Take())["text"], StringComparison.Ordinal);
        await RootAsync("/bin/chmod", "o-w", path);
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Contains("sales.py works again", Assert.Single(alice.Bot.Take())["text"], StringComparison.Ordinal);
    }
}
