using Notify.Bot.Checks;
using Notify.Contracts;
using Notify.Linking;

namespace Notify.Bot.Operators;

/// <summary>What <c>doctor</c> checks, as far as the service itself can look: it is no root, and calls nobody.</summary>
internal sealed class OperatorChecks(ILinkStore links, Accounts accounts, BotSettings settings, TimeProvider time)
{
    /// <summary>How long findings count: an open page asks again and again, and each link costs a look-up of its account.</summary>
    private static readonly TimeSpan Keep = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private IReadOnlyList<OperatorCheckAnswer> _found = [];
    private long? _at;

    /// <summary>All checks; those of the bot's own health are of this moment.</summary>
    internal IReadOnlyList<OperatorCheckAnswer> Run(BotHealth health)
    {
        var report = new CheckReport();
        if (new HealthChecks(settings, report).Check(health))
        {
            report.Ok("bot", "it serves");
        }

        if (health.Telegram is { State: TelegramState.Unreachable } telegram)
        {
            report.Wrong(
                "Telegram",
                telegram.Reason ?? "it has not answered yet",
                "notify-bot doctor   (says which part of the way fails)"
            );
        }

        lock (_gate)
        {
            if (_at is not { } at || time.GetElapsedTime(at) > Keep)
            {
                _found = CheckAll();
                _at = time.GetTimestamp();
            }

            return [.. report.Found, .. _found];
        }
    }

    private IReadOnlyList<OperatorCheckAnswer> CheckAll()
    {
        var report = new CheckReport();
        var analysts = GroupChecks.Find(report, "analysts' group", settings.AnalystGroup);
        GroupChecks.CheckNames(report, analysts);
        var trusted = GroupChecks.Find(report, "trusted group", settings.TrustedGroup);
        var folder = new FolderChecks(settings, report);
        folder.CheckDataFolder(analysts, trusted);
        folder.CheckPrivateFolder();
        folder.CheckDisk();
        folder.CheckSharedFiles(links);
        LinkChecks.Run(links, accounts, settings, report);
        return report.Found;
    }
}
