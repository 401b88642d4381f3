using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Notify.Bot.Serving;
using Notify.Bot.Telegram;
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
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>More than this and "valid for 10 minutes" and cooldowns begin to be wrong for people.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(30);

    private int _wrong;

    /// <summary>Runs all checks. Exit status 0 where all is well, else 1; 78 where the settings are wrong, and then nothing else is checked.</summary>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        BotSettings settings;
        try
        {
            settings = BotSettings.Read(reader);
        }
        catch (SettingsException e)
        {
            foreach (var problem in e.Problems)
            {
                Wrong("settings", problem, "set -a; . /opt/data-analyst/.env; set +a; notify-bot doctor   (as root, if the file is right and only this shell does not have it)");
            }

            return SettingsReader.WrongSettingsStatus;
        }

        Ok("settings", "all in their ranges");
        if (Account.EffectiveUid != 0 && FileStatus.OfPath(settings.DataFolder)?.Uid != Account.EffectiveUid)
        {
            Wrong("rights", $"{Account.Find(Account.EffectiveUid)?.Name} can't see all that has to be looked at, so some lines below may be wrong", "sudo notify-bot doctor   (as root)");
        }

        await TelegramAsync(settings, cancellation);
        var analysts = CheckGroup("analysts' group", settings.AnalystGroup);
        var trusted = CheckGroup("trusted group", settings.TrustedGroup);
        var owner = CheckFolder(settings, analysts, trusted);
        CheckPrivate(settings);
        CheckDisk(settings);
        await CheckSocketAsync(settings, analysts, trusted, cancellation);
        using var links = new FileLinkBook(settings.DataFolder, time);
        CheckFiles(settings, links);
        await CheckHelperAsync(settings, owner, analysts, links, cancellation);
        await output.WriteLineAsync(_wrong == 0 ? "All is well." : string.Create(CultureInfo.InvariantCulture, $"{_wrong} wrong; each has the command that mends it under it."));
        return _wrong == 0 ? 0 : 1;
    }

    private async Task TelegramAsync(BotSettings settings, CancellationToken cancellation)
    {
        using var api = new BotApi(settings.ApiUrl, settings.Token, time);
        try
        {
            using var limit = new CancellationTokenSource(Patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
            var me = await api.GetMeAsync(either.Token);
            Ok("telegram", $"{settings.ApiUrl.Host} answers");
            Ok("token", $"it is @{me.Username}'s");
        }
        catch (BotApiException e) when (e.Failure is BotApiFailure.TokenRefused)
        {
            Ok("telegram", $"{settings.ApiUrl.Host} answers");
            Wrong("token", $"Telegram refuses it ({e.Message})", "put the token that @BotFather shows into TELEGRAM_BOT_TOKEN of /opt/data-analyst/.env, then: systemctl restart notify-bot");
        }
        catch (Exception e) when (e is BotApiException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            var said = e is BotApiException ? e.Message : "no answer";
            Wrong("telegram", $"{settings.ApiUrl.Host} can't be reached ({said})", $"curl -sS -o /dev/null -w '%{{http_code}}\\n' {settings.ApiUrl.GetLeftPart(UriPartial.Authority)}   (then DNS, firewall or proxy, whichever it names)");
            return;
        }

        if (api.LastServerTime is { } times)
        {
            var off = times.Own - times.Server;
            if (off.Duration() > ClockTolerance)
            {
                Wrong("clock", string.Create(CultureInfo.InvariantCulture, $"it is {off.Duration().TotalSeconds:0} s {(off > TimeSpan.Zero ? "ahead of" : "behind")} Telegram's"), "timedatectl set-ntp true");
            }
            else
            {
                Ok("clock", "agrees with Telegram's");
            }
        }
    }

    private Group? CheckGroup(string what, string name)
    {
        if (Group.Find(name) is { } group)
        {
            Ok(what, name);
            return group;
        }

        Wrong(what, $"there is no group {name}", $"groupadd {name}");
        return null;
    }

    /// <returns>The folder's owner, who is the bot's user.</returns>
    private Account? CheckFolder(BotSettings settings, Group? analysts, Group? trusted)
    {
        var path = settings.DataFolder;
        if (FileStatus.OfPath(path) is not { Kind: FileKind.Folder } status)
        {
            Wrong("folder", $"{path} is not there, or may not be looked at by {Account.Find(Account.EffectiveUid)?.Name}", $"install -d -o deploy -g {settings.TrustedGroup} -m 2770 {path}");
            return null;
        }

        var owner = Account.Find(status.Uid);
        var right = true;
        if (trusted is not null && status.Gid != trusted.Gid)
        {
            right = Wrong("folder", $"{path} is the group {Group.Find(status.Gid)?.Name ?? status.Gid.ToString(CultureInfo.InvariantCulture)}'s, not {trusted.Name}'s", $"chgrp {trusted.Name} {path}");
        }

        // With an ACL the group bits show its mask, which is at least the group's rwx here.
        if ((status.Mode & 0xFFF) != (uint)DataFolder.SharedMode)
        {
            right = Wrong("folder", $"{path} has the mode {Octal(status.Mode)}, not 2770", $"chmod 2770 {path}");
        }

        right &= CheckEntry("folder", path, analysts, AccessRights.Execute, "--x");
        if (right)
        {
            Ok("folder", path);
        }

        return owner;
    }

    private void CheckPrivate(BotSettings settings)
    {
        var path = settings.PrivateFolder;
        if (FileStatus.OfPath(path) is not { Kind: FileKind.Folder } status)
        {
            Wrong("private folder", $"{path} is not there; the bot makes it when it starts", "systemctl restart notify-bot");
        }
        else if ((status.Mode & 0x1FF) != (uint)DataFolder.PrivateMode)
        {
            Wrong("private folder", $"{path} has the mode {Octal(status.Mode)}, not 0750", $"chmod 0750 {path}");
        }
        else
        {
            Ok("private folder", path);
        }
    }

    private void CheckDisk(BotSettings settings)
    {
        if (!Directory.Exists(settings.DataFolder))
        {
            return;
        }

        var free = new DriveInfo(settings.DataFolder).AvailableFreeSpace / 1_000_000;
        if (free < 100)
        {
            Wrong("disk", string.Create(CultureInfo.InvariantCulture, $"{free} MB are free where {settings.DataFolder} is"), $"du -xsh {settings.DataFolder}/* | sort -h   (and make room)");
        }
        else
        {
            Ok("disk", string.Create(CultureInfo.InvariantCulture, $"{free} MB free"));
        }
    }

    private async Task CheckSocketAsync(BotSettings settings, Group? analysts, Group? trusted, CancellationToken cancellation)
    {
        var path = settings.SocketPath;
        if (FileStatus.OfPath(path, followLink: false) is not { } status)
        {
            Wrong("socket", $"{path} is not there: the bot does not run", "systemctl start notify-bot; journalctl -u notify-bot -n 50");
            return;
        }

        if (status.Kind != FileKind.Socket)
        {
            Wrong("socket", $"{path} is something else than a socket, so the bot does not start", $"mv {path} {path}.aside && systemctl restart notify-bot");
            return;
        }

        var right = true;
        if (trusted is not null && status.Gid != trusted.Gid)
        {
            right = Wrong("socket", $"{path} is the group {Group.Find(status.Gid)?.Name}'s, not {trusted.Name}'s", $"chgrp {trusted.Name} {path}");
        }

        if ((status.Mode & 0x1FF) != 0x1B0)
        {
            right = Wrong("socket", $"{path} has the mode {Octal(status.Mode & 0x1FF)}, not 0660", $"chmod 0660 {path}");
        }

        right &= CheckEntry("socket", path, analysts, AccessRights.Read | AccessRights.Write, "rw");
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            using var limit = new CancellationTokenSource(Patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), either.Token);
            if (right)
            {
                Ok("socket", $"{path}, and a bot listens");
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            Wrong("socket", $"{path} is left over: no bot listens", "systemctl start notify-bot; journalctl -u notify-bot -n 50");
        }
        catch (SocketException e)
        {
            Wrong("socket", $"{path}: {e.Message}", "run doctor as root");
        }
    }

    private bool CheckEntry(string what, string path, Group? group, AccessRights rights, string shown)
    {
        if (group is null)
        {
            return false;
        }

        AccessRights? has;
        try
        {
            has = AccessControlList.OfGroup(path, group.Gid);
        }
        catch (IOException e)
        {
            return Wrong(what, e.Message, "run doctor as root");
        }

        return has is { } given && given.HasFlag(rights)
            ? true
            : Wrong(what, $"{path} has no ACL entry for {group.Name}, so analysts can't get to the bot", $"setfacl -m g:{group.Name}:{shown} {path}");
    }

    private void CheckFiles(BotSettings settings, FileLinkBook book)
    {
        foreach (var name in FileLinkBook.FileNames)
        {
            var path = Path.Combine(settings.DataFolder, name);
            if (FileStatus.OfPath(path) is not { } status)
            {
                Ok(name, "not there yet, which counts as empty");
                continue;
            }

            if (book.Unreadable().FirstOrDefault(u => u.File == name) is { } unreadable)
            {
                Wrong(name, $"it can't be read ({unreadable.Position}); it is left as it is, and what was known before is served", $"cp -a {path} {path}.broken; editor {path}   (mend the place named; python3 -m json.tool {path} shows the next one)");
            }
            else if ((status.Mode & 0x1FF) != 0x1B0)
            {
                Wrong(name, $"it has the mode {Octal(status.Mode)}, not 0660", $"chmod 0660 {path}");
            }
            else
            {
                Ok(name, "readable");
            }
        }
    }

    private async Task CheckHelperAsync(BotSettings settings, Account? owner, Group? analysts, FileLinkBook links, CancellationToken cancellation)
    {
        var program = settings.ScriptsProgram;
        if (FileStatus.OfPath(program) is not { Kind: FileKind.Regular } status || (status.Mode & 0x40) == 0)
        {
            Wrong("helper", $"{program} is not there, or can't be executed", "server/deploy.sh   (it installs it; or set NOTIFY_SCRIPTS_BIN)");
            return;
        }

        if ((status.Mode & 0x12) != 0 && status.Uid == 0)
        {
            Wrong("helper", $"{program} can be changed by others than root", $"chmod go-w {program}");
        }

        Account? analyst;
        try
        {
            analyst = links.All().Keys.Select(u => Account.Find(u.Value)).FirstOrDefault(a => a is not null && a.Uid != 0 && analysts is not null && a.Groups().Contains(analysts.Gid));
        }
        catch (StateUnreadableException)
        {
            analyst = null;
        }

        if (analyst is null || owner is null)
        {
            Ok("helper", $"{program} (nobody with an account is linked yet, so no call was tried)");
            return;
        }

        string[] call = analyst.Uid == owner.Uid ? [program, "list"] : ["sudo", "-n", "-u", analyst.Name, "--", program, "list"];
        if (Account.EffectiveUid == 0 && owner.Uid != 0)
        {
            call = ["runuser", "-u", owner.Name, "--", .. call];
        }

        var (exit, said) = await RunAsync(call, cancellation);
        if (exit == 0)
        {
            Ok("helper", $"{owner.Name} can call it as {analyst.Name}");
        }
        else
        {
            Wrong("helper", $"{owner.Name} can't call it as {analyst.Name}: {said}", "visudo -c -f /etc/sudoers.d/sudoers-deploy; server/deploy.sh   (installs the sudo rules)");
        }
    }

    private static async Task<(int Exit, string Said)> RunAsync(string[] call, CancellationToken cancellation)
    {
        try
        {
            var start = new ProcessStartInfo(call[0], call[1..]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true, WorkingDirectory = "/" };
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

    private static string Octal(uint mode) => "0" + Convert.ToString(mode, 8);

    private void Ok(string what, string text) => output.WriteLine($"ok     {what}: {text}");

    private bool Wrong(string what, string text, string mend)
    {
        _wrong++;
        output.WriteLine($"WRONG  {what}: {text}");
        output.WriteLine($"       mend: {mend}");
        return false;
    }
}
