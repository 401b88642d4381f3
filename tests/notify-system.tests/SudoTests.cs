using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>The bot runs as deploy and alice's scripts as alice: a real sudo in between.</summary>
public sealed class SudoTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_Run_button_runs_the_script_as_its_owner_and_says_how_it_ended()
    {
        await using var machine = await Machine.StartAsync();
        await machine.AllowSudoAsync();
        var chart = TestPictures.Png(120, 80, "from a home of mode 0750");
        machine.Alice.Write("chart.png", chart);
        machine.Script(
            "who.py",
            $$"""
            import json, os, pwd
            print(json.dumps({"notify": True, "title": "Who", "message": pwd.getpwuid(os.getuid()).pw_name + " in " + os.getcwd(), "image_path": "{{machine.Alice.Home}}/chart.png"}))
            """
        );
        machine.Script("quiet.py", "print('{\"notify\": false}')");
        machine.Script("broken.py", "raise ValueError('on purpose')");

        await machine.Phone.TypeAsync(machine.Chat, "/status", Cancellation);
        var status = (await machine.Phone.WaitForBotMessagesAsync(machine.Chat, 1, Cancellation))[0];
        Assert.Equal(["▶ Run broken", "▶ Run quiet", "▶ Run who"], status.Buttons.Select(row => row[0].Text));
        Assert.Contains("never sent", status.Text, StringComparison.Ordinal);

        await machine.Phone.PressAsync(machine.Chat, "▶ Run who", Cancellation, status.MessageId);
        var after = await machine.Phone.WaitForBotMessagesAsync(
            machine.Chat,
            m => m.Any(x => x.Text.Contains("who: delivered", StringComparison.Ordinal)),
            Cancellation
        );
        var report = Assert.Single(after, m => m.Photo is not null);
        Assert.Equal($"Who\n{machine.Alice.Name} in {machine.Alice.Home}", report.Text);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(chart)), report.Photo!.Sha256);
        Assert.Null(machine.LastSent("who.py"));

        await machine.Phone.PressAsync(machine.Chat, "▶ Run quiet", Cancellation, status.MessageId);
        await machine.Phone.WaitForBotMessagesAsync(
            machine.Chat,
            m => m.Any(x => x.Text.Contains("quiet: no alert", StringComparison.Ordinal)),
            Cancellation
        );
        await machine.Phone.PressAsync(machine.Chat, "▶ Run broken", Cancellation, status.MessageId);
        await machine.Phone.WaitForBotMessagesAsync(
            machine.Chat,
            m =>
                m.Any(x =>
                    x.Text.Contains("broken: failed", StringComparison.Ordinal)
                    && x.Text.Contains("ValueError: on purpose", StringComparison.Ordinal)
                ),
            Cancellation
        );
    }

    [Fact]
    public async Task The_send_API_lists_and_runs_scripts_the_same_way()
    {
        await using var machine = await Machine.StartAsync();
        await machine.AllowSudoAsync();
        machine.Script("stock_check.py", "print('{\"notify\": true, \"message\": \"Below minimum\"}')");
        await using var alice = AccountCaller.Of(machine.Alice, machine.Bot.SocketPath);

        var listed = await alice.GetAsync("/scripts", Cancellation);
        var ran = await alice.AskAsync("POST", "/scripts/stock_check.py/run", null, null, Cancellation);
        var missing = await alice.AskAsync("POST", "/scripts/missing.py/run", null, null, Cancellation);

        Assert.Equal(200, listed.Status);
        Assert.Equal(
            "stock_check",
            Assert.Single(listed.Json.GetProperty("scripts").EnumerateArray()).GetProperty("stem").GetString()
        );
        Assert.Equal((200, "delivered"), (ran.Status, ran.Json.GetProperty("outcome").GetString()));
        Assert.Equal((200, "error"), (missing.Status, missing.Json.GetProperty("outcome").GetString()));
        Assert.Equal("Below minimum", Assert.Single(await machine.Messages()).Text);
    }

    [Fact]
    public async Task A_run_whose_caller_is_gone_ends_with_its_script_through_sudo_and_gives_its_place_back()
    {
        await using var machine = await Machine.StartAsync();
        await machine.AllowSudoAsync();
        var witness = Path.Combine(machine.Alice.Home, "runs");
        foreach (var name in (string[])["one.py", "two.py", "three.py"])
        {
            machine.Script(
                name,
                $$"""
                import os, time
                open("{{witness}}", "a").write(str(os.getpid()) + "\n")
                time.sleep(50)
                """
            );
        }

        for (var round = 1; round <= 2; round++)
        {
            var callers = new[] { "one.py", "two.py" }
                .Select(name =>
                    AccountCaller.StartAs(
                        machine.Alice,
                        "/usr/bin/curl",
                        "-s",
                        "-X",
                        "POST",
                        "--retry",
                        "0",
                        "--unix-socket",
                        machine.Bot.SocketPath,
                        $"http://bot/scripts/{name}/run"
                    )
                )
                .ToArray();
            await Eventually.TrueAsync(
                () => Pids(witness).Length == 2 * round,
                () => $"{Pids(witness).Length} runs have begun",
                Cancellation
            );
            await using (var alice = AccountCaller.Of(machine.Alice, machine.Bot.SocketPath))
            {
                // While two are at work a third one is refused.
                var third = await alice.AskAsync("POST", "/scripts/three.py/run", null, null, Cancellation);
                Assert.Contains("running already", third.Error, StringComparison.Ordinal);
            }

            foreach (var caller in callers)
            {
                caller.Kill();
                caller.Dispose();
            }

            await Eventually.TrueAsync(
                () => Pids(witness).All(pid => !Directory.Exists($"/proc/{pid}")),
                () => "the scripts go on",
                Cancellation
            );
            await Eventually.TrueAsync(
                () => HelpersOf(machine) == 0,
                () => $"{HelpersOf(machine)} helpers are there",
                Cancellation
            );
        }
    }

    private static string[] Pids(string witness) => File.Exists(witness) ? File.ReadAllLines(witness) : [];

    /// <summary>Processes that run the helper for alice: sudo, and the helper itself.</summary>
    private static int HelpersOf(Machine machine) =>
        Directory
            .EnumerateDirectories("/proc")
            .Count(folder =>
            {
                try
                {
                    var line = File.ReadAllText(Path.Combine(folder, "cmdline")).Split('\0');
                    return line.Contains("run")
                        && line.Any(word => word.EndsWith("notify-scripts", StringComparison.Ordinal))
                        && (
                            line.Contains(machine.Alice.Name)
                            || Posix.FileStatus.OfPath(folder)?.Uid == machine.Alice.Uid
                        );
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    return false;
                }
            });

    [Fact]
    public async Task Without_the_sudoers_file_the_owner_reads_what_is_wrong_and_the_admin_what_to_run()
    {
        await using var machine = await Machine.StartAsync();
        machine.Script("stock_check.py", "print('{\"notify\": false}')");
        await using var alice = AccountCaller.Of(machine.Alice, machine.Bot.SocketPath);

        var ran = await alice.AskAsync("POST", "/scripts/stock_check.py/run", null, null, Cancellation);

        Assert.Equal(503, ran.Status);
        Assert.Contains("sudo", ran.Error, StringComparison.Ordinal);
        Assert.Contains("notify-bot doctor", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_outside_the_analysts_group_has_scripts_run_even_with_a_link()
    {
        await using var machine = await Machine.StartAsync();
        await machine.AllowSudoAsync();
        await using var root = AccountCaller.OfThisUser(machine.Bot.SocketPath);
        var links = Path.Combine(machine.Data, "telegram_users.json");
        var stored = JsonNode.Parse(await File.ReadAllTextAsync(links, Cancellation))!.AsObject();
        stored["root"] = JsonNode.Parse("""{"chat_id": 99, "linked_at": "2026-01-05T09:00:00Z"}""");
        stored["daemon"] = JsonNode.Parse("""{"chat_id": 98, "linked_at": "2026-01-05T09:00:00Z"}""");
        await File.WriteAllTextAsync(links, stored.ToJsonString(), Cancellation);

        foreach (var user in new[] { "root", "daemon" })
        {
            var ran = await root.AskAsync("POST", $"/scripts/stock_check.py/run?user={user}", null, null, Cancellation);
            Assert.True(ran.Status == 503, ran.ToString());
            Assert.Contains("dataread", ran.Error, StringComparison.Ordinal);
        }
    }
}
