using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Notify.Sandbox;
using Notify.Sending;
using Group = Notify.Posix.Group;

namespace Notify.Demo;

/// <summary>Starts what serves in the demo, and waits until it does.</summary>
internal sealed partial class DemoServers(DemoOptions options, Programs programs, ScratchFolder scratch, DemoHome home, Story story)
{
    /// <summary>Generous, since it may run on a busy machine; what is waited for takes a second or two.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Starts what plays Telegram; gives its addresses.</summary>
    internal async Task<(Uri Api, Uri Phone)> StartSandboxAsync(CancellationToken cancellation)
    {
        var (process, line) = await programs.ServeAsync(
            "notify-sandbox", ["--phone-listen", $"http://127.0.0.1:{FreePort(options.PhonePort)}"], Programs.EnvironmentOf(("PATH", Programs.CronPath)), cancellation);
        var addresses = Addresses().Match(line ?? "");
        if (!addresses.Success || process.HasExited)
        {
            throw new DemoException($"The sandbox did not start. {programs.LastWords("notify-sandbox")}");
        }

        story.Step("sandbox", "plays Telegram on this machine");
        return (new Uri(addresses.Groups["api"].Value), new Uri(new Uri(addresses.Groups["phone"].Value), "/"));
    }

    /// <summary>Starts the bot; it is there and polls when this returns.</summary>
    internal async Task<Process> StartBotAsync(Uri api, CancellationToken cancellation)
    {
        var account = home.Account;
        var groups = account.Groups().Select(Group.Find).OfType<Group>().Where(g => UserName.TryParse(g.Name, out _)).ToList();
        var own = groups.Find(g => g.Gid == account.Gid);
        var analysts = groups.Find(g => g.Name == "dataread") ?? own;
        List<(string, string)> settings =
        [
            ("PATH", Programs.CronPath),
            ("HOME", account.Home),
            ("TELEGRAM_BOT_TOKEN", SandboxOptions.SampleToken),
            ("TELEGRAM_API_URL", api.ToString()),
            ("NOTIFY_DATA_DIR", scratch.DataFolder),
            ("NOTIFY_SCRIPTS_BIN", programs.PathOf("notify-scripts")),
            ("NOTIFY_INSTANCE_NAME", "Demo"),
        ];
        if (analysts is not null)
        {
            settings.Add(("NOTIFY_ANALYST_GROUP", analysts.Name));
        }

        if (own is not null)
        {
            settings.Add(("NOTIFY_TRUSTED_GROUP", own.Name));
        }

        var (bot, _) = await programs.ServeAsync("notify-bot", [], Programs.EnvironmentOf([.. settings]), cancellation);
        await UntilHealthAsync(bot, health => health.GetProperty("telegram").GetProperty("state").GetString() == "ok", "is not healthy", cancellation);
        story.Step("bot", "polls it and serves the send API on a Unix socket");
        return bot;
    }

    /// <summary>Waits until the phone has all that the bot was given: then what is not there never comes.</summary>
    internal Task UntilDeliveredAsync(Process bot, CancellationToken cancellation) =>
        UntilHealthAsync(bot, health => health.GetProperty("queue").GetProperty("length").GetInt32() == 0, "still has notifications to deliver", cancellation);

    private async Task UntilHealthAsync(Process bot, Predicate<JsonElement> isSo, string problem, CancellationToken cancellation)
    {
        var client = new SendApiClient(scratch.BotSocket, TimeProvider.System);
        var since = TimeProvider.System.GetTimestamp();
        while (!IsSo())
        {
            if (bot.HasExited)
            {
                throw new DemoException($"The bot ended with status {bot.ExitCode}. {programs.LastWords("notify-bot")}");
            }

            if (TimeProvider.System.GetElapsedTime(since) > Patience)
            {
                throw new DemoException($"The bot {problem} after {Patience.TotalSeconds:0} s. {programs.LastWords("notify-bot")}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System, cancellation);
        }

        bool IsSo()
        {
            try
            {
                return client.Get("/health", cancellation) is { IsOk: true, Body: { } health } && isSo(health);
            }
            catch (BotUnreachableException)
            {
                return false;
            }
        }
    }

    /// <summary>The wanted port, so that a page that is open from the last demo comes alive again; any where it is taken.</summary>
    private static int FreePort(int wanted)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, wanted));
            return wanted;
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    [GeneratedRegex(@"Bot API (?<api>\S+) phone page (?<phone>\S+)", RegexOptions.None, 1000)]
    private static partial Regex Addresses();
}
