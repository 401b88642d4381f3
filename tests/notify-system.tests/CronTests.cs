using System.Security.Cryptography;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>The whole way: a real cron, alice's crontab, the runner, the bot, the phone.</summary>
public sealed class CronTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cron_brings_a_text_and_a_chart_to_the_phone_from_a_bare_environment()
    {
        await using var machine = await Machine.StartAsync();
        var chart = TestPictures.Png(400, 300, "revenue");
        machine.Alice.Write("chart.png", chart);
        machine.Script(
            "environment.py",
            """
            import json, os
            seen = {name: os.environ.get(name) for name in ("LANG", "PATH", "HOME", "MPLBACKEND")}
            print(json.dumps({"notify": True, "title": "From cron", "message": "é ✓ " + json.dumps(seen, sort_keys=True)}))
            """
        );
        machine.Script(
            "chart.py",
            """
            import json, os
            print(json.dumps({"notify": True, "title": "Revenue", "message": "*Up* 3 %", "image_path": os.path.expanduser("~/chart.png")}))
            """
        );

        await using var cron = await PrivateCron.RunOnceAsync(machine);
        // At its start, which is a machine's boot to it: it runs a line of that kind as it runs all others, without the wait for the next minute.
        for (var i = 0; i < 600 && (await machine.Messages()).Count < 2; i++)
        {
            Assert.False(cron.HasExited, "cron ended");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
        }

        var messages = await machine.Messages();
        Assert.True(messages.Count == 2, $"{messages.Count} messages; the runner logged: {machine.RunnerLog}");
        Assert.Contains(
            messages,
            m =>
                m.Text
                == "From cron\né ✓ "
                    + $$"""{"HOME": "{{machine.Alice.Home}}", "LANG": "C", "MPLBACKEND": "Agg", "PATH": "/usr/bin:/bin"}"""
        );
        var report = Assert.Single(messages, m => m.Text == "Revenue\nUp 3 %");
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(chart)), report.Photo?.Sha256);
        await Eventually.TrueAsync(
            () => machine.LastSent("chart.py") is not null && machine.LastSent("environment.py") is not null,
            () => $"no cooldown is kept; {machine.RunnerLog}",
            Cancellation
        );
        Assert.Equal("", await File.ReadAllTextAsync(Path.Combine(machine.Alice.Home, "cron-said"), Cancellation));
    }

    [Fact]
    public async Task Cron_brings_it_to_the_desktop_at_the_same_time()
    {
        await using var gateway = await GatewayScene.BeginAsync();
        await using var machine = await Machine.StartAsync();
        // The gateway is root's here, and its socket's group is data-ops, as on a server.
        machine.BotEnvironment["NOTIFY_GATEWAY_SOCKET"] = gateway.SocketPath;
        await machine.Bot.StopAsync(Cancellation);
        await machine.StartBotAsync();
        using var home = new DesktopHome();
        await home.LogInAsync(gateway, machine.Alice.Name);
        await using var screen = await DesktopScreen.StartAsync();
        home.Environment["DBUS_SESSION_BUS_ADDRESS"] = screen.Bus;
        await using var desktop = DesktopProcess.Start(home);
        await desktop.ConnectedAsync(Cancellation);
        machine.Script(
            "revenue.py",
            """print('{"notify": true, "title": "Revenue is down", "message": "*12 %* under the average"}')"""
        );

        await using var cron = await PrivateCron.RunOnceAsync(machine);

        await Eventually.TrueAsync(
            async () => await screen.ShownNowAsync() == 1,
            () => $"it is not shown; {machine.RunnerLog}; {desktop.Said}",
            Cancellation
        );
        await screen.SnapAsync("desktop-by-cron");
        Assert.Contains("Revenue is down", await screen.HistoryAsync(), StringComparison.Ordinal);
        Assert.Contains("12 % under the average", await screen.HistoryAsync(), StringComparison.Ordinal);
        await machine.Phone.WaitForBotMessagesAsync(
            machine.Chat,
            all => all.Any(m => m.Text == "Revenue is down\n12 % under the average"),
            Cancellation
        );
    }

    [Fact]
    public async Task A_Run_button_sees_the_environment_that_cron_gives()
    {
        await using var machine = await Machine.StartAsync();
        await machine.AllowSudoAsync();
        machine.Script(
            "environment.py",
            """
            import json, os
            seen = {name: value for name, value in os.environ.items() if name != "NOTIFY_SCRIPT_RUN"}
            print(json.dumps({"notify": True, "title": "Environment", "message": "```\n" + json.dumps(seen, sort_keys=True, indent=1) + "\n```", "cooldown": "0m"}))
            """
        );

        await using var cron = await PrivateCron.RunOnceAsync(
            machine,
            """
            # What people write above their lines.
            SALES_DB=warehouse
            TZ = Europe/Berlin
            QUOTED = ' two  "words" '
              "SPACED"  =  kept as $HOME stands  	
            EMPTY=""
            SALES_DB=lake
            PATH=/usr/local/bin:/usr/bin:/bin
            PYTHONPATH=/nowhere
            MAILTO=""
            SHELL=/bin/sh
            LOGNAME=somebody
            USER=somebody

            """
        );
        await machine.Phone.WaitForBotMessagesAsync(machine.Chat, all => all.Count >= 1, Cancellation);
        var byCron = Assert.Single(await machine.Messages()).Text;
        Assert.Contains("\"SALES_DB\": \"lake\"", byCron, StringComparison.Ordinal);
        Assert.Contains("\"SPACED\": \"kept as $HOME stands\"", byCron, StringComparison.Ordinal);

        // The machine's own table of alice's, which is what crontab -l tells her.
        var installed = await machine.Alice.RunAsync(
            "/usr/bin/crontab",
            [Path.Combine(machine.Folder, "crontab")],
            new Dictionary<string, string>(StringComparer.Ordinal),
            Cancellation
        );
        Assert.True(installed.Status == 0, installed.Said);
        try
        {
            await using var alice = AccountCaller.Of(machine.Alice, machine.Bot.SocketPath);
            var outcome = "";
            await Eventually.TrueAsync(
                async () =>
                {
                    // Its round may still save what it has sent.
                    var ran = await alice.AskAsync("POST", "/scripts/environment.py/run", null, null, Cancellation);
                    outcome = $"{ran.Status} {ran.Json.GetProperty("outcome").GetString()}";
                    return outcome != "200 already_running";
                },
                () => "the round of cron does not end",
                Cancellation
            );
            Assert.Equal("200 delivered", outcome);
        }
        finally
        {
            await machine.Alice.RunAsync(
                "/usr/bin/crontab",
                ["-r"],
                new Dictionary<string, string>(StringComparer.Ordinal),
                Cancellation
            );
        }

        // Installed, both programs have one folder, and so one package. Here each has its own.
        Assert.Equal(
            byCron,
            (await machine.Messages())[^1]
                .Text.Replace("/notify-scripts/python", "/notify-runner/python", StringComparison.Ordinal)
        );
    }
}
