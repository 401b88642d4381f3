using System.Runtime.InteropServices;
using System.Text.Json;
using Notify.Sandbox;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>A booted server with Telegram and Google beside it, played by the sandbox, and the repository to install from.</summary>
public sealed class Server : IAsyncDisposable
{
    private const int ApiPort = 8081;
    private const int PhonePort = 8082;
    private const int GooglePort = 8083;

    private Server(BootedDebian machine)
    {
        Machine = machine;
        Phone = new SandboxControl(new Uri($"http://127.0.0.1:{PhonePort}/"), machine.Connection());
    }

    /// <summary>Where the repository is in there.</summary>
    public const string Source = "/notify/source";

    /// <summary>The machine.</summary>
    public BootedDebian Machine { get; }

    /// <summary>The hands on the phones.</summary>
    public SandboxControl Phone { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Boots it and starts the sandbox there. Nothing of Notify is installed yet.</summary>
    public static async Task<Server> BootAsync()
    {
        var published = Path.Combine(Programs.Repository, "artifacts", "publish");
        foreach (var name in (string[])["notify-bot", "notify-web", "notify-gateway", "notify-runner", "notify-scripts", "notify-desktop"])
        {
            if (!File.Exists(Path.Combine(published, name, name)))
            {
                throw new FileNotFoundException($"{published}/{name}/{name} is not there. Run ./dev publish first.");
            }
        }

        var machine = await BootedDebian.BootAsync(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [Source] = Programs.Repository,
            ["/notify/sandbox"] = Path.GetDirectoryName(Programs.Path("notify-sandbox"))!,
            // The installation that this test runs on: the runtime is in shared/NAME/VERSION of it.
            ["/notify/dotnet"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")),
        });
        var server = new Server(machine);
        try
        {
            await server.StartSandboxAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts Telegram and Google anew after a reboot. It has forgotten its people, which Telegram never does: the bot reaches it once they are there again.</summary>
    public async Task RestartSandboxAsync(Func<Task> addPeople)
    {
        ArgumentNullException.ThrowIfNull(addPeople);
        const int HiddenPort = 8091;
        await StartSandboxAsync(HiddenPort);
        await addPeople();
        await Machine.DoAsync("cat > /root/relay.py; systemd-run -q --unit=relay python3 /root/relay.py", input: $$"""
            import asyncio
            async def pipe(reader, writer):
                try:
                    while data := await reader.read(65536):
                        writer.write(data)
                        await writer.drain()
                except ConnectionError:
                    pass
                finally:
                    writer.close()
            async def serve(reader, writer):
                there, back = await asyncio.open_connection("127.0.0.1", {{HiddenPort}})
                await asyncio.gather(pipe(reader, back), pipe(there, writer))
            async def main():
                await (await asyncio.start_server(serve, "127.0.0.1", {{ApiPort}})).serve_forever()
            asyncio.run(main())
            """);
    }

    private async Task StartSandboxAsync(int apiPort = ApiPort)
    {
        await Machine.DoAsync(
            "systemd-run -q --unit=sandbox --property=Type=exec -E DOTNET_ROOT=/notify/dotnet /notify/sandbox/notify-sandbox " +
            $"--listen http://127.0.0.1:{apiPort} --phone-listen http://127.0.0.1:{PhonePort} --google-listen http://127.0.0.1:{GooglePort} --limits off");
        await Eventually.TrueAsync(async () => (await Machine.RunAsync($"curl -sf -o /dev/null http://127.0.0.1:{PhonePort}/")).Status == 0, () => "the sandbox does not answer", Cancellation);
    }

    /// <summary>Writes the settings of a whole installation, as the operator does.</summary>
    public Task WriteSettingsAsync() => Machine.DoAsync($$"""
        install -d -m 0755 /opt/data-analyst
        install -m 0600 /dev/null /opt/data-analyst/.env
        cat > /opt/data-analyst/.env <<'END'
        TELEGRAM_BOT_TOKEN={{SandboxOptions.SampleToken}}
        TELEGRAM_API_URL=http://127.0.0.1:{{ApiPort}}
        TELEGRAM_MESSAGES_PER_SECOND=1000000
        TELEGRAM_CHAT_MESSAGES_PER_SECOND=1000000
        NOTIFY_WEB_URL=http://127.0.0.1:5000
        NOTIFY_OIDC_AUTHORITY=http://127.0.0.1:{{GooglePort}}
        GOOGLE_CLIENT_ID={{SandboxOptions.SampleGoogleClientId}}
        GOOGLE_CLIENT_SECRET={{SandboxOptions.SampleGoogleClientSecret}}
        NOTIFY_ALLOWED_DOMAINS=example.com
        END
        """);

    /// <summary>Makes an analyst as the operator does and links a new phone to them, by the code that the phone was told. Gives the chat.</summary>
    public async Task<long> AddAnalystAsync(string name)
    {
        await Machine.DoAsync($"add-analyst {name} 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsampleOfAKeyThatOpensNothing {name}@laptop'");
        return await LinkAsync(name);
    }

    /// <summary>Links a new phone to a user.</summary>
    public async Task<long> LinkAsync(string name)
    {
        var chat = await Phone.AddPersonAsync(name, Cancellation);
        await Phone.TypeAsync(chat, "/start", Cancellation);
        var told = (await Phone.WaitForBotMessagesAsync(chat, 1, Cancellation))[0];
        var code = told.Text.Substring(told.Entities.First(e => e.Type == "code").Offset, 6);
        Assert.Contains("Linked", await Machine.DoAsync($"notify-bot link {name} {code}"), StringComparison.OrdinalIgnoreCase);
        return chat;
    }

    /// <summary>Puts a script into an analyst's folder, as that analyst.</summary>
    public Task WriteScriptAsync(string user, string name, string content) => Machine.DoAsync($"cat > user/notifications/{name}", user, content);

    /// <summary>What the services say about themselves.</summary>
    public async Task<JsonElement> HealthAsync() => JsonDocument.Parse(await Machine.DoAsync("curl -s --unix-socket /data/notifications/bot.sock http://bot/health")).RootElement.Clone();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Phone.Dispose();
        await Machine.DisposeAsync();
    }
}
