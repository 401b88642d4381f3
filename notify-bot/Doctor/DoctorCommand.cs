using System.Globalization;
using System.Text.Json;
using Notify.Bot.Checks;
using Notify.Contracts;
using Notify.Linking;
using Notify.Posix;
using Notify.Settings;

namespace Notify.Bot.Doctor;

/// <summary>
/// <c>notify-bot doctor</c>: checks everything that the bot needs, one line each, and prints the fixing command for each
/// fault. It changes nothing.
/// </summary>
/// <param name="environment">Gives a variable of the environment, or null.</param>
/// <param name="file">The file with the service's settings. It adds what the environment lacks.</param>
/// <param name="time">For the clock's check.</param>
/// <param name="output">Where the lines go, or the document.</param>
/// <param name="json">Whether to print one JSON document.</param>
public sealed class DoctorCommand(
    Func<string, string?> environment,
    string file,
    TimeProvider time,
    TextWriter output,
    bool json = false
)
{
    /// <summary>Where the settings are on a server.</summary>
    public const string DefaultFile = CheckReport.SettingsFile;

    /// <summary>How long each part of the system may take to answer.</summary>
    internal static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(10);

    private IReadOnlyDictionary<string, string>? _inFile;

    /// <summary>Runs all checks. Exit status 0 if all is fine, else 1. With wrong settings it is 78, and nothing else is checked.</summary>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var report = new CheckReport(json ? null : output);
        var status = await CheckAllAsync(report, cancellation);
        if (json)
        {
            await output.WriteLineAsync(
                JsonSerializer.Serialize(new DoctorStatus(report.Found), StatusContract.Json.DoctorStatus)
            );
        }

        return status;
    }

    private async Task<int> CheckAllAsync(CheckReport report, CancellationToken cancellation)
    {
        var reader = new SettingsReader(CheckFile(report));
        if (CheckSettings(reader, report) is not { } settings)
        {
            return SettingsReader.WrongSettingsStatus;
        }

        CheckOwnRights(settings, report);
        CheckProxyVariables(report);
        if (await new ProxyCheck(settings, time, report).RunAsync(cancellation))
        {
            await new TelegramCheck(settings, time, report).RunAsync(cancellation);
        }

        await new HeartbeatCheck(settings, time, report).RunAsync(cancellation);
        var analysts = GroupChecks.Find(report, "analysts' group", settings.AnalystGroup);
        GroupChecks.CheckNames(report, analysts);
        var trusted = GroupChecks.Find(report, "trusted group", settings.TrustedGroup);
        var folder = new FolderChecks(settings, report);
        var owner = folder.CheckDataFolder(analysts, trusted);
        folder.CheckPrivateFolder();
        folder.CheckDisk();
        if (await new SocketCheck(settings, time, report).RunAsync(analysts, trusted, cancellation))
        {
            new BotCheck(settings, time, report).Run(cancellation);
        }

        new ServiceAccountCheck(reader, report).Run(trusted);
        var accounts = new Accounts(time, [.. settings.AccessGroups]);
        using var links = new JsonLinkStore(settings.DataFolder, time, accounts);
        folder.CheckSharedFiles(links);
        LinkChecks.Run(links, accounts, settings, report);
        await new HelperCheck(settings, report).RunAsync(owner, analysts, links, cancellation);

        if (!json)
        {
            await output.WriteLineAsync(
                report.Count == 0
                    ? "Everything is fine."
                    : string.Create(CultureInfo.InvariantCulture, $"{report.Count} to fix; the command is under each.")
            );
        }

        return report.Count == 0 ? 0 : 1;
    }

    /// <summary>Only root may read the file with the token.</summary>
    /// <returns>Gives a setting from the environment or else the file.</returns>
    private Func<string, string?> CheckFile(CheckReport report)
    {
        if (FileStatus.OfPath(file) is not { } status)
        {
            return environment;
        }

        try
        {
            var inFile = _inFile = EnvironmentFile.Read(file);
            if (status.Uid != 0 || (status.Mode & FileModes.GroupAndOthers) != UnixFileMode.None)
            {
                report.Wrong(
                    "settings file",
                    $"{file} has the mode {FileModes.Octal(status.Mode)} and belongs to {Account.Find(status.Uid)?.Name}, but only root may read the token in it",
                    $"chown root:root {file}; chmod 0600 {file}"
                );
            }
            else
            {
                report.Ok("settings file", file);
            }

            return name => environment(name) is { Length: > 0 } value ? value : inFile.GetValueOrDefault(name);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            report.Wrong("settings file", $"{file} can't be read: {e.Message}", "sudo notify-bot doctor   (as root)");
            return environment;
        }
    }

    private BotSettings? CheckSettings(SettingsReader reader, CheckReport report)
    {
        try
        {
            var settings = BotSettings.Read(reader);
            report.Ok("settings", "all valid");
            report.Ok(
                "contact",
                settings.Contact == AdminContact.Default
                    ? $"none; messages say \"{AdminContact.Default}\" ({AdminContact.Name} names whom people ask)"
                    : settings.Contact
            );
            return settings;
        }
        catch (SettingsException e)
        {
            foreach (var problem in e.Problems)
            {
                report.Wrong(
                    "settings",
                    problem,
                    $"nano {file}; systemctl restart notify-bot   (or, if another file has the settings: notify-bot doctor --env-file FILE)"
                );
            }

            return null;
        }
    }

    /// <summary>A proxy set in this shell does not reach the bot, whose settings are in the file.</summary>
    private void CheckProxyVariables(CheckReport report)
    {
        if (
            _inFile is { } inFile
            && OutgoingProxy.Variables.FirstOrDefault(name =>
                environment(name) is { Length: > 0 } && !inFile.ContainsKey(name)
            )
                is { } shells
        )
        {
            report.Wrong(
                "proxy",
                $"{shells} is set in this shell but not in {file}, so the bot does not have it",
                $"add its line to {file}, then: systemctl restart notify-bot notify-web   (or check without it: env -u {shells} notify-bot doctor)"
            );
        }
    }

    private static void CheckOwnRights(BotSettings settings, CheckReport report)
    {
        if (Account.EffectiveUid != 0 && FileStatus.OfPath(settings.DataFolder)?.Uid != Account.EffectiveUid)
        {
            report.Wrong(
                "rights",
                $"{Account.Find(Account.EffectiveUid)?.Name} can't read everything, so some lines below may be wrong",
                "sudo notify-bot doctor   (as root)"
            );
        }
    }
}
