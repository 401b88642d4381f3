using System.Globalization;
using Notify.Linking;
using Notify.Posix;
using Notify.Settings;

namespace Notify.Bot.Doctor;

/// <summary>
/// <c>notify-bot doctor</c>: looks at everything that the bot needs, one line each, and for what is wrong prints the command that
/// mends it. It changes nothing.
/// </summary>
/// <param name="environment">Gives a variable of the environment, or null.</param>
/// <param name="file">Where systemd takes the bot's settings from; what the environment doesn't have is looked up there.</param>
/// <param name="time">For the clock's check.</param>
/// <param name="output">Where the lines go.</param>
public sealed class DoctorCommand(Func<string, string?> environment, string file, TimeProvider time, TextWriter output)
{
    /// <summary>Where the settings are on a server (specification, section 15).</summary>
    public const string DefaultFile = "/opt/data-analyst/.env";

    /// <summary>How long each part of the system may take to answer.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private IReadOnlyDictionary<string, string>? _inFile;

    /// <summary>Runs all checks. Exit status 0 where all is well, else 1; 78 where the settings are wrong, and then nothing else is checked.</summary>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var findings = new DoctorReport(output);
        var reader = new SettingsReader(CheckFile(findings));
        if (CheckSettings(reader, findings) is not { } settings)
        {
            return SettingsReader.WrongSettingsStatus;
        }

        CheckOwnRights(settings, findings);
        CheckProxyVariables(findings);
        if (await new ProxyCheck(settings, time, findings).RunAsync(cancellation))
        {
            await new TelegramCheck(settings, time, findings).RunAsync(cancellation);
        }

        var analysts = GroupChecks.Find(findings, "analysts' group", settings.AnalystGroup);
        GroupChecks.CheckNames(findings, analysts);
        var trusted = GroupChecks.Find(findings, "trusted group", settings.TrustedGroup);
        var folder = new FolderChecks(settings, findings);
        var owner = folder.CheckDataFolder(analysts, trusted);
        folder.CheckPrivateFolder();
        folder.CheckDisk();
        if (await new SocketCheck(settings, time, findings).RunAsync(analysts, trusted, cancellation))
        {
            new BotCheck(settings, time, findings).Run(cancellation);
        }

        new ServiceAccountCheck(reader, findings).Run(trusted);
        var accounts = new Accounts(time, [.. settings.AccessGroups]);
        using var links = new JsonLinkStore(settings.DataFolder, time, accounts);
        folder.CheckSharedFiles(links);
        LinkChecks.Run(links, accounts, settings, findings);
        await new HelperCheck(settings, findings).RunAsync(owner, analysts, links, cancellation);

        await output.WriteLineAsync(
            findings.Count == 0
                ? "All is well."
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{findings.Count} wrong; each has the command that mends it under it."
                )
        );
        return findings.Count == 0 ? 0 : 1;
    }

    /// <summary>The file that holds the token is root's alone.</summary>
    /// <returns>Gives a setting from the environment or else the file.</returns>
    private Func<string, string?> CheckFile(DoctorReport findings)
    {
        if (FileStatus.OfPath(file) is not { } status)
        {
            return environment;
        }

        try
        {
            var inFile = _inFile = EnvironmentFile.Read(file);
            if (status.Uid != 0 || (status.Mode & 0x3F) != 0)
            {
                findings.Wrong(
                    "settings file",
                    $"{file} has the mode {DoctorReport.Octal(status.Mode & 0xFFF)} and is {Account.Find(status.Uid)?.Name}'s: the token in it is root's alone",
                    $"chown root:root {file}; chmod 0600 {file}"
                );
            }
            else
            {
                findings.Ok("settings file", file);
            }

            return name => environment(name) is { Length: > 0 } value ? value : inFile.GetValueOrDefault(name);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            findings.Wrong("settings file", $"{file} can't be read: {e.Message}", "sudo notify-bot doctor   (as root)");
            return environment;
        }
    }

    private BotSettings? CheckSettings(SettingsReader reader, DoctorReport findings)
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
                findings.Wrong(
                    "settings",
                    problem,
                    $"nano {file}; systemctl restart notify-bot   (or, if another file has the settings: notify-bot doctor --env-file FILE)"
                );
            }

            return null;
        }
    }

    /// <summary>A proxy of the shell that doctor runs in is not the bot's, whose settings are in the file.</summary>
    private void CheckProxyVariables(DoctorReport findings)
    {
        if (
            _inFile is { } inFile
            && OutgoingProxy.Variables.FirstOrDefault(name =>
                environment(name) is { Length: > 0 } && !inFile.ContainsKey(name)
            )
                is { } shells
        )
        {
            findings.Wrong(
                "proxy",
                $"{shells} is set in this shell and not in {file}, so the bot itself does not have it",
                $"add its line to {file}, then: systemctl restart notify-bot notify-web   (or look without it: env -u {shells} notify-bot doctor)"
            );
        }
    }

    private static void CheckOwnRights(BotSettings settings, DoctorReport findings)
    {
        if (Account.EffectiveUid != 0 && FileStatus.OfPath(settings.DataFolder)?.Uid != Account.EffectiveUid)
        {
            findings.Wrong(
                "rights",
                $"{Account.Find(Account.EffectiveUid)?.Name} can't see all that has to be looked at, so some lines below may be wrong",
                "sudo notify-bot doctor   (as root)"
            );
        }
    }
}
