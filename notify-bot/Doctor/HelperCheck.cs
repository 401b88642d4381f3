using System.ComponentModel;
using System.Diagnostics;
using Notify.Bot.Checks;
using Notify.Linking;
using Notify.Posix;

namespace Notify.Bot.Doctor;

/// <summary>Checks whether the bot's user can call the helper as an analyst.</summary>
internal sealed class HelperCheck(BotSettings settings, CheckReport report)
{
    public async Task RunAsync(Account? owner, Group? analysts, JsonLinkStore links, CancellationToken cancellation)
    {
        var program = settings.ScriptsProgram;
        if (
            FileStatus.OfPath(program) is not { Kind: FileKind.Regular } status
            || !status.Mode.HasFlag(UnixFileMode.UserExecute)
        )
        {
            report.Wrong(
                "helper",
                $"{program} is missing or not executable",
                "server/deploy.sh   (installs it; or set NOTIFY_SCRIPTS_BIN)"
            );
            return;
        }

        if ((status.Mode & FileModes.WrittenByOthers) != UnixFileMode.None && status.Uid == 0)
        {
            report.Wrong("helper", $"other accounts than root can change {program}", $"chmod go-w {program}");
        }

        var analyst = LinkedAnalyst(links, analysts);
        if (analyst is null || owner is null)
        {
            report.Ok("helper", $"{program} (not tried: no linked user has an account yet)");
            return;
        }

        // Not "list": whether the analyst's folder can be read is no matter of the sudo rules. Rules of an older version lack this call.
        string[] ask = [program, "history", "doctor.py", "--limit", "1"];
        string[] call = analyst.Uid == owner.Uid ? ask : ["sudo", "-n", "-u", analyst.Name, "--", .. ask];
        if (Account.EffectiveUid == 0 && owner.Uid != 0)
        {
            call = ["runuser", "-u", owner.Name, "--", .. call];
        }

        var (exit, said) = await CallAsync(call, cancellation);
        if (exit == 0)
        {
            report.Ok("helper", $"{owner.Name} can call it as {analyst.Name}");
        }
        else
        {
            report.Wrong(
                "helper",
                $"{owner.Name} can't call it as {analyst.Name}: {said}",
                "visudo -c -f /etc/sudoers.d/sudoers-deploy; server/deploy.sh   (installs the sudo rules)"
            );
        }
    }

    /// <summary>An analyst with an account and a link; null if there is none yet.</summary>
    private static Account? LinkedAnalyst(JsonLinkStore links, Group? analysts)
    {
        if (analysts is null)
        {
            return null;
        }

        try
        {
            return links
                .All()
                .Keys.Select(u => Account.Find(u.Value))
                .FirstOrDefault(a => a is not null && a.Uid != 0 && a.Groups().Contains(analysts.Gid));
        }
        catch (StateUnreadableException)
        {
            return null;
        }
    }

    private static async Task<(int Exit, string Said)> CallAsync(string[] call, CancellationToken cancellation)
    {
        try
        {
            var start = new ProcessStartInfo(call[0], call[1..])
            {
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                RedirectStandardInput = true,
                WorkingDirectory = "/",
            };
            start.Environment.Remove("TELEGRAM_BOT_TOKEN");
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(cancellation);
            var errors = await process.StandardError.ReadToEndAsync(cancellation);
            await output;
            await process.WaitForExitAsync(cancellation);
            var said = errors.Trim().ReplaceLineEndings(" ");
            return (process.ExitCode, said.Length > 0 ? said : $"exit status {process.ExitCode}");
        }
        catch (Win32Exception e)
        {
            return (-1, $"{call[0]}: {e.Message}");
        }
    }
}
