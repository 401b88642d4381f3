using System.Diagnostics;
using Notify.Contracts;
using Notify.Sandbox.Control;

namespace Notify.Demo;

/// <summary>The demo from its first step to its last.</summary>
internal sealed class DemoRun(
    DemoOptions options,
    Programs programs,
    DemoServers servers,
    DemoRound round,
    DemoHome home,
    Story story
)
{
    private static readonly TimeSpan BetweenRounds = TimeSpan.FromMinutes(1);

    private int _shown;

    /// <summary>Runs it; false where something expected did not arrive.</summary>
    internal async Task<bool> RunAsync(CancellationToken cancellation)
    {
        if (!UserName.TryParse(home.Account.Name, out _))
        {
            throw new DemoException(
                $"The demo links the account it runs as, and {home.Account.Name} is no user name that the bot takes. Run it as another account, or as root."
            );
        }

        var examples = home.PutExamples();
        var sandbox = await servers.StartSandboxAsync(cancellation);
        using var phone = await PhoneInSandbox.OfAsync("Dana", sandbox.Phone, cancellation);
        await servers.StartGatewayAsync(cancellation);
        var bot = await servers.StartBotAsync(sandbox.Api, cancellation);
        await servers.StartWebAsync(sandbox.Google, cancellation);
        using var analyst = await AnalystInBrowser.LogInAsync(servers.Dashboard, servers.Email, cancellation);
        story.Step("login", $"{servers.Email} chose that account at Google and is {home.Account.Name} here");
        await LinkAsync(phone, analyst, cancellation);

        var hasChart = await round.HasMatplotlibAsync(cancellation);
        story.Step(
            "scripts",
            $"{examples.Count} examples in {home.ScriptsFolder}{(hasChart ? "" : "; no chart, since python3 has no matplotlib")}"
        );
        var ended = await round.RunAsync(cancellation);
        story.Step("round", "notify-runner ran them, as cron does, and posted to the bot");

        await servers.UntilDeliveredAsync(bot, cancellation);
        var isComplete = ended == 0 && await HasArrivedAsync(phone, hasChart, cancellation);
        if (options.IsOnce)
        {
            var took = story.Took;
            story.Say("\nThe phone got:");
            await ShowNewsAsync(phone, cancellation);
            await ShowHistoryAsync(analyst, cancellation);
            story.Say($"\n{_shown} messages, {took.TotalSeconds:0.0} s after the start of the sandbox.");
            return await VerdictAsync(phone, isComplete, ended);
        }

        await VerdictAsync(phone, isComplete, ended);
        return await GoOnAsync(phone, sandbox, bot, cancellation);
    }

    /// <summary>As a person does: the phone asks for a code, and it is entered at the dashboard.</summary>
    private async Task LinkAsync(PhoneInSandbox phone, AnalystInBrowser analyst, CancellationToken cancellation)
    {
        await phone.TypeAsync("/start", cancellation);
        var answer =
            await phone.WaitForAsync(m => CodeOf(m) is not null, DemoServers.StartTimeout, cancellation)
            ?? throw new DemoException($"The bot answered /start with no code. {programs.LastWords("notify-bot")}");
        await analyst.EnterCodeAsync(CodeOf(answer)!, cancellation);
        if (
            await phone.WaitForAsync(
                m => m.Text.Contains("Linked", StringComparison.Ordinal),
                DemoServers.StartTimeout,
                cancellation
            )
            is null
        )
        {
            throw new DemoException($"The phone was not told that it is linked. {programs.LastWords("notify-bot")}");
        }

        story.Step("link", $"Dana's phone typed /start and got {CodeOf(answer)}, which was entered at the dashboard");
    }

    private static string? CodeOf(MessageView message) =>
        message
            .Entities.Where(e => e.Type == "code")
            .Select(e => message.Text.Substring(e.Offset, e.Length))
            .FirstOrDefault(t => t.Length == 6 && t.All(char.IsAsciiDigit));

    private static async Task<bool> HasArrivedAsync(PhoneInSandbox phone, bool hasChart, CancellationToken cancellation)
    {
        var messages = await phone.MessagesAsync(cancellation);
        return Expectation.Of(hasChart).All(expected => messages.Any(expected.IsMet));
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
                + $" The runner's log is {home.RunnerLog}.\n{programs.LastWords("notify-bot")}"
        );
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

    private async Task ShowHistoryAsync(AnalystInBrowser analyst, CancellationToken cancellation)
    {
        story.Say("\nThe dashboard's history says:");
        foreach (var said in (await analyst.HistoryAsync(cancellation)).Reverse())
        {
            story.Say($"  {said.Script}: {said.State.Word()}");
        }
    }

    /// <summary>Stays until it is ended; false where something it needs has ended first.</summary>
    private async Task<bool> GoOnAsync(
        PhoneInSandbox phone,
        SandboxAddresses sandbox,
        Process bot,
        CancellationToken cancellation
    )
    {
        story.Address("The dashboard", servers.Dashboard);
        story.Address("The phone", phone.Page);
        story.Say(
            $"""
              Open both in a browser on this machine. At the dashboard sign in and choose {servers.Email}: there is what came, and a Run button for each script.
              On the phone, try /status, /test or a button.
              (From another machine: ssh -L {servers.Dashboard.Port}:127.0.0.1:{servers.Dashboard.Port} -L {phone.Page.Port}:127.0.0.1:{phone.Page.Port} -L {sandbox.Google.Port}:127.0.0.1:{sandbox.Google.Port} THIS_MACHINE, then the same addresses.)
              A script of yours goes into {home.ScriptsFolder}
              A round runs every minute, like the crontab line. The examples stay silent in it: their cooldown (hours) is not over.
              Ctrl-C ends everything.
            """
        );
        _shown = (await phone.MessagesAsync(cancellation)).Count;
        using var minute = new PeriodicTimer(BetweenRounds, TimeProvider.System);
        while (await minute.WaitForNextTickAsync(cancellation))
        {
            if (bot.HasExited)
            {
                story.Say($"The bot ended with status {bot.ExitCode}. {programs.LastWords("notify-bot")}");
                return false;
            }

            var status = await round.RunAsync(cancellation);
            story.Say(
                $"\n  {TimeProvider.System.GetLocalNow():HH:mm}  round ended with status {status}; {home.RunnerLog} says what each script did"
            );
            await ShowNewsAsync(phone, cancellation);
        }

        return true;
    }
}
