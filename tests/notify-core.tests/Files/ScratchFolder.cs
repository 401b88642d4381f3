using System.Diagnostics;
using Notify.Testing;
using Xunit;

namespace Notify.Tests.Files;

/// <summary>A folder of its own for one test, gone afterwards.</summary>
internal sealed class ScratchFolder : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("notify-test-").FullName;

    internal string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>A command of the system that must succeed.</summary>
internal static class Command
{
    internal static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var output = process.StandardOutput.ReadToEnd();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {errors}");
    }
}

/// <summary>A second process (<c>notify-core.tests.dummy</c>) that waits at the start until it is let go.</summary>
internal sealed class OtherProcess : IDisposable
{
    private readonly Process _process;

    internal OtherProcess(params string[] arguments)
    {
        var program = Programs.Path("notify-core.tests.dummy");
        _process = Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        Assert.Equal("ready", _process.StandardOutput.ReadLine());
    }

    internal void LetGo() => _process.StandardInput.WriteLine();

    internal string? ReadLine() => _process.StandardOutput.ReadLine();

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    internal void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>What it printed, once it has ended well.</summary>
    internal async Task<string> OutputAsync()
    {
        var output = await _process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, _process.ExitCode);
        return output.Trim();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }
}
