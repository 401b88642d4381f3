using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Notify.Sandbox;
using Notify.Sandbox.Control;
using Notify.Sending;
using Group = Notify.Posix.Group;

namespace Notify.Demo;

/// <summary>The demo from its first step to its last.</summary>
internal sealed partial class DemoRun(DemoOptions options, Programs programs, ScratchFolder scratch, DemoHome home, Story story)
{
    /// <summary>Generous, since it may run on a busy machine; what is waited for takes a second or two.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan BetweenRounds = TimeSpan.FromMinutes(1);

    private const string CronPath = "/usr/bin:/bin";

    private int _shown;

    /// <summary>Runs it; false where something expected did not arrive.</summary>
    internal async Task<bool> RunAsync(CancellationToken cancellation)
    {
        if (!UserName.TryParse(home.Account.Name, out _))
        {
            throw new DemoException($"The demo links the account it runs as, and {home.Account.Name} is no user name that the bot takes. Run it as another account, or as root.");
        }

        var examples = home.PutExamples();
        var sandbox = await StartSandboxAsync(cancellation);
        using var phone = await PhoneInSandbox.OfAsync("Dana", sandbox.Phone, cancellation);
        var bot = await StartBotAsync(sandbox.Api, cancellation);
        await LinkAsync(phone, cancellation);

        var hasChart = await HasMatplotlibAsync(cancellation);
        story.Step("scripts", $"{examples.Count} examples in {home.ScriptsFolder}{(hasChart ? "" : "; no chart, since python3 has no matplotlib")}");
        var ended = await RunRoundAsync(cancellation);
        story.Step("round", "notify-runner ran them, as cron does, and posted to the bot");

        var isComplete = ended == 0 && await HasArrivedAsync(phone, hasChart, cancellation);
        if (options.Screenshot is { } file)
        {
            await Screenshot.TakeAsync(programs, phone.Page, file, scratch, cancellation);
            story.Step("picture", file);
        }

        if (options.IsOnce)
        {
            var took = story.Took;
            story.Say("\nThe phone got:");
            await ShowNewsAsync(phone, cancellation);
            story.Say($"\n{_shown} messages, {took.TotalSeconds:0.0} s after the start of the sandbox.");
            return await VerdictAsync(phone, isComplete, ended);
        }

        await VerdictAsync(phone, isComplete, ended);
        return await GoOnAsync(phone, bot, cancellation);
    }

    private async Task<(Uri Api, Uri Phone)> StartSandboxAsync(CancellationToken cancellation)
    {
        var (process, line) = await programs.ServeAsync(
            "notify-sandbox", ["--phone-listen", $"http://127.0.0.1:{FreePort(options.PhonePort)}"], Environment(("PATH", CronPath)), cancellation);
        var addresses = Addresses().Match(line ?? "");
        if (!addresses.Success || process.HasExited)
        {
            throw new DemoException($"The sandbox did not start. {programs.LastWords("notify-sandbox")}");
        }

        story.Step("sandbox", "plays Telegram on this machine");
        return (new Uri(addresses.Groups["api"].Value), new Uri(new Uri(addresses.Groups["phone"].Value), "/"));
    }

