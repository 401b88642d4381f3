using System.Text.Json;
using Notify.Contracts;
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
            HelperContract.Default.ListListedScript
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
    [InlineData("good.py", "import loose")]
    [InlineData("_shop.py", "from loose import rate")]
    public async Task A_script_that_others_can_write_stops_all_where_another_file_imports_it(string file, string line)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("good.py", Analyst.Hello);
        alice.WriteScript(file, $"{line}\n{Analyst.Hello}");
        await RootAsync("/bin/chmod", "o+w", alice.WriteScript("loose.py", Analyst.Hello));

        await SentenceOfAllAsync(alice, "good.py");
    }

    /// <summary>What list says, after a round, <c>--dry-run</c>, <c>status</c> and a run on request have said the same and run nothing.</summary>
    private static async Task<string> SentenceOfAllAsync(Analyst alice, string script)
    {
        Assert.Equal(75, (await alice.RoundAsync()).Status);
        Assert.Empty(SentByScripts(alice.Bot.All));
        var (status, _, sentence) = await alice.RunAsync("notify-scripts", ["list"]);
        Assert.Equal(66, status);
        sentence = sentence.Trim();
        Assert.StartsWith($"No script of {alice.ScriptsFolder} runs: ", sentence, StringComparison.Ordinal);
        Assert.Contains(sentence, alice.Log, StringComparison.Ordinal);
        Assert.Contains(sentence, (await alice.RunAsync("notify-runner", ["status"])).Output, StringComparison.Ordinal);
        Assert.Contains(
            sentence,
            (await alice.RunAsync("notify-runner", ["--dry-run"])).Output,
            StringComparison.Ordinal
        );
        var named = await alice.RunAsync("notify-runner", ["--dry-run", script]);
        Assert.Equal(1, named.Status);
        Assert.Contains(CommandIn(sentence), named.Errors, StringComparison.Ordinal);
        var ran = await alice.RunAsync("notify-scripts", ["run", script]);
        Assert.Contains("\"reason\":\"not_found\"", ran.Output, StringComparison.Ordinal);
        return sentence;
    }

    private static string[] SentByScripts(IEnumerable<Sent> sent) =>
        [
            .. sent.Where(each => each.Body.Length > 0)
                .Select(each => each["script"])
                .OfType<string>()
                .Order(StringComparer.Ordinal),
        ];

    private const string Payload = "import os; open(os.path.expanduser('~/owned'), 'w').close()";

    /// <summary>Makes one thing loose that a script runs with; gives what the intruder does with it.</summary>
    private static async Task<string> LoosenAsync(Analyst alice, TestAccount eve, string what)
    {
        var folder = alice.ScriptsFolder;
        alice.WriteScript("sales.py", "import calendar, _shop, shop\n" + Analyst.Hello);
        alice.WriteScript("_shop.py", "A = 1\n");
        alice.WriteScript("shop/__init__.py", "A = 1\n");
        await RootAsync("/bin/chmod", "711", alice.Home);
        await RootAsync("/bin/chmod", "644", $"{folder}/_shop.py", $"{folder}/shop/__init__.py");
        var drop = $"echo \"{Payload}\" >";
        var venv = Path.Combine(alice.Home, ".venv/bin/python");
        switch (what)
        {
            case "sticky folder":
                await RootAsync("/bin/chmod", "1777", folder);
                return $"{drop} {folder}/calendar.py";
            case "sticky folder, package":
                await RootAsync("/bin/chmod", "1777", folder);
                return $"mkdir {folder}/calendar; {drop} {folder}/calendar/__init__.py";
            case "helper":
                await RootAsync("/bin/chmod", "666", $"{folder}/_shop.py");
                return $"{drop} {folder}/_shop.py";
            case "helper by list":
                await RootAsync("/usr/bin/setfacl", "-m", $"u:{eve.Name}:rw", $"{folder}/_shop.py");
                return $"{drop} {folder}/_shop.py";
            case "other script":
                alice.WriteScript("report.py", Analyst.Hello);
                alice.WriteScript("sales.py", "import report\n" + Analyst.Hello);
                await RootAsync("/bin/chmod", "666", $"{folder}/report.py");
                return $"{drop} {folder}/report.py";
            case "package":
                await RootAsync("/bin/chmod", "777", $"{folder}/shop");
                return $"rm -f {folder}/shop/__init__.py; {drop} {folder}/shop/__init__.py";
            case "package by list":
                await RootAsync("/usr/bin/setfacl", "-m", $"u:{eve.Name}:rwx", $"{folder}/shop");
                return $"rm -f {folder}/shop/__init__.py; {drop} {folder}/shop/__init__.py";
            case "namespace":
                alice.WriteScript("lib/deep/tool.py", "A = 1\n");
                alice.WriteScript("sales.py", "import lib.deep.tool\n" + Analyst.Hello);
                await RootAsync("/bin/chmod", "777", $"{folder}/lib");
                return $"mv {folder}/lib/deep {folder}/lib/old; mkdir {folder}/lib/deep; {drop} {folder}/lib/deep/tool.py";
            case "empty folder":
                Directory.CreateDirectory($"{folder}/calendar");
                alice.Account.Own($"{folder}/calendar");
                await RootAsync("/bin/chmod", "777", $"{folder}/calendar");
                return $"{drop} {folder}/calendar/__init__.py";
            case "byte code":
                Directory.CreateDirectory($"{folder}/__pycache__");
                alice.Account.Own($"{folder}/__pycache__");
                await RootAsync("/bin/chmod", "777", $"{folder}/__pycache__");
                return $"""
                    /usr/bin/python3 - << 'END'
                    import importlib._bootstrap_external as b, importlib.util as u, os
                    s = os.stat('{folder}/_shop.py')
                    code = compile("{Payload}", '_shop.py', 'exec')
                    open(u.cache_from_source('{folder}/_shop.py'), 'wb').write(b._code_to_timestamp_pyc(code, int(s.st_mtime), s.st_size))
                    END
                    """;
            case "linked helper":
                File.Delete($"{folder}/_shop.py");
                File.CreateSymbolicLink($"{folder}/_shop.py", alice.Account.Write("lib/common.py", "A = 1\n"));
                await RootAsync("/bin/chmod", "666", $"{alice.Home}/lib/common.py");
                return $"{drop} {alice.Home}/lib/common.py";
            case "linked package":
                Directory.Move($"{folder}/shop", $"{alice.Home}/shop");
                File.CreateSymbolicLink($"{folder}/shop", $"{alice.Home}/shop");
                await RootAsync("/bin/chmod", "777", $"{alice.Home}/shop");
                return $"rm -f {alice.Home}/shop/__init__.py; {drop} {alice.Home}/shop/__init__.py";
            case "python":
            case "folder of python":
                alice.Account.Write(
                    ".venv/bin/python",
                    "#!/bin/sh\nexec /usr/bin/python3 \"$@\"\n",
                    (UnixFileMode)0b111_101_101
                );
                await RootAsync("/bin/chmod", "777", what == "python" ? venv : Path.GetDirectoryName(venv)!);
                return what == "python"
                    ? $"printf '#!/bin/sh\\ntouch ~/owned\\n' > {venv}"
                    : $"mv {venv} {venv}.old; printf '#!/bin/sh\\ntouch ~/owned\\n' > {venv}; chmod 755 {venv}";
            case "own packages":
                var (_, version) = await RunProgram.ToEndAsync(
                    "/usr/bin/python3",
                    ["-c", "import sys; print('python%d.%d' % sys.version_info[:2], end='')"],
                    new Dictionary<string, string>(StringComparer.Ordinal),
                    Analyst.Cancellation
                );
                var packages = $".local/lib/{version}/site-packages";
                alice.Account.Write($"{packages}/tool.py", "");
                await RootAsync("/bin/chmod", "777", $"{alice.Home}/{packages}");
                return $"{drop} {alice.Home}/{packages}/start.pth";
            default:
                throw new ArgumentOutOfRangeException(nameof(what));
        }
    }

    public static TheoryData<string> LooseThings =>
        [
            "sticky folder",
            "sticky folder, package",
            "helper",
            "helper by list",
            "other script",
            "package",
            "package by list",
            "namespace",
            "empty folder",
            "byte code",
            "linked helper",
            "linked package",
            "python",
            "folder of python",
            "own packages",
        ];

    [Theory]
    [MemberData(nameof(LooseThings))]
    public async Task What_an_intruder_puts_beside_a_script_never_runs(string what)
    {
        await using var alice = await Analyst.CreateAsync();
        await using var eve = await TestAccount.CreateAsync("eve");
        var attack = await LoosenAsync(alice, eve, what);
        await RootAsync("/usr/bin/find", alice.Home, "-type", "d", "-exec", "/bin/chmod", "a+rx", "{}", "+");
        var (status, said) = await eve.RunAsync(
            "/bin/sh",
            ["-c", attack],
            new Dictionary<string, string>(StringComparer.Ordinal),
            Analyst.Cancellation
        );
        Assert.True(status == 0, said);

        var ran = new List<string>();
        foreach (
            var (program, arguments) in new (string, string[])[]
            {
                ("notify-runner", []),
                ("notify-runner", ["--dry-run"]),
                ("notify-runner", ["--dry-run", "sales.py"]),
                ("notify-scripts", ["run", "sales.py"]),
            }
        )
        {
            await alice.RunAsync(program, arguments);
            if (File.Exists(Path.Combine(alice.Home, "owned")))
            {
                ran.Add($"{program} {string.Join(' ', arguments)}");
                File.Delete(Path.Combine(alice.Home, "owned"));
            }
        }

        Assert.Empty(ran);
    }

    [Theory]
    [MemberData(nameof(LooseThings))]
    public async Task All_say_which_command_closes_what_is_loose_and_the_phone_is_told_once(string what)
    {
        await using var alice = await Analyst.CreateAsync();
        await using var eve = await TestAccount.CreateAsync("eve");
        await LoosenAsync(alice, eve, what);

        var sentence = await SentenceOfAllAsync(alice, "sales.py");
        Assert.Equal(75, (await alice.RoundAsync()).Status);

        var told = System.Net.WebUtility.HtmlDecode(
            Assert.Single(alice.Bot.Take(), sent => sent.Body.Length > 0)["text"]
        );
        Assert.Contains(sentence, told, StringComparison.Ordinal);
        Assert.Equal(0, (await alice.RunAsync("/bin/sh", ["-c", CommandIn(sentence)])).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Contains("sales.py", SentByScripts(alice.Bot.Take()));
    }

    [Fact]
    public async Task What_nobody_else_can_change_and_data_that_others_write_stop_nothing()
    {
        await using var alice = await Analyst.CreateAsync();
        await using var bob = await TestAccount.CreateAsync("bob");
        var folder = alice.ScriptsFolder;
        alice.WriteScript("sales.py", "import _shop, shop, linked\n" + Analyst.Hello);
        alice.WriteScript("_shop.py", "");
        alice.WriteScript("shop/__init__.py", "from . import part");
        alice.WriteScript("shop/part.py", "");
        alice.Account.Write("lib/linked/__init__.py", "");
        File.CreateSymbolicLink($"{folder}/linked", $"{alice.Home}/lib/linked");
        File.CreateSymbolicLink($"{folder}/shop/again", folder);
        File.CreateSymbolicLink($"{folder}/shop/nowhere", "/nowhere");
        await RootAsync("/bin/chmod", "775", $"{folder}/shop");
        await RootAsync("/bin/chmod", "664", $"{folder}/_shop.py");
        await RootAsync("/bin/chmod", "600", $"{folder}/shop/__init__.py");
        await RootAsync("/bin/chown", "root:root", $"{folder}/shop/part.py");
        await RootAsync("/bin/chmod", "644", $"{folder}/shop/part.py");

        // Data that everybody writes, and what Python doesn't import from.
        foreach (var data in new[] { "data", "data/2026", "node_modules", ".git", ".venv" })
        {
            alice.WriteScript($"{data}/sales.csv", "1;2");
            await RootAsync("/bin/chmod", "777", $"{folder}/{data}");
            await RootAsync("/bin/chmod", "666", $"{folder}/{data}/sales.csv");
        }

        alice.WriteScript("node_modules/gyp/gyp.py", "");
        alice.WriteScript(".git/hook.py", "");
        alice.WriteScript("own.csv", "1;2");
        await RootAsync("/bin/chmod", "666", $"{folder}/own.csv", $"{folder}/node_modules/gyp/gyp.py");
        Directory.CreateDirectory($"{folder}/from bob");
        bob.Own($"{folder}/from bob");

        // A virtual environment as python3 -m venv makes it.
        alice.Account.Write(".venv/pyvenv.cfg", "home = /usr/bin\n");
        alice.Account.Write(".venv/lib/python3.99/site-packages/tool/__init__.py", "");
        Directory.CreateDirectory($"{alice.Home}/.venv/bin");
        File.CreateSymbolicLink($"{alice.Home}/.venv/bin/python3", "/usr/bin/python3");
        File.CreateSymbolicLink($"{alice.Home}/.venv/bin/python", "python3");
        await RootAsync("/bin/chown", "-R", $"{alice.Account.Name}:", $"{alice.Home}/.venv");

        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(["sales.py"], Sent(alice));
        Assert.Equal(0, (await alice.RunAsync("notify-runner", ["--dry-run", "sales.py"])).Status);
        Assert.Equal(0, (await alice.RunAsync("notify-scripts", ["run", "sales.py"])).Status);
    }

    [Fact]
    public async Task A_folder_with_more_than_one_look_takes_in_says_so_and_runs()
    {
        const string Said = "only the first 10,000 files and folders";
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("sales.py", Analyst.Hello);
        alice.WriteScript("lib/a.py", "");
        for (var i = 0; i < 10_000; i++)
        {
            await File.WriteAllBytesAsync($"{alice.ScriptsFolder}/lib/a{i}.py", [], Analyst.Cancellation);
        }

        await RootAsync("/bin/chown", "-R", alice.Account.Name, $"{alice.ScriptsFolder}/lib");

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal(["sales.py"], Sent(alice));
        Assert.Contains(Said, alice.Log, StringComparison.Ordinal);
        Assert.Contains(Said, (await alice.RunAsync("notify-runner", ["status"])).Output, StringComparison.Ordinal);
        await RootAsync("/bin/chmod", "777", $"{alice.ScriptsFolder}/lib");
        Assert.Equal(75, (await alice.RoundAsync()).Status);
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

        Assert.Empty(SentByScripts(alice.Bot.All));
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
                    ("f_up.py", "../../project/../project/own.py"),
                    ("g_loop.py", "g_loop.py"),
                }
            )
            {
                File.CreateSymbolicLink(Path.Combine(alice.ScriptsFolder, link), target);
                alice.Account.Own(Path.Combine(alice.ScriptsFolder, link));
            }

            foreach (
                var (link, target, sentence) in new[]
                {
                    ("c.py", "open/swapped.py", $"everybody can write to {shared}/open"),
                    (
                        "d.py",
                        "written.py",
                        $"everybody can write to {shared}/written.py, to which {alice.ScriptsFolder}/d.py links"
                    ),
                    ("e.py", "eves", $"{shared}/eves is a link of {eve.Name}'s"),
                }
            )
            {
                var path = Path.Combine(alice.ScriptsFolder, link);
                File.CreateSymbolicLink(path, Path.Combine(shared, target));
                Assert.Equal(75, (await alice.RoundAsync()).Status);
                Assert.Contains(sentence, alice.Log, StringComparison.Ordinal);
                Assert.Empty(SentByScripts(alice.Bot.Take()));
                File.Delete(path);
            }

            Assert.Equal(0, (await alice.RoundAsync()).Status);

            Assert.Equal(["a_own.py", "f_up.py", "good.py"], SentByScripts(alice.Bot.Take()));
            Assert.Contains(
                $"b_sticky.py is passed over: it is a link, Python imports from the folder of its target, and everybody can write to {shared} (mode 1777)",
                alice.Log,
                StringComparison.Ordinal
            );
            Assert.Contains(
                "\"reason\":\"not_found\"",
                (await alice.RunAsync("notify-scripts", ["run", "b_sticky.py"])).Output,
                StringComparison.Ordinal
            );
            await RootAsync("/bin/chmod", "777", Path.Combine(alice.Home, "project"));
            Assert.Equal(75, (await alice.RoundAsync()).Status);
            Assert.Empty(SentByScripts(alice.Bot.Take()));
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
