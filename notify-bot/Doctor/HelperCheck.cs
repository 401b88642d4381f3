using System.ComponentModel;
using System.Diagnostics;
using Notify.Linking;
using Notify.Posix;

namespace Notify.Bot.Doctor;

/// <summary>Whether the bot's user can call the helper as an analyst.</summary>
internal sealed class HelperCheck(BotSettings settings, DoctorReport findings)
{
    public async Task RunAsync(Account? owner, Group? analysts, JsonLinkStore links, CancellationToken cancellation)
    {
        var program = settings.ScriptsProgram;
        if (FileStatus.OfPath(program) is not { Kind: FileKind.Regular } status || (status.Mode & 0x40) == 0)
        {
            findings.Wrong(
                "helper",
                $"{program} is not there, or can't be executed",
                "server/deploy.sh   (it installs it; or set NOTIFY_SCRIPTS_BIN)"
            );
            return;
        }

        if ((status.Mode & 0x12) != 0 && status.Uid == 0)
        {
            findings.Wrong("helper", $"{program} can be changed by others than root", $"chmod go-w {program}");
        }

        var analyst = LinkedAnalyst(links, analysts);
        if (analyst is null || owner is null)
        {
            findings.Ok("helper", $"{program} (nobody with an account is linked yet, so no call was tried)");
            return;
        }

        string[] call =
            analyst.Uid == owner.Uid ? [program, "list"] : ["sudo", "-n", "-u", analyst.Name, "--", program, "list"];
        if (Account.EffectiveUid == 0 && owner.Uid != 0)
        {
            call = ["runuser", "-u", owner.Name, "--", .. call];
        }

        var (exit, said) = await CallAsync(call, cancellation);
        if (exit == 0)
        {
            findings.Ok("helper", $"{owner.Name} can call it as {analyst.Name}");
        }
        else
        {
            findings.Wrong(
                "helper",
                $"{owner.Name} can't call it as {analyst.Name}: {said}",
                "visudo -c -f /etc/sudoers.d/sudoers-deploy; server/deploy.sh   (installs the sudo rules)"
            );
        }
    }

    /// <summary>Somebody whose scripts the bot would list; null where there is nobody yet.</summary>
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
