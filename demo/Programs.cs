using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace Notify.Demo;

/// <summary>
/// Starts the demo's processes, and sees to it that none outlives the demo: they are told to end when it ends, and the kernel tells them
/// (<c>PR_SET_PDEATHSIG</c>) where the demo was killed and can't.
/// </summary>
internal sealed class Programs : IAsyncDisposable
{
    /// <summary>The search path that cron gives its jobs.</summary>
    internal const string CronPath = "/usr/bin:/bin";

    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(10);

    private readonly string _folder;
    private readonly ScratchFolder _scratch;
    private readonly List<Process> _running = [];
    private readonly BlockingCollection<Action> _starts = [];
    private readonly Thread _starter;

    internal Programs(string folder, ScratchFolder scratch)
    {
        _folder = folder;
        _scratch = scratch;

        // The kernel sends the signal when the *thread* that started a process ends; those of the thread pool come and go.
        _starter = new Thread(() =>
        {
            foreach (var start in _starts.GetConsumingEnumerable())
            {
                start();
            }
        })
        {
            IsBackground = true,
        };
        _starter.Start();
    }

    /// <summary>The path of a program.</summary>
    internal string PathOf(string program)
    {
        var path = Path.Combine(_folder, program, program);
        return File.Exists(path)
            ? path
            : throw new DemoException($"{path} is not there. Start the demo with ./dev demo, which builds it.");
    }

    /// <summary>Where a program's output goes.</summary>
    internal string LogOf(string program) => Path.Combine(_scratch.FullPath, program + ".log");

    /// <summary>A program's whole environment. The builds here are not native, so that each needs to know where .NET is.</summary>
    internal static Dictionary<string, string> EnvironmentOf(params (string Name, string Value)[] variables)
    {
        var environment = variables.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal);
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } dotnet)
        {
            environment["DOTNET_ROOT"] = dotnet;
        }

        return environment;
    }

    /// <summary>Starts a program that serves until the demo ends.</summary>
    /// <param name="program">Its name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">All of its environment.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The process and its first line of output, null where it ended without one.</returns>
    internal async Task<(Process Process, string? FirstLine)> ServeAsync(
        string program,
        string[] arguments,
        IReadOnlyDictionary<string, string> environment,
        CancellationToken cancellation
    )
    {
        var process = await StartAsync(PathOf(program), arguments, environment, "/", cancellation);
        lock (_running)
        {
            _running.Add(process);
        }

        var log = TextWriter.Synchronized(new StreamWriter(LogOf(program), append: true) { AutoFlush = true });
        var first = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Hear(string? line)
        {
            if (line is not null)
            {
                log.WriteLine(line);
            }

            first.TrySetResult(line);
        }

        process.OutputDataReceived += (_, heard) => Hear(heard.Data);
        process.ErrorDataReceived += (_, heard) =>
        {
            if (heard.Data is not null)
            {
                Hear(heard.Data);
            }
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return (process, await first.Task.WaitAsync(cancellation));
    }

    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">All of its environment.</param>
    /// <param name="workingFolder">Where it starts.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Its exit status and what it printed on both streams.</returns>
    internal async Task<(int Status, string Said)> RunAsync(
        string program,
        string[] arguments,
        IReadOnlyDictionary<string, string> environment,
        string workingFolder,
        CancellationToken cancellation
    )
    {
        using var process = await StartAsync(program, arguments, environment, workingFolder, cancellation);
        var said = new StringBuilder();
        void Hear(string? line)
        {
            if (line is not null)
            {
                lock (said)
                {
                    said.AppendLine(line);
                }
            }
        }

        process.OutputDataReceived += (_, heard) => Hear(heard.Data);
        process.ErrorDataReceived += (_, heard) => Hear(heard.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(process);
            throw;
        }

        return (process.ExitCode, said.ToString().Trim());
    }

    /// <summary>The end of a program's output, for a message that says why something went wrong.</summary>
    internal string LastWords(string program)
    {
        var lines = File.Exists(LogOf(program)) ? File.ReadLines(LogOf(program)).TakeLast(15).ToArray() : [];
        return lines.Length == 0
            ? $"{program} said nothing."
            : $"The last lines of {program}:\n  {string.Join("\n  ", lines)}";
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // The bot first: it ends its long poll in order while the sandbox still answers.
        foreach (var process in Enumerable.Reverse(_running))
        {
            await EndAsync(process);
            process.Dispose();
        }

        _starts.CompleteAdding();
        _starter.Join();
        _starts.Dispose();
    }

    private static async Task EndAsync(Process process)
    {
        if (process.HasExited)
        {
            return;
        }

        using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString()]))
        {
            await kill.WaitForExitAsync(CancellationToken.None);
        }

        try
        {
            await process.WaitForExitAsync(CancellationToken.None).WaitAsync(EndTimeout);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
        }
    }

    private Task<Process> StartAsync(
        string program,
        string[] arguments,
        IReadOnlyDictionary<string, string> environment,
        string workingFolder,
        CancellationToken cancellation
    )
    {
        // TERM, not KILL: the runner then ends the scripts that it runs, and the bot what it has started.
        var start = new ProcessStartInfo("setpriv", ["--pdeathsig", "TERM", "--", program, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingFolder,
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _starts.Add(
            () =>
            {
                try
                {
                    var process = Process.Start(start)!;
                    process.StandardInput.Close();
                    started.SetResult(process);
                }
                catch (System.ComponentModel.Win32Exception e)
                {
                    started.SetException(
                        new DemoException(
                            $"{program} can't be started with setpriv (of the package util-linux): {e.Message}",
                            e
                        )
                    );
                }
            },
            cancellation
        );
        return started.Task;
    }
}
