using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Notify.Testing;

/// <summary>A real service in a process of its own, as systemd would start it.</summary>
public class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _servesLine;
    private readonly StringBuilder _said = new();
    private readonly TaskCompletionSource _serves = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="process">All its streams are this object's.</param>
    /// <param name="servesLine">How the line begins that says that it serves, without level: its number.</param>
    protected ServiceProcess(Process process, string servesLine)
    {
        _process = process;
        _servesLine = servesLine;
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Its exit status, once it has ended.</summary>
    public int ExitStatus => _process.ExitCode;

    /// <summary>What it has printed.</summary>
    public string Said
    {
        get
        {
            lock (_said)
            {
                return _said.ToString();
            }
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(WaitTimeout);
    }

    /// <summary>TERM, and the wait for its end.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        await SignalAsync("TERM");
        await WaitForEndAsync(cancellation);
    }

    /// <summary>A signal, such as STOP: it hangs until CONT.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("/usr/bin/kill", ["-" + signal, Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Waits for its end without asking for it.</summary>
    public Task WaitForEndAsync(CancellationToken cancellation) =>
        _process.WaitForExitAsync(cancellation).WaitAsync(WaitTimeout, cancellation);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        Dispose();
        _process.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts a program with pipes for all its streams.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="environment">All of its environment, beside PATH.</param>
    /// <param name="user">The account it runs as, with all its groups; null is this test's own.</param>
    /// <param name="arguments">Of the program.</param>
    protected static Process Start(
        string program,
        IReadOnlyDictionary<string, string> environment,
        string? user,
        params IReadOnlyList<string> arguments
    )
    {
        ArgumentNullException.ThrowIfNull(environment);
        var start = user is null
            ? new ProcessStartInfo(program, arguments)
            : new ProcessStartInfo(
                "/usr/bin/setpriv",
                [$"--reuid={user}", $"--regid={user}", "--init-groups", "--", program, .. arguments]
            );
        start.UseShellExecute = false;
        start.RedirectStandardError = start.RedirectStandardInput = start.RedirectStandardOutput = true;
        start.WorkingDirectory = "/";
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Waits until it serves, or has ended.</summary>
    protected Task WaitUntilItServesAsync(CancellationToken cancellation) =>
        Task.WhenAny(_serves.Task, _process.WaitForExitAsync(cancellation)).WaitAsync(WaitTimeout, cancellation);

    /// <summary>Lets go what a kind of service has beside its process.</summary>
    protected virtual void Dispose() { }

    private void Hear(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_said)
        {
            _said.AppendLine(line);
        }

        if (line.Contains($"INFO {_servesLine} ", StringComparison.Ordinal))
        {
            _serves.TrySetResult();
        }
    }
}
