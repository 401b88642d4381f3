using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>A Debian with systemd, booted in a container of its own with a network of its own; gone when the test is.</summary>
public sealed partial class BootedDebian : IAsyncDisposable
{
    private const int NetworkNamespace = 0x40000000;

    private static readonly TimeSpan BootTimeout = TimeSpan.FromSeconds(180);

    private readonly string _folder;
    private readonly IReadOnlyDictionary<string, string> _shown;
    private Process _nspawn;

    private BootedDebian(string folder, IReadOnlyDictionary<string, string> shown)
    {
        _folder = folder;
        _shown = shown;
        _nspawn = Start();
    }

    /// <summary>Its root as a folder here.</summary>
    public string Root => Path.Combine(_folder, "root");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Boots one.</summary>
    /// <param name="release">Its name: bookworm or trixie.</param>
    /// <param name="shown">Folders of this machine that are seen there, read-only, by where.</param>
    public static async Task<BootedDebian> BootAsync(string release, IReadOnlyDictionary<string, string> shown)
    {
        ArgumentNullException.ThrowIfNull(shown);
        TestAccount.SkipUnlessRoot();
        Assert.SkipUnless(
            File.Exists("/usr/bin/systemd-nspawn") && File.Exists("/usr/sbin/debootstrap"),
            "needs systemd-nspawn and debootstrap: apt-get install systemd-container debootstrap"
        );
        var make = Path.Combine(Programs.Repository, "tools", "debian-root.sh");
        await HereAsync($"{make} {release}", TimeSpan.FromMinutes(15));
        var template = (await HereAsync($"{make} {release} 2> /dev/null")).Trim();
        var folder = Directory.CreateTempSubdirectory("notify-machine-").FullName;
        foreach (var name in (string[])["upper", "work", "root"])
        {
            Directory.CreateDirectory(Path.Combine(folder, name));
        }

        await HereAsync(
            $"mount -t overlay overlay -o lowerdir={template},upperdir={folder}/upper,workdir={folder}/work {folder}/root"
        );
        var machine = new BootedDebian(folder, shown);
        try
        {
            await machine.WaitUntilUpAsync();
            return machine;
        }
        catch
        {
            await machine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until it has come up. A unit of Debian's own that failed at boot is started again: a kernel that still removes the control group of the machine before lets one fail now and then, and tests ask for failed units.</summary>
    public async Task WaitUntilUpAsync()
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (
                Leader() is not null
                && (await RunAsync("systemctl is-system-running")).Said.Trim() is "running" or "degraded"
            )
            {
                await RunAsync(
                    "systemctl --failed --no-legend --plain | awk '$1 !~ /^notify-/ { print $1 }' | xargs -r systemctl restart"
                );
                return;
            }

            if (_nspawn.HasExited || TimeProvider.System.GetElapsedTime(since) > BootTimeout)
            {
                throw new TimeoutException(
                    $"The machine did not come up: {(await RunAsync("systemctl is-system-running; systemctl list-jobs; systemctl --failed")).Said}"
                );
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Cancellation);
        }
    }

    /// <summary>Restarts it, and waits until it is up again.</summary>
    public async Task RebootAsync()
    {
        await RunAsync("systemctl --no-block reboot");

        // With --keep-unit a reboot ends it with this status, and who started it starts it again (systemd-nspawn(1)).
        await _nspawn.WaitForExitAsync(Cancellation).WaitAsync(BootTimeout, Cancellation);
        Assert.Equal(133, _nspawn.ExitCode);
        _nspawn.Dispose();
        _nspawn = Start();
        await WaitUntilUpAsync();
    }

    /// <summary>Runs a shell script in it, and gives its status and what it printed on either stream.</summary>
    /// <param name="script">For bash.</param>
    /// <param name="user">As whom, with all their groups; null is root.</param>
    /// <param name="input">What it can read.</param>
    public async Task<(int Status, string Said)> RunAsync(string script, string? user = null, string? input = null)
    {
        if (Leader() is not { } leader)
        {
            return (-1, "the machine is not there");
        }

        string[] become = user is null ? [] : ["/usr/sbin/runuser", "-u", user, "--"];
        string home = user is null ? "/root" : $"/home/{user}";
        var start = new ProcessStartInfo(
            "/usr/bin/nsenter",
            [
                "-t",
                leader.ToString(CultureInfo.InvariantCulture),
                "-m",
                "-u",
                "-i",
                "-n",
                "-p",
                "--",
                .. become,
                "/usr/bin/env",
                "-i",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                $"HOME={home}",
                "LANG=C.UTF-8",
                "/bin/bash",
                "-c",
                $"cd {home} 2> /dev/null || cd /; {script}",
            ]
        )
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return await ToEndAsync(start, input, TimeSpan.FromMinutes(5));
    }

