using System.Text.Json;
using Notify.Sending;

namespace Notify.Bot.Doctor;

/// <summary>What the bot that runs says about itself.</summary>
internal sealed class BotCheck(BotSettings settings, TimeProvider time, DoctorReport findings)
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
        var outbox = Path.Combine(settings.PrivateFolder, "outbox.db");
        if (Outbox(health, "state") is "locked")
        {
            right = findings.Wrong(
                "bot",
                $"it accepts and sends nothing: {Outbox(health, "reason")}",
                $"fuser -v {outbox} {outbox}-shm   (end that program, or its transaction; the bot goes on by itself)"
            );
        }
        else if (health.Text("status") is "down")
        {
            right = findings.Wrong(
                "bot",
                $"it can't write its outbox, and so accepts nothing; below {settings.PrivateFolder} the disk may be full",
                $"df -h {settings.PrivateFolder}; du -xsh {settings.PrivateFolder}/* | sort -h   (make room; it goes on by itself)"
            );
        }

        if (Outbox(health, "state") is "log too large")
        {
            right = findings.Wrong(
                "bot",
                Outbox(health, "reason")!,
                $"fuser -v {outbox} {outbox}-shm   (end that program; the bot empties the log by itself)"
            );
        }

        if (health.Text("version") is { } version && version != BotVersion.Text)
        {
            right = findings.Wrong(
                "bot",
                $"version {version} runs, and {BotVersion.Text} is installed",
                "systemctl restart notify-bot"
            );
        }

        switch (In(health, "telegram", "state"))
        {
            case "polled elsewhere":
                right = findings.Wrong(
                    "bot",
                    "another process asks Telegram for this bot's updates, so this one gets only some of them",
                    "pgrep -a notify-bot   (stop the other one, here or on another server; or have @BotFather make a new token with /revoke)"
                );
                break;
            case "token refused":
                right = findings.Wrong(
                    "bot",
                    "Telegram refuses the token that it runs with",
                    $"systemctl restart notify-bot   (once {DoctorCommand.DefaultFile} has the right one)"
                );
                break;
        }

        if (right)
        {
            findings.Ok("bot", $"version {BotVersion.Text} serves");
        }
    }

    private static string? Outbox(SendApiAnswer health, string name) => In(health, "outbox", name);

    private static string? In(SendApiAnswer health, string part, string name) =>
        health.Body is { } body
        && body.TryGetProperty(part, out var within)
        && within.ValueKind == JsonValueKind.Object
        && within.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
