using Notify.Contracts;

namespace Notify.Bot.Checks;

/// <summary>Checks a running bot by its own health report.</summary>
internal sealed class HealthChecks(BotSettings settings, CheckReport report)
{
    /// <returns>Whether all is fine. Reports faults only.</returns>
    public bool Check(BotHealth? health)
    {
        var right = true;
        var outbox = Path.Combine(settings.PrivateFolder, "outbox.db");
        if (health?.Outbox is { State: OutboxState.Locked } locked)
        {
            right = report.Wrong(
                "bot",
                $"it accepts and sends nothing: {locked.Reason}",
                $"fuser -v {outbox} {outbox}-shm   (end that program or its transaction; the bot then continues)"
            );
        }
        else if (health?.Outbox is { State: OutboxState.NotAnswering } hung)
        {
            right = report.Wrong(
                "bot",
                $"it accepts and sends nothing: {hung.Reason}",
                "cat /proc/pressure/io; dmesg -T | tail -n 30   (fix the disk, or end what keeps it busy; the bot then continues)"
            );
        }
        else if (health?.Status == HealthState.Down)
        {
            right = report.Wrong(
                "bot",
                $"it can't write its outbox, so it accepts nothing; the disk of {settings.PrivateFolder} may be full",
                $"df -h {settings.PrivateFolder}; du -xsh {settings.PrivateFolder}/* | sort -h   (free some space; the bot then continues)"
            );
        }

        if (health?.Outbox is { State: OutboxState.LogTooLarge } large)
        {
            right = report.Wrong(
                "bot",
                large.Reason,
                $"fuser -v {outbox} {outbox}-shm   (end that program; the bot then empties the log)"
            );
        }

        switch (health?.Telegram?.State)
        {
            case TelegramState.PolledElsewhere:
                right = report.Wrong(
                    "bot",
                    "another process polls Telegram with this token, so this bot gets only some of the updates",
                    "pgrep -a notify-bot   (stop the other one, here or on another server; or get a new token from @BotFather with /revoke)"
                );
                break;
            case TelegramState.TokenRefused:
                right = report.Wrong(
                    "bot",
                    "Telegram refuses its token",
                    $"systemctl restart notify-bot   (when {CheckReport.SettingsFile} has the right token)"
                );
                break;
        }

        return right;
    }
}
