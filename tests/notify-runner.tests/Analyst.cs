using System.Diagnostics;
using System.Text.Json;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary>How a program ended and what it printed.</summary>
internal sealed record Ended(int Status, string Output, string Errors);

/// <summary>A real account with a home of its own, scripts in it, and a bot to send to: what the runner lives in.</summary>
internal sealed class Analyst : IAsyncDisposable
{
    /// <summary>A script that has something to say, each time.</summary>
    internal const string Hello = """print('{"notify": true, "title": "Hello", "message": "From a script"}')""";

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(60);

    private Analyst(TestAccount account) => Account = account;

    internal TestAccount Account { get; }

    internal FakeBot Bot { get; } = new();

    internal string Home => Account.Home;

    internal string ScriptsFolder => Path.Combine(Home, "user", "notifications");

    /// <summary>What the last round wrote and those before it.</summary>
    internal string Log => Read(".notifications/logs/runner.log");

    internal static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    internal static async Task<Analyst> CreateAsync()
    {
        TestAccount.SkipUnlessRoot();
        return new Analyst(await TestAccount.CreateAsync("alice", "dataread"));
    }

    /// <summary>A script of a case from the field.</summary>
    internal static string Case(string name) =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "cases", name, "script.py"));

    internal string WriteScript(string name, string python) =>
        Account.Write(Path.Combine("user", "notifications", name), python);

    internal string Read(string pathInHome) =>
        File.Exists(Path.Combine(Home, pathInHome)) ? File.ReadAllText(Path.Combine(Home, pathInHome)) : "";

    /// <summary>What is kept about a script; null where nothing is.</summary>
    internal JsonElement? State(string stem) =>
        Read($".notifications/state/{stem}.json") is { Length: > 0 } json ? JsonDocument.Parse(json).RootElement : null;

    internal void WriteState(string stem, string json) => Account.Write($".notifications/state/{stem}.json", json);

    internal static double UnixNow => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;

    /// <summary>One round, as cron starts it: HOME, PATH and SHELL are all there is.</summary>
    internal Task<Ended> RoundAsync(params (string Name, string Value)[] environment) =>
        RunAsync("notify-runner", [], environment);

    /// <summary>Runs a program as the analyst, to its end.</summary>
    internal async Task<Ended> RunAsync(
        string program,
        IReadOnlyList<string> arguments,
        params (string Name, string Value)[] environment
    )
    {
        using var process = Start(program, arguments, environment);
        return await EndAsync(process);
    }

    internal Process Start(
        string program,
        IReadOnlyList<string> arguments,
        params (string Name, string Value)[] environment
    )
    {
        // Signals as cron leaves them: whoever started the tests with nohup, or as a shell's background job, has some of them ignored, and that is inherited.
        var start = new ProcessStartInfo(
            "/usr/bin/env",
            [
                "--default-signal",
                "/usr/bin/setpriv",
                $"--reuid={Account.Name}",
                $"--regid={Account.Name}",
                "--init-groups",
                "--",
                Path.IsPathRooted(program) ? program : Programs.Path(program),
                .. arguments,
            ]
        )
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        (string Name, string Value)[] cron =
        [
            ("HOME", Home),
            ("PATH", "/usr/bin:/bin"),
            ("SHELL", "/bin/sh"),
            ("NOTIFY_BOT_SOCKET", Bot.SocketPath),
            .. NeededEnvironment,
        ];
        foreach (var (name, value) in cron.Concat(environment))
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>A program of the build, not of the publish, needs to be told where .NET is if it is not in its usual place.</summary>
    internal static (string Name, string Value)[] NeededEnvironment { get; } =
    [("DOTNET_ROOT", Path.GetFullPath(Path.Combine(typeof(object).Assembly.Location, "../../../..")))];

    internal static async Task<Ended> EndAsync(Process process)
    {
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(Cancellation);
        var errors = process.StandardError.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation).WaitAsync(WaitTimeout, Cancellation);
        return new Ended(process.ExitCode, await output, await errors);
    }

    /// <summary>Command lines of the analyst's processes whose environment or arguments hold a text; a process that has ended is none.</summary>
    internal IReadOnlyList<string> Processes(string containing = "")
    {
        var found = new List<string>();
        foreach (
            var folder in Directory
                .GetDirectories("/proc")
                .Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0]))
        )
        {
            try
            {
                var command = File.ReadAllText(Path.Combine(folder, "cmdline")).Replace('\0', ' ').Trim();
                var mine =
                    File.ReadLines(Path.Combine(folder, "status"))
                        .First(line => line.StartsWith("Uid:", StringComparison.Ordinal))
                        .Split('\t')[1] == Account.Uid.ToString(System.Globalization.CultureInfo.InvariantCulture);
                if (mine && command.Length > 0 && command.Contains(containing, StringComparison.Ordinal))
                {
                    found.Add(command);
                }
            }
            catch (Exception e) when (e is IOException or InvalidOperationException or UnauthorizedAccessException)
            {
                // It has ended between the listing and the look.
            }
        }

        return found;
    }

    public async ValueTask DisposeAsync()
    {
        await Bot.DisposeAsync();
        await Account.DisposeAsync();
    }
}

/// <summary>Pictures to send.</summary>
internal static class Pictures
{
    /// <summary>A PNG of one pixel.</summary>
    internal static byte[] Png { get; } =
        Convert.FromBase64String(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        );
}
