using System.Diagnostics;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

public sealed class CronTests
{
    [Fact]
    public async Task A_real_cron_delivers_a_text_and_a_chart()
    {
        await using var alice = await Analyst.CreateAsync();
        Assert.SkipUnless(File.Exists("/usr/sbin/cron"), "needs cron: apt-get install cron");
        alice.Account.Write("chart.png", Pictures.Png);
        alice.WriteScript("text.py", """
            import json, os
            print(json.dumps({"notify": True, "title": "Text", "message": "é ✓ " + os.environ.get("LANG", "none")}))
            """);
        alice.WriteScript("chart.py", """
            import json, os
            print(json.dumps({"notify": True, "message": "Chart", "image_path": os.path.expanduser("~/chart.png")}))
            """);
        alice.Account.Write(".notifications/logs/cron.log", "");
        foreach (var folder in new[] { ".notifications", ".notifications/logs" })
        {
            alice.Account.Own(Path.Combine(alice.Home, folder));
        }

        var needed = string.Concat(Analyst.NeededEnvironment.Select(variable => $"{variable.Name}={variable.Value}\n"));
        var crontab = alice.Account.Write("crontab", $"""
            LANG=C
            NOTIFY_BOT_SOCKET={alice.Bot.SocketPath}
            {needed}* * * * * env -u USER -u LOGNAME {Programs.Path("notify-runner")} >> ~/.notifications/logs/cron.log 2>&1

            """);
        var installed = await RunProgram.ToEndAsync(
            "/usr/bin/crontab", ["-u", alice.Account.Name, crontab], new Dictionary<string, string>(StringComparer.Ordinal), Analyst.Cancellation);
        Assert.Equal((0, ""), installed);

        // Cron keeps one pid file for the machine; one that runs already does the same work.
        using var cron = Process.Start(new ProcessStartInfo("/usr/sbin/cron", ["-f"]) { UseShellExecute = false, RedirectStandardError = true })!;
        try
        {
            // It looks at the clock once a minute.
            var limit = TimeProvider.System.GetTimestamp();
            while (alice.Bot.All.Count < 2 && TimeProvider.System.GetElapsedTime(limit) < TimeSpan.FromSeconds(150))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Analyst.Cancellation);
            }

            Assert.Equal("", alice.Read(".notifications/logs/cron.log"));
            Assert.Equal("é ✓ C", alice.Bot.All.Single(sent => sent.Call == "POST /send")["message"]);
            Assert.True(alice.Bot.All.Single(sent => sent.Call == "POST /send_photo").Body.AsSpan().IndexOf(Pictures.Png) > 0);
        }
        finally
        {
            await RunProgram.ToEndAsync(
                "/usr/bin/crontab", ["-u", alice.Account.Name, "-r"], new Dictionary<string, string>(StringComparer.Ordinal), CancellationToken.None);
            cron.Kill(entireProcessTree: true);
            await cron.WaitForExitAsync(CancellationToken.None);
        }
    }
}
