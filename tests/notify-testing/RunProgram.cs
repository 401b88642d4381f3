using System.Diagnostics;

namespace Notify.Testing;

/// <summary>Runs a program to its end.</summary>
public static class RunProgram
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(120);

    /// <summary>Gives its exit status and all it printed, on either stream.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">All of its environment, beside PATH.</param>
    /// <param name="cancellation">The test's.</param>
    public static async Task<(int Status, string Said)> ToEndAsync(
        string program,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(environment);
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var errors = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation).WaitAsync(WaitTimeout, cancellation);
        return (process.ExitCode, await output + await errors);
    }
}