    private async Task<Process> StartBotAsync(Uri api, CancellationToken cancellation)
    {
        var account = home.Account;
        var groups = account.Groups().Select(Group.Find).OfType<Group>().Where(g => UserName.TryParse(g.Name, out _)).ToList();
        var own = groups.Find(g => g.Gid == account.Gid);
        var analysts = groups.Find(g => g.Name == "dataread") ?? own;
        List<(string, string)> settings =
        [
            ("PATH", CronPath),
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

        var (bot, _) = await programs.ServeAsync("notify-bot", [], Environment([.. settings]), cancellation);
        var client = new SendApiClient(scratch.BotSocket, TimeProvider.System);
        await UntilAsync(
            () => IsHealthy(client, cancellation),
            () => $"The bot is not healthy after {Patience.TotalSeconds:0} s. {programs.LastWords("notify-bot")}",
            () => bot.HasExited ? $"The bot ended with status {bot.ExitCode}. {programs.LastWords("notify-bot")}" : null,
            cancellation);
        story.Step("bot", "polls it and serves the send API on a Unix socket");
        return bot;
    }

    private static bool IsHealthy(SendApiClient bot, CancellationToken cancellation)
    {
        try
        {
            return bot.Get("/health", cancellation) is { IsOk: true, Body: { } health }
                && health.TryGetProperty("telegram", out var telegram) && telegram.TryGetProperty("state", out var state) && state.GetString() == "ok";
        }
        catch (BotUnreachableException)
        {
            return false;
        }
    }

    /// <summary>As a person does: the phone asks for a code, the operator enters it.</summary>
    private async Task LinkAsync(PhoneInSandbox phone, CancellationToken cancellation)
    {
        await phone.TypeAsync("/start", cancellation);
        var answer = await phone.WaitForAsync(m => CodeOf(m) is not null, Patience, cancellation)
            ?? throw new DemoException($"The bot answered /start with no code. {programs.LastWords("notify-bot")}");
        var (status, said) = await programs.RunAsync(
            programs.PathOf("notify-bot"),
            ["link", home.Account.Name, CodeOf(answer)!],
            Environment(("PATH", CronPath), ("HOME", home.Account.Home), ("NOTIFY_DATA_DIR", scratch.DataFolder)),
            "/",
            cancellation);
        if (status != 0)
        {
            throw new DemoException($"notify-bot link ended with status {status}: {said}");
        }

        if (await phone.WaitForAsync(m => m.Text.Contains("Linked", StringComparison.Ordinal), Patience, cancellation) is null)
        {
            throw new DemoException($"The phone was not told that it is linked. {programs.LastWords("notify-bot")}");
        }

        story.Step("link", $"Dana's phone typed /start; notify-bot link {home.Account.Name} {CodeOf(answer)}");
    }

    private static string? CodeOf(MessageView message) =>
        message.Entities.Where(e => e.Type == "code").Select(e => message.Text.Substring(e.Offset, e.Length)).FirstOrDefault(t => t.Length == 6 && t.All(char.IsAsciiDigit));

    /// <summary>One call of the runner with what cron gives a job, and the address of this demo's bot, which is not the usual one.</summary>
    private async Task<int> RunRoundAsync(CancellationToken cancellation)
    {
        var account = home.Account;
        var (status, said) = await programs.RunAsync(
            programs.PathOf("notify-runner"),
            [],
            Environment(("PATH", PathWithPython()), ("HOME", account.Home), ("LOGNAME", account.Name), ("SHELL", "/bin/sh"), ("LANG", "C"), ("NOTIFY_BOT_SOCKET", scratch.BotSocket)),
            account.Home,
            cancellation);
        if (status != 0)
        {
            var log = File.Exists(home.RunnerLog) ? await File.ReadAllLinesAsync(home.RunnerLog, cancellation) : [];
            story.Say($"\nnotify-runner ended with status {status}. {said}\n  {string.Join("\n  ", log.TakeLast(10))}");
        }

        return status;
    }

    /// <summary>Cron's path, and where there is no python3 in it, the folder of the one that the person uses.</summary>
    private static string PathWithPython()
    {
        static bool HasPython(string folder) => folder.StartsWith('/') && File.Exists(Path.Combine(folder, "python3"));
        if (CronPath.Split(':').Any(HasPython))
        {
            return CronPath;
        }

        var elsewhere = (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').FirstOrDefault(HasPython)
            ?? throw new DemoException("There is no python3 on this machine, and the examples are Python scripts. Install it: sudo apt-get install python3 python3-matplotlib");
        return $"{CronPath}:{elsewhere}";
    }

    private async Task<bool> HasMatplotlibAsync(CancellationToken cancellation)
    {
        var own = Path.Combine(home.Account.Home, ".venv", "bin", "python");
        var python = File.Exists(own) ? own : PathWithPython().Split(':').Select(f => Path.Combine(f, "python3")).First(File.Exists);
        var (status, _) = await programs.RunAsync(
            python,
            ["-c", "import importlib.util, sys; sys.exit(importlib.util.find_spec('matplotlib') is None)"],
            Environment(("PATH", PathWithPython()), ("HOME", home.Account.Home)),
            home.Account.Home,
            cancellation);
        return status == 0;
    }

    private static async Task<bool> HasArrivedAsync(PhoneInSandbox phone, bool hasChart, CancellationToken cancellation)
    {
        foreach (var expected in Expectation.Of(hasChart))
        {
            if (await phone.WaitForAsync(expected.IsMet, TimeSpan.FromSeconds(30), cancellation) is null)
            {
                return false;
            }
        }

        return true;
    }

    private async Task<bool> VerdictAsync(PhoneInSandbox phone, bool isComplete, int ended)
    {
        if (isComplete)
        {
            return true;
        }

        var messages = await phone.MessagesAsync(CancellationToken.None);
        var missing = Expectation.Of(hasChart: false).Where(e => !messages.Any(e.IsMet)).Select(e => e.What).ToList();
        story.Say(
            $"\nNot everything arrived{(missing.Count > 0 ? ": missing " + string.Join(", ", missing) : ended == 0 ? ": the report came without its chart" : "")}."
            + $" The runner's log is {home.RunnerLog}.\n{programs.LastWords("notify-bot")}");
        return false;
    }

    private async Task ShowNewsAsync(PhoneInSandbox phone, CancellationToken cancellation)
    {
        var messages = await phone.MessagesAsync(cancellation);
        foreach (var message in messages.Skip(_shown))
        {
            story.Show(message);
        }

        _shown = messages.Count;
    }

    /// <summary>Stays until it is ended; false where something it needs has ended first.</summary>
    private async Task<bool> GoOnAsync(PhoneInSandbox phone, Process bot, CancellationToken cancellation)
    {
        story.Address("The phone", phone.Page);
        story.Say(
            $"""
              Open it in a browser on this machine and see what came. Try /status, /test or a Run button there.
              (From another machine: ssh -L {phone.Page.Port}:127.0.0.1:{phone.Page.Port} THIS_MACHINE, then the same address.)
              A script of yours goes into {home.ScriptsFolder}
              A round runs every minute, like the crontab line. The examples stay silent in it: their cooldown (hours) is not over.
              Ctrl-C ends everything.
            """);
        _shown = (await phone.MessagesAsync(cancellation)).Count;
        using var minute = new PeriodicTimer(BetweenRounds, TimeProvider.System);
        while (await minute.WaitForNextTickAsync(cancellation))
        {
            if (bot.HasExited)
            {
                story.Say($"The bot ended with status {bot.ExitCode}. {programs.LastWords("notify-bot")}");
                return false;
            }

            var status = await RunRoundAsync(cancellation);
            story.Say($"\n  {TimeProvider.System.GetLocalNow():HH:mm}  round ended with status {status}; {home.RunnerLog} says what each script did");
            await ShowNewsAsync(phone, cancellation);
        }

        return true;
    }

    private static async Task UntilAsync(Func<bool> condition, Func<string> problem, Func<string?> hopeless, CancellationToken cancellation)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (hopeless() is { } why)
            {
                throw new DemoException(why);
            }

            if (TimeProvider.System.GetElapsedTime(since) > Patience)
            {
                throw new DemoException(problem());
            }

            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System, cancellation);
        }
    }

    /// <summary>A program's whole environment. The builds here are not native, so that each needs to know where .NET is.</summary>
    private static Dictionary<string, string> Environment(params (string Name, string Value)[] variables)
    {
        var environment = variables.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal);
        if (System.Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } dotnet)
        {
            environment["DOTNET_ROOT"] = dotnet;
        }

        return environment;
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

/// <summary>A message that must be on the phone when all went well.</summary>
/// <param name="What">What it is, for people.</param>
/// <param name="Test">Whether a message is it.</param>
internal sealed record Expectation(string What, Predicate<MessageView> Test)
{
    internal bool IsMet(MessageView message) => Test(message);

    /// <summary>What the three examples send.</summary>
    /// <param name="hasChart">Whether the report must have its chart.</param>
    internal static IReadOnlyList<Expectation> Of(bool hasChart) =>
    [
        new("the revenue alert", m => m.Text.Contains("Revenue down", StringComparison.Ordinal)),
        new("the daily report", m => m.Text.Contains("daily report", StringComparison.Ordinal) && (m.Photo is not null || !hasChart)),
        new("the alert on stale tables", m => m.Text.Contains("stale table", StringComparison.Ordinal)),
    ];
}
