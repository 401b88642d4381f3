using System.Globalization;
using Notify.Linking;
using Notify.Posix;
using Notify.Settings;

namespace Notify.Bot.Operating;

/// <summary>
/// <c>notify-bot doctor</c>: looks at everything that the bot needs, one line each, and for what is wrong prints the command that
/// mends it. It changes nothing.
/// </summary>
/// <param name="reader">The settings, which may be wrong.</param>
/// <param name="time">For the clock's check.</param>
/// <param name="output">Where the lines go.</param>
public sealed class Doctor(SettingsReader reader, TimeProvider time, TextWriter output)
{
    /// <summary>How long each part of the system may take to answer.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Runs all checks. Exit status 0 where all is well, else 1; 78 where the settings are wrong, and then nothing else is checked.</summary>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var findings = new Findings(output);
        if (CheckSettings(findings) is not { } settings)
        {
            return SettingsReader.WrongSettingsStatus;
        }

        CheckOwnRights(settings, findings);
        await new TelegramCheck(settings, time, findings).RunAsync(cancellation);
        var analysts = GroupChecks.Find(findings, "analysts' group", settings.AnalystGroup);
        var trusted = GroupChecks.Find(findings, "trusted group", settings.TrustedGroup);
        var folder = new FolderChecks(settings, findings);
        var owner = folder.CheckDataFolder(analysts, trusted);
        folder.CheckPrivateFolder();
        folder.CheckDisk();
        await new SocketCheck(settings, time, findings).RunAsync(analysts, trusted, cancellation);
        using var links = new FileLinkBook(settings.DataFolder, time);
        folder.CheckSharedFiles(links);
        await new HelperCheck(settings, findings).RunAsync(owner, analysts, links, cancellation);

        await output.WriteLineAsync(findings.Count == 0 ? "All is well." : string.Create(CultureInfo.InvariantCulture, $"{findings.Count} wrong; each has the command that mends it under it."));
        return findings.Count == 0 ? 0 : 1;
    }

    private BotSettings? CheckSettings(Findings findings)
    {
        try
        {
            var settings = BotSettings.Read(reader);
            findings.Ok("settings", "all in their ranges");
            return settings;
        }
        catch (SettingsException e)
        {
            foreach (var problem in e.Problems)
            {
                findings.Wrong("settings", problem, "set -a; . /opt/data-analyst/.env; set +a; notify-bot doctor   (as root, if the file is right and only this shell does not have it)");
            }

            return null;
        }
    }

    private static void CheckOwnRights(BotSettings settings, Findings findings)
    {
        if (Account.EffectiveUid != 0 && FileStatus.OfPath(settings.DataFolder)?.Uid != Account.EffectiveUid)
        {
            findings.Wrong("rights", $"{Account.Find(Account.EffectiveUid)?.Name} can't see all that has to be looked at, so some lines below may be wrong", "sudo notify-bot doctor   (as root)");
        }
    }
}
