using System.Diagnostics;
using System.Text.Json;
using Notify.Sandbox;
using Notify.Sandbox.Control;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>
/// A small server, whole: a bot that runs as its own user deploy, an analyst alice who is linked, and Telegram. Only Telegram is played;
/// accounts, processes, sockets, files and sudo are real.
/// </summary>
public sealed class Machine : IAsyncDisposable
{
    private string? _sudoers;

    private Machine(SandboxServer sandbox, string folder, TestAccount deploy, TestAccount alice)
    {
        Sandbox = sandbox;
        Phone = new SandboxControl(sandbox);
        Folder = folder;
        Deploy = deploy;
        Alice = alice;
        Data = Path.Combine(folder, "data");
        BotEnvironment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["TELEGRAM_BOT_TOKEN"] = sandbox.Token,
            ["TELEGRAM_API_URL"] = sandbox.ApiAddress.AbsoluteUri,
            ["NOTIFY_DATA_DIR"] = Data,
            ["NOTIFY_SCRIPTS_BIN"] = Programs.Path("notify-scripts"),
        };
        RunnerEnvironment = new Dictionary<string, string>(StringComparer.Ordinal) { ["NOTIFY_DATA_DIR"] = Data };
    }

    /// <summary>Telegram.</summary>
    public SandboxServer Sandbox { get; }

    /// <summary>The hands on the phones, and on what goes wrong.</summary>
    public SandboxControl Phone { get; }

    /// <summary>Everything of this machine that is in no home.</summary>
    public string Folder { get; }

    /// <summary>The bot's data folder.</summary>
    public string Data { get; }

    /// <summary>Whom the bot runs as.</summary>
    public TestAccount Deploy { get; }

    /// <summary>The analyst.</summary>
    public TestAccount Alice { get; }

    /// <summary>alice's phone.</summary>
    public long Chat { get; private set; }

    /// <summary>What the next bot is started with.</summary>
    public IDictionary<string, string> BotEnvironment { get; }

    /// <summary>What alice's next round is started with.</summary>
    public IDictionary<string, string> RunnerEnvironment { get; }

    /// <summary>The bot that was started last.</summary>
    public BotProcess Bot { get; private set; } = null!;

    /// <summary>What alice's rounds have logged.</summary>
    public string RunnerLog => File.Exists(RunnerLogPath) ? File.ReadAllText(RunnerLogPath) : "";

    private string RunnerLogPath => Path.Combine(Alice.Home, ".notifications", "logs", "runner.log");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Sets it up and starts the bot.</summary>
    /// <param name="analyst">The beginning of the analyst's name.</param>
    /// <param name="token">The bot's token.</param>
    public static async Task<Machine> StartAsync(string analyst = "alice", string token = SandboxOptions.SampleToken)
    {
        TestAccount.SkipUnlessRoot();
        var folder = Directory.CreateTempSubdirectory("notify-system-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        var machine = new Machine(
            await SandboxServer.StartAsync(new SandboxOptions { Token = token, Limits = SendLimits.Off }, Cancellation),
            folder,
            await TestAccount.CreateAsync("deploy", "data-ops"),
            await TestAccount.CreateAsync(analyst, "dataread")
        );
        try
        {
            machine.Chat = await machine.Phone.AddStartedPersonAsync("Alice", Cancellation);
            Directory.CreateDirectory(machine.Data);
            File.SetUnixFileMode(machine.Data, (UnixFileMode)0b10_111_111_000);
            await File.WriteAllTextAsync(
                Path.Combine(machine.Data, "telegram_users.json"),
                JsonSerializer.Serialize(
                    new Dictionary<string, object>(StringComparer.Ordinal)
                    {
                        [machine.Alice.Name] = new { chat_id = machine.Chat, linked_at = "2026-01-05T09:00:00Z" },
                    }
                ),
                Cancellation
            );
            Run("chown", "-R", $"{machine.Deploy.Name}:data-ops", machine.Data);
            await machine.StartBotAsync();
            return machine;
        }
        catch
        {
            await machine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a bot as deploy and waits until it has found Telegram, if that is there; the one before must have ended.</summary>
    public async Task StartBotAsync(bool isTelegramThere = true)
    {
        if (Bot is not null)
        {
            await Bot.DisposeAsync();
        }

        Bot = await BotProcess.StartAsync(BotEnvironment.AsReadOnly(), Deploy.Name, Cancellation);
        if (isTelegramThere)
        {
            await Bot.WaitForHealthAsync(
                h => h.GetProperty("telegram").GetProperty("state").GetString() == "ok",
                Cancellation
            );
        }
    }

    /// <summary>Puts a script into alice's folder.</summary>
    public string Script(string name, string content) =>
        Alice.Write(Path.Combine("user", "notifications", name), content);

    /// <summary>Puts the script of a case from the field there, under the case's name.</summary>
    public string ScriptOfCase(string folder)
    {
        var name = folder.Replace('-', '_') + ".py";
        Script(name, File.ReadAllText(Path.Combine(Programs.Repository, "tests", "cases", folder, "script.py")));
        return name;
    }

    /// <summary>Takes a script away.</summary>
    public void RemoveScript(string name) => File.Delete(Path.Combine(Alice.Home, "user", "notifications", name));

    /// <summary>One round of alice's, as cron calls it but now.</summary>
    public Task<(int Status, string Said)> RoundAsync() =>
        Alice.RunAsync(Programs.Path("notify-runner"), [], RunnerEnvironment.AsReadOnly(), Cancellation);

    /// <summary>What is kept about a script of alice's.</summary>
    public JsonElement? State(string script)
    {
        var path = Path.Combine(
            Alice.Home,
            ".notifications",
            "state",
            Path.GetFileNameWithoutExtension(script) + ".json"
        );
        return File.Exists(path) ? JsonDocument.Parse(File.ReadAllText(path)).RootElement.Clone() : null;
    }

    /// <summary>When a script of alice's was last sent, as it is kept; null where it was not.</summary>
    public double? LastSent(string script) =>
        State(script) is { } state
        && state.TryGetProperty("last_sent", out var sent)
        && sent.ValueKind == JsonValueKind.Number
            ? sent.GetDouble()
            : null;

    /// <summary>What has come to alice from the bot.</summary>
    public Task<IReadOnlyList<MessageView>> Messages() => Phone.BotMessagesAsync(Chat, Cancellation);

    /// <summary>Lets deploy call the helper as alice by the rules of a server, and as nobody else, until the machine is gone.</summary>
    public async Task AllowSudoAsync()
    {
        var helper = BotEnvironment["NOTIFY_SCRIPTS_BIN"];
        var draft = Path.Combine(Folder, "sudoers");
        var rules = await File.ReadAllTextAsync(
            Path.Combine(Programs.Repository, "server", "sudoers-deploy"),
            Cancellation
        );
        await File.WriteAllTextAsync(
            draft,
            rules
                .Replace("/usr/local/bin/notify-scripts", helper, StringComparison.Ordinal)
                .Replace("deploy ALL=(%dataread)", $"{Deploy.Name} ALL=({Alice.Name})", StringComparison.Ordinal)
                // Other machines have rules of their own at the same time.
                .Replace(
                    "NOTIFY_SCRIPTS",
                    "NOTIFY_" + Deploy.Name.Replace('-', '_').ToUpperInvariant(),
                    StringComparison.Ordinal
                ),
            Cancellation
        );
        File.SetUnixFileMode(draft, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        var (status, said) = await RunProgram.ToEndAsync(
            "/usr/sbin/visudo",
            ["-c", "-f", draft],
            new Dictionary<string, string>(StringComparer.Ordinal),
            Cancellation
        );
        Assert.True(status == 0, said);
        _sudoers = Path.Combine("/etc/sudoers.d", $"notify-test-{Deploy.Name}");
        File.Move(draft, _sudoers);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_sudoers is not null)
        {
            File.Delete(_sudoers);
        }

        if (Bot is not null)
        {
            await Bot.DisposeAsync();
        }

        Phone.Dispose();
        await Sandbox.DisposeAsync();
        await Alice.DisposeAsync();
        await Deploy.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    internal static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
