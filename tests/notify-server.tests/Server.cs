using System.Runtime.InteropServices;
using System.Text.Json;
using Notify.Sandbox;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>
/// A booted server as people run it: a public name with TLS by nginx, Telegram and Google beside it, played by the sandbox, and the repository to
/// install from.
/// </summary>
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

    /// <summary>The name that the machine goes by for people; that of the site that is shipped for nginx.</summary>
    public const string PublicName = "notify.example.org";

    /// <summary>curl, as somebody who trusts the machine's certificate.</summary>
    public const string Curl = $"curl -s --cacert {Certificates}/fullchain.pem";

    /// <summary>Turns the units and the site for nginx, in the folder where one is, into those of a version that still listened on ports.</summary>
    public const string MakeOlder = """
        rm -f notify-gateway-clients.socket notify-sockets.path notify-sockets.service
        sed -i '/^RemoveOnStop\|^FileDescriptorName\|^Socket[UGM]\|^DirectoryMode/d; s#^ListenStream=.*#ListenStream=127.0.0.1:5000#' notify-web.socket
        sed -i '/^RemoveOnStop\|^FileDescriptorName/d; s#^ListenStream=.*#ListenStream=127.0.0.1:8765\n&#' notify-gateway.socket
        sed -i '/^Sockets=/d; s/ notify-gateway-clients.socket//; s/^RestrictAddressFamilies=.*/& AF_INET AF_INET6/' notify-gateway.service
        sed -i '/^ExecStopPost/d' notify-bot.service
        """;

    /// <summary>The same for the site of nginx: FILE is one.</summary>
    public const string MakeSiteOlder =
        "sed -i '/^upstream/,/^}/d; s#http://notify_web#http://127.0.0.1:5000#; s#http://notify_gateway#http://127.0.0.1:8765#' FILE";

    private const string Certificates = $"/etc/letsencrypt/live/{PublicName}";

    /// <summary>The machine.</summary>
    public BootedDebian Machine { get; }

    /// <summary>The hands on the phones.</summary>
    public SandboxControl Phone { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Boots it and starts the sandbox there. Nothing of Notify is installed yet.</summary>
    /// <param name="release">Debian's name of it.</param>
    public static async Task<Server> BootAsync(string release)
    {
        var published = Path.Combine(Programs.Repository, "artifacts", "publish");
        foreach (
            var name in (string[])
                ["notify-bot", "notify-web", "notify-gateway", "notify-runner", "notify-scripts", "notify-desktop"]
        )
        {
            if (!File.Exists(Path.Combine(published, name, name)))
            {
                throw new FileNotFoundException($"{published}/{name}/{name} is not there. Run ./dev publish first.");
            }
        }

        var machine = await BootedDebian.BootAsync(
            release,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [Source] = Programs.Repository,
                ["/notify/sandbox"] = Path.GetDirectoryName(Programs.Path("notify-sandbox"))!,
                // The installation that this test runs on: the runtime is in shared/NAME/VERSION of it.
                ["/notify/dotnet"] = Path.GetFullPath(
                    Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")
                ),
            }
        );
        var server = new Server(machine);
        try
        {
            await server.StartSandboxAsync();
            await machine.DoAsync(
                $"""
                printf '127.0.0.1 localhost {PublicName}\n' > /etc/hosts
                mkdir -p {Certificates}
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={PublicName} -addext subjectAltName=DNS:{PublicName} -keyout {Certificates}/privkey.pem -out {Certificates}/fullchain.pem
                rm -f /etc/nginx/sites-enabled/default
                """
            );
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
        await Machine.DoAsync(
            "cat > /root/relay.py; systemd-run -q --unit=relay python3 /root/relay.py",
            input: $$"""
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
            """
        );
    }

    private async Task StartSandboxAsync(int apiPort = ApiPort)
    {
        await Machine.DoAsync(
            "systemd-run -q --unit=sandbox --property=Type=exec -E DOTNET_ROOT=/notify/dotnet /notify/sandbox/notify-sandbox "
                + $"--listen http://127.0.0.1:{apiPort} --phone-listen http://127.0.0.1:{PhonePort} --google-listen http://127.0.0.1:{GooglePort} --limits off"
        );
        await Eventually.TrueAsync(
            async () => (await Machine.RunAsync($"curl -sf -o /dev/null http://127.0.0.1:{PhonePort}/")).Status == 0,
            () => "the sandbox does not answer",
            Cancellation
        );
    }

    /// <summary>Writes the settings of a whole installation, as the operator does.</summary>
    public Task WriteSettingsAsync() =>
        Machine.DoAsync(
            $$"""
            install -d -m 0755 /opt/data-analyst
            install -m 0600 /dev/null /opt/data-analyst/.env
            cat > /opt/data-analyst/.env <<'END'
            TELEGRAM_BOT_TOKEN={{SandboxOptions.SampleToken}}
            TELEGRAM_API_URL=http://127.0.0.1:{{ApiPort}}
            TELEGRAM_MESSAGES_PER_SECOND=1000000
            TELEGRAM_CHAT_MESSAGES_PER_SECOND=1000000
            NOTIFY_WEB_URL=https://{{PublicName}}
            NOTIFY_OIDC_AUTHORITY=http://127.0.0.1:{{GooglePort}}
            GOOGLE_CLIENT_ID={{SandboxOptions.SampleGoogleClientId}}
            GOOGLE_CLIENT_SECRET={{SandboxOptions.SampleGoogleClientSecret}}
            NOTIFY_ALLOWED_DOMAINS=example.com
            END
            """
        );

    /// <summary>Puts the shipped site into nginx, as the operator does after the install.</summary>
    public Task StartNginxAsync() =>
        Machine.DoAsync(
            """
            cp /opt/data-analyst/nginx-notify.conf /etc/nginx/sites-available/notify
            ln -sf /etc/nginx/sites-available/notify /etc/nginx/sites-enabled/notify
            nginx -t
            systemctl enable --now nginx
            systemctl reload nginx
            """
        );

    /// <summary>Waits until people get the dashboard's page, by its public name; also where nginx has just been told to read its site anew.</summary>
    public Task WaitUntilServedAsync() =>
        Eventually.TrueAsync(
            async () =>
                (
                    await Machine.RunAsync(
                        $"{Curl} -f https://{PublicName}/login | grep -q /login/google && {Curl} -f https://{PublicName}/healthz"
                    )
                ).Status == 0,
            () => "the dashboard is not there for people",
            Cancellation
        );

    /// <summary>Makes an analyst as the operator does and links a new phone to them, by the code that the phone was told. Gives the chat.</summary>
    public async Task<long> AddAnalystAsync(string name)
    {
        await Machine.DoAsync(
            $"add-analyst {name} 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsampleOfAKeyThatOpensNothing {name}@laptop'"
        );
        return await LinkAsync(name);
    }

    /// <summary>Links a new phone to a user.</summary>
    public async Task<long> LinkAsync(string name)
    {
        var chat = await Phone.AddPersonAsync(name, Cancellation);
        await Phone.TypeAsync(chat, "/start", Cancellation);
        var told = (await Phone.WaitForBotMessagesAsync(chat, 1, Cancellation))[0];
        var code = told.Text.Substring(told.Entities.First(e => e.Type == "code").Offset, 6);
        Assert.Contains(
            "Linked",
            await Machine.DoAsync($"notify-bot link {name} {code}"),
            StringComparison.OrdinalIgnoreCase
        );
        return chat;
    }

    /// <summary>Puts a script into an analyst's folder, as that analyst.</summary>
    public Task WriteScriptAsync(string user, string name, string content) =>
        Machine.DoAsync($"cat > user/notifications/{name}", user, content);

    /// <summary>What the services say about themselves.</summary>
    public async Task<JsonElement> HealthAsync() =>
        JsonDocument
            .Parse(await Machine.DoAsync("curl -s --unix-socket /data/notifications/bot.sock http://bot/health"))
            .RootElement.Clone();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Phone.Dispose();
        await Machine.DisposeAsync();
    }
}
