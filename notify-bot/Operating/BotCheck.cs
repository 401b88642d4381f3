using System.Text.Json;
using Notify.Sending;

namespace Notify.Bot.Operating;

/// <summary>What the bot that runs says about itself.</summary>
internal sealed class BotCheck(BotSettings settings, TimeProvider time, Findings findings)
{
    public void Run(CancellationToken cancellation)
    {
        SendApiAnswer health;
        try
        {
            health = new SendApiClient(settings.SocketPath, time).Get("/health", cancellation);
        }
        catch (BotUnreachableException e)
        {
            findings.Wrong("bot", e.Message, "systemctl restart notify-bot; journalctl -u notify-bot -n 50");
            return;
        }

        var right = true;
        if (health.Text("status") is "down")
        {
            right = findings.Wrong("bot", $"it can't write its outbox, and so accepts nothing; below {settings.PrivateFolder} the disk may be full", $"df -h {settings.PrivateFolder}; du -xsh {settings.PrivateFolder}/* | sort -h   (make room; it goes on by itself)");
        }

        if (health.Text("version") is { } version && version != BotVersion.Text)
        {
            right = findings.Wrong("bot", $"version {version} runs, and {BotVersion.Text} is installed", "systemctl restart notify-bot");
        }

        switch (Telegram(health))
        {
            case "polled elsewhere":
                right = findings.Wrong("bot", "another process asks Telegram for this bot's updates, so this one gets only some of them", "pgrep -a notify-bot   (stop the other one, here or on another server; or have @BotFather make a new token with /revoke)");
                break;
            case "token refused":
                right = findings.Wrong("bot", "Telegram refuses the token that it runs with", $"systemctl restart notify-bot   (once {Doctor.DefaultFile} has the right one)");
                break;
        }

        if (right)
        {
            findings.Ok("bot", $"version {BotVersion.Text} serves");
        }
    }

    private static string? Telegram(SendApiAnswer health) =>
        health.Body is { } body && body.TryGetProperty("telegram", out var telegram) && telegram.ValueKind == JsonValueKind.Object && telegram.TryGetProperty("state", out var state)
            ? state.GetString()
            : null;
}
