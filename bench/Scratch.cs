using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Notify.Posix;
using Notify.Sandbox;
using Notify.Sandbox.Control;
using Notify.Scripts;
using Group = Notify.Posix.Group;
using Switch = Notify.Sandbox.Control.Switch;

namespace Notify.Bench;

/// <summary>What both measurements stand on: the programs, a folder for the bot's data, a sandbox, and cron's environment.</summary>
internal sealed partial class Scratch : IDisposable
{
    private const string GatewaySecret = "a sample secret of more than 32 bytes";

    private readonly string _programs;
    private readonly string _folder = Directory.CreateTempSubdirectory("notify-bench-").FullName;
    private readonly Process _sandbox;
    private readonly string _google;
    private int _bots;

    /// <param name="programs">Has the published programs as <c>NAME/NAME</c>.</param>
    /// <param name="sandbox">The folder of the sandbox's build.</param>
    internal Scratch(string programs, string sandbox)
    {
        _programs = programs;
        Account = Account.Current();
        if (
            Directory.Exists(Path.Combine(Account.Home, "user"))
            || Directory.Exists(Path.Combine(Account.Home, ".notifications"))
        )
        {
            throw new BenchException(
                $"{Account.Home} is not empty: the runner is measured with an account that has nothing yet. ./dev bench sees to it."
            );
        }

        _sandbox = Process.Start(
            new ProcessStartInfo(Path.Combine(sandbox, "notify-sandbox"), ["--limits", "off"])
            {
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }
        )!;
        var said = _sandbox.StandardOutput.ReadLine() ?? "";
        var addresses = Addresses().Match(said);
        if (!addresses.Success)
        {
            throw new BenchException($"the sandbox did not start: {said}");
        }

        Api = addresses.Groups["api"].Value;
        _google = addresses.Groups["google"].Value;
        Control = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = new Uri(new Uri(addresses.Groups["phone"].Value), "/sandbox/"),
        };
    }

    /// <summary>The account that all of it runs as.</summary>
    internal Account Account { get; }

    /// <summary>The sandbox's Bot API.</summary>
    internal string Api { get; }

    /// <summary>The sandbox's control API.</summary>
    internal HttpClient Control { get; }

    /// <summary>Whose members are analysts, and trusted.</summary>
    private string GroupName => Group.Find(Account.Gid)?.Name ?? "nogroup";

    /// <summary>The Python that cron finds.</summary>
    internal const string Python = "/usr/bin/python3";

    /// <summary>The file of a program: its folder's name, but for what people type.</summary>
    internal string PathOf(string program) =>
        Path.Combine(_programs, program, program == "notify-command" ? "notify" : program);

    /// <summary>What cron gives a job; and a socket at which nobody listens.</summary>
    internal Dictionary<string, string> CronEnvironment() =>
        new(StringComparer.Ordinal)
        {
            ["PATH"] = "/usr/bin:/bin",
            ["HOME"] = Account.Home,
            ["LOGNAME"] = Account.Name,
            ["SHELL"] = "/bin/sh",
            ["LANG"] = "C",
            ["NOTIFY_BOT_SOCKET"] = Path.Combine(_folder, "nobody.sock"),
        };

    /// <summary>Puts a script into the account's folder. Returns its path.</summary>
    internal static string WriteScript(string name, string content)
    {
        var folder = Directory.CreateDirectory(ScriptHome.OfThisUser().ScriptsFolder).FullName;
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, content);
        return path;
    }

    /// <summary>Starts a bot with a data folder of its own.</summary>
    /// <param name="more">Of its environment.</param>
    /// <param name="links">What telegram_users.json holds before.</param>
    /// <param name="data">The data folder of an earlier one, to go on with.</param>
    internal (MeasuredProcess Bot, string DataFolder) StartBot(
        IReadOnlyDictionary<string, string>? more = null,
        string? links = null,
        string? data = null
    )
    {
        data ??= Path.Combine(_folder, $"data{++_bots}");
        if (links is not null)
        {
            Directory.CreateDirectory(data);
            File.WriteAllText(Path.Combine(data, "telegram_users.json"), links);
        }

        var group = GroupName;
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = "/usr/bin:/bin",
            ["TELEGRAM_BOT_TOKEN"] = SandboxOptions.SampleToken,
            ["TELEGRAM_API_URL"] = Api,
            ["NOTIFY_DATA_DIR"] = data,
            ["NOTIFY_ANALYST_GROUP"] = group,
            ["NOTIFY_TRUSTED_GROUP"] = group,
            ["NOTIFY_SCRIPTS_BIN"] = PathOf("notify-scripts"),
        };
        foreach (var (name, value) in more ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            environment[name] = value;
        }

        return (MeasuredProcess.Start(PathOf("notify-bot"), [], environment), data);
    }

    /// <summary>Starts a gateway.</summary>
    internal (MeasuredProcess Gateway, int Port, string SocketPath) StartGateway()
    {
        var (port, socket) = (FreePort(), Path.Combine(_folder, "gateway.sock"));
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["NOTIFY_GATEWAY_LISTEN"] = $"http://127.0.0.1:{port}",
            ["NOTIFY_GATEWAY_SOCKET"] = socket,
            ["NOTIFY_JWT_SECRET"] = GatewaySecret,
            ["NOTIFY_TRUSTED_GROUP"] = GroupName,
            ["STATE_DIRECTORY"] = Path.Combine(_folder, "gateway"),
        };
        return (MeasuredProcess.Start(PathOf("notify-gateway"), [], environment), port, socket);
    }

    /// <summary>Starts a dashboard beside a bot, which lets the sandbox's Google accounts of example.com in.</summary>
    /// <param name="data">The bot's data folder.</param>
    /// <param name="isReaderAnalyst">Whether the account that all of it runs as is an analyst, instead of those that ./dev bench adds.</param>
    internal (MeasuredProcess Web, Uri Address) StartWeb(string data, bool isReaderAnalyst = false)
    {
        var address = $"http://127.0.0.1:{FreePort()}";
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = "/usr/bin:/bin",
            ["NOTIFY_WEB_URL"] = address,
            ["NOTIFY_WEB_LISTEN"] = address,
            ["NOTIFY_OIDC_AUTHORITY"] = _google,
            ["GOOGLE_CLIENT_ID"] = SandboxOptions.SampleGoogleClientId,
            ["GOOGLE_CLIENT_SECRET"] = SandboxOptions.SampleGoogleClientSecret,
            ["NOTIFY_ALLOWED_DOMAINS"] = "example.com",
            ["NOTIFY_JWT_SECRET"] = GatewaySecret,
            ["NOTIFY_WEB_STATE_DIR"] = Path.Combine(_folder, "web"),
            ["NOTIFY_DATA_DIR"] = data,
            ["NOTIFY_ANALYST_GROUP"] = isReaderAnalyst
                ? GroupName
                : Group.Find(WebBudgets.AnalystGroup)?.Name ?? GroupName,
            ["NOTIFY_TRUSTED_GROUP"] = GroupName,
            ["NOTIFY_GATEWAY_SOCKET"] = Path.Combine(_folder, "nobody.sock"),
        };
        return (MeasuredProcess.Start(PathOf("notify-web"), [], environment), new Uri(address));
    }

    /// <summary>Starts what answers everything with one JSON.</summary>
    internal (MeasuredProcess Process, Uri Address) StartBareAnswer(string json)
    {
        var port = FreePort();
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/bin:/bin" };
        return (
            MeasuredProcess.Start(
                PathOf("notify-bare-answer"),
                [port.ToString(CultureInfo.InvariantCulture), json],
                environment
            ),
            new Uri($"http://127.0.0.1:{port}")
        );
    }

    /// <summary>Starts what passes each text on to a Bot API and stores nothing.</summary>
    internal async Task<(MeasuredProcess Process, string Socket)> StartBareRelayAsync(string api)
    {
        var socket = Path.Combine(_folder, "relay.sock");
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/bin:/bin" };
        var process = MeasuredProcess.Start(PathOf("notify-bare-relay"), [socket, api], environment);
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            using var caller = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await caller.ConnectAsync(new UnixDomainSocketEndPoint(socket));
                return (process, socket);
            }
            catch (SocketException) when (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(10))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
            }
        }
    }

    /// <summary>A token of an hour, as the dashboard makes them.</summary>
    internal static string GatewayToken(string user)
    {
        var claims =
            $$"""{"sub":"{{user}}","iss":"notify-web","aud":"notify-gateway","exp":{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 3600}}}""";
        var content =
            $"{Base64Url.EncodeToString("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"u8)}.{Base64Url.EncodeToString(Encoding.ASCII.GetBytes(claims))}";
        return $"{content}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.ASCII.GetBytes(GatewaySecret), Encoding.ASCII.GetBytes(content)))}";
    }

    /// <summary>A port of loopback at which nobody listens.</summary>
    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Calls the sandbox's control API.</summary>
    internal async Task ControlAsync(HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = JsonContent.Create(body, body.GetType(), options: ControlJson.Options);
        }

        using var response = await Control.SendAsync(request);
        if (!response.IsSuccessStatusCode)
        {
            throw new BenchException($"the sandbox refused {path}: {await response.Content.ReadAsStringAsync()}");
        }
    }

    /// <summary>Makes people in the sandbox to whom the bot may write.</summary>
    internal async Task LetWriteAsync(int people, Func<int, long> chat)
    {
        for (var i = 0; i < people; i++)
        {
            await ControlAsync(HttpMethod.Post, "people", new NewPerson($"Person {i}", Id: chat(i)));
            await ControlAsync(HttpMethod.Post, $"chats/{chat(i)}/start", new Switch());
        }
    }

    /// <summary>Waits until a bot has found Telegram.</summary>
    internal static Task UntilOkAsync(string data) => UntilHealthAsync(data, "\"status\":\"ok\"");

    /// <summary>Waits until a bot has delivered everything.</summary>
    internal static Task UntilEmptyAsync(string data) => UntilHealthAsync(data, "\"length\":0,");

    private static async Task UntilHealthAsync(string data, string wanted)
    {
        var began = Stopwatch.GetTimestamp();
        string health;
        while (!(health = Budgets.AskHealth(Path.Combine(data, "bot.sock"))).Contains(wanted, StringComparison.Ordinal))
        {
            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromMinutes(5))
            {
                throw new BenchException(
                    $"the bot's health is {health} after 5 minutes; {data}/private/bot.log says why."
                );
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _sandbox.Kill();
        _sandbox.WaitForExit();
        _sandbox.Dispose();
        Control.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [GeneratedRegex(@"Bot API (?<api>\S+) phone page (?<phone>\S+) google (?<google>\S+)", RegexOptions.None, 1000)]
    private static partial Regex Addresses();
}
