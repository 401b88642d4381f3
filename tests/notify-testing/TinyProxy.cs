using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Notify.Testing;

/// <summary>Debian's tinyproxy on a port of this machine: the only way out of a server that has no other.</summary>
public sealed class TinyProxy : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _log;

    private TinyProxy(Process process, int port, string log) => (_process, Port, _log) = (process, port, log);

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>What it has logged.</summary>
    public string Log => File.Exists(_log) ? File.ReadAllText(_log) : "";

    /// <summary>Starts one.</summary>
    /// <param name="folder">For its files.</param>
    /// <param name="cancellation">The test's.</param>
    /// <param name="login">User and password that it wants, with a blank between.</param>
    /// <param name="allowed">The only host that it makes a way to; null: all.</param>
    /// <param name="port">Where it listens; null: anywhere.</param>
    public static async Task<TinyProxy> StartAsync(
        string folder,
        CancellationToken cancellation,
        string? login = null,
        string? allowed = null,
        int? port = null
    )
    {
        var at = port ?? FreePort.Next();
        var name = Path.Combine(folder, $"tinyproxy-{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(name + ".filter", $"^{allowed}$\n", cancellation);
        await File.WriteAllTextAsync(
            name + ".conf",
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                Port {at}
                Listen 127.0.0.1
                Allow 127.0.0.1
                Timeout 600
                LogLevel Connect
                LogFile "{name}.log"
                {(login is null ? "" : $"BasicAuth {login}")}
                {(allowed is null ? "" : $"Filter \"{name}.filter\"\nFilterDefaultDeny Yes")}

                """
            ),
            cancellation
        );
        var process = Process.Start(
            new ProcessStartInfo("/usr/bin/tinyproxy", ["-d", "-c", name + ".conf"])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var proxy = new TinyProxy(process, at, name + ".log");
        await Eventually.TrueAsync(
            () =>
                Task.FromResult(
                    process.HasExited
                        ? throw new InvalidOperationException(process.StandardError.ReadToEnd())
                        : Listens(at)
                ),
            () => "tinyproxy does not listen",
            cancellation
        );
        return proxy;
    }

    /// <summary>kill -9: all connections through it are cut.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private static bool Listens(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
