using Notify.Bot.Checks;
using Notify.Contracts;
using Notify.Hosting;
using Notify.Sending;

namespace Notify.Bot.Doctor;

/// <summary>Checks the running bot by its own health report.</summary>
internal sealed class BotCheck(BotSettings settings, TimeProvider time, CheckReport report)
{
    public void Run(CancellationToken cancellation)
    {
        BotHealth? health;
        try
        {
            health = new SendApiClient(settings.SocketPath, time)
                .Get("/health", cancellation)
                .Read(HealthContract.Json.BotHealth);
        }
        catch (BotUnreachableException e)
        {
            report.Wrong("bot", e.Message, "systemctl restart notify-bot; journalctl -u notify-bot -n 50");
            return;
        }

        var right = new HealthChecks(settings, report).Check(health);
        if (health?.Version is { } version && version != ProductVersion.Text)
        {
            right = report.Wrong(
                "bot",
                $"version {version} is running, but {ProductVersion.Text} is installed",
                "systemctl restart notify-bot"
            );
        }

        if (right)
        {
            report.Ok("bot", $"version {ProductVersion.Text} serves");
        }
    }
}
