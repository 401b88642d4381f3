using Notify.Contracts;
using Notify.Hosting;
using Notify.Sending;

namespace Notify.Bot.Doctor;

/// <summary>Checks the running bot by its own health report.</summary>
internal sealed class BotCheck(BotSettings settings, TimeProvider time, DoctorReport report)
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

        if (health?.Version is { } version && version != ProductVersion.Text)
        {
            right = report.Wrong(
                "bot",
                $"version {version} is running, but {ProductVersion.Text} is installed",
                "systemctl restart notify-bot"
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
                    $"systemctl restart notify-bot   (when {DoctorCommand.DefaultFile} has the right token)"
                );
                break;
        }

        if (right)
        {
            report.Ok("bot", $"version {ProductVersion.Text} serves");
        }
    }
}
