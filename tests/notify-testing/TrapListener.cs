using System.Diagnostics;

namespace Notify.Testing;

/// <summary>Listens on a Unix socket as another account, and writes what each connection sends into a file of its home.</summary>
public sealed class TrapListener : IAsyncDisposable
{
    private const string Program = """
        import socket, sys, os
        s = socket.socket(socket.AF_UNIX)
        s.bind(sys.argv[1])
        os.chmod(sys.argv[1], 0o666)
        s.listen(5)
        while True:
            c, _ = s.accept()
            open(sys.argv[2], 'ab').write(b'!' + c.recv(9999))
        """;

    private readonly Process _process;
    private readonly string _file;

    private TrapListener(TestAccount account, string socket)
    {
        _file = Path.Combine(account.Home, "heard");
        _process = AccountCaller.StartAs(account, "/usr/bin/python3", "-c", Program, socket, _file);
    }

    /// <summary>Listens; any account may connect.</summary>
    public static async Task<TrapListener> StartAsync(
        TestAccount account,
        string socket,
        CancellationToken cancellation
    )
    {
        var trap = new TrapListener(account, socket);
        await Eventually.TrueAsync(
            () => File.Exists(socket) && File.GetUnixFileMode(socket) == (UnixFileMode)0b110_110_110,
            () => "the trap is not set",
            cancellation
        );
        return trap;
    }

    /// <summary>What the connections sent, each after a <c>!</c>; waits for the first one.</summary>
    public async Task<string> HeardAsync(CancellationToken cancellation)
    {
        await Eventually.TrueAsync(() => File.Exists(_file), () => "nobody has connected", cancellation);
        return await File.ReadAllTextAsync(_file, cancellation);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