    /// <summary>The same where it has to succeed; gives what it printed.</summary>
    public async Task<string> DoAsync(string script, string? user = null, string? input = null)
    {
        var (status, said) = await RunAsync(script, user, input);
        if (status != 0)
        {
            // The machine is gone when somebody reads this.
            var (_, journal) = await RunAsync("systemctl --failed --no-legend; journalctl --no-pager -n 40");
            Assert.Fail($"{script}\nended with {status}:\n{said}\nThe end of its journal:\n{journal}");
        }

        return said;
    }

    /// <summary>The way into its network, for a client here.</summary>
    public SocketsHttpHandler Connection() =>
        new()
        {
            UseProxy = false,
            ConnectCallback = async (context, cancellation) =>
            {
                var leader = Leader() ?? throw new IOException("the machine is not there");

                // A socket belongs to the network in which its thread was when it was made; the thread is this one's own and ends with it.
                var socket = await Task.Factory.StartNew(
                    () => ConnectWithin(leader, context.DnsEndPoint),
                    cancellation,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default
                );
                return new NetworkStream(socket, ownsSocket: true);
            },
        };

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_nspawn.HasExited)
        {
            _nspawn.Kill(entireProcessTree: true);
            await _nspawn
                .WaitForExitAsync(CancellationToken.None)
                .WaitAsync(TimeSpan.FromSeconds(60), CancellationToken.None);
        }

        _nspawn.Dispose();
        await HereAsync($"umount -l {_folder}/root; rm -rf --one-file-system {_folder}");
    }

    /// <summary>Runs a shell script on this machine; it has to succeed.</summary>
    internal static async Task<string> HereAsync(string script, TimeSpan? timeout = null)
    {
        var (status, said) = await ToEndAsync(
            new ProcessStartInfo("/bin/bash", ["-c", script])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
            null,
            timeout ?? TimeSpan.FromMinutes(3)
        );
        Assert.True(status == 0, $"{script}\nended with {status}:\n{said}");
        return said;
    }

    private static async Task<(int Status, string Said)> ToEndAsync(
        ProcessStartInfo start,
        string? input,
        TimeSpan timeout
    )
    {
        using var process = Process.Start(start)!;
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input);
        }

        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var output = await process
            .StandardOutput.ReadToEndAsync(CancellationToken.None)
            .WaitAsync(timeout, CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None).WaitAsync(timeout, CancellationToken.None);
        return (process.ExitCode, output + await errors);
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(
            "/usr/bin/systemd-nspawn",
            [
                "-D",
                Root,
                "--boot",
                "--private-network",
                "--register=no",
                "--keep-unit",
                "--console=pipe",
                "--hostname=notify-test",
                .. _shown.Select(s => $"--bind-ro={s.Value}:{s.Key}"),
            ]
        )
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var nspawn = Process.Start(start)!;
        nspawn.OutputDataReceived += (_, _) => { };
        nspawn.ErrorDataReceived += (_, _) => { };
        nspawn.BeginOutputReadLine();
        nspawn.BeginErrorReadLine();
        return nspawn;
    }

    /// <summary>The process that is number 1 in there, as this machine counts; null while there is none.</summary>
    private int? Leader()
    {
        try
        {
            var children = File.ReadAllText($"/proc/{_nspawn.Id}/task/{_nspawn.Id}/children")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return children.Length == 0 ? null : int.Parse(children[0], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static Socket ConnectWithin(int leader, DnsEndPoint target)
    {
        using var there = File.OpenHandle($"/proc/{leader}/ns/net");
        if (SetNamespace(there.DangerousGetHandle().ToInt32(), NetworkNamespace) != 0)
        {
            throw new IOException($"The machine's network can't be entered: error {Marshal.GetLastPInvokeError()}.");
        }

        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Connect(IPAddress.Loopback, target.Port);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int descriptor, int kind);
}
