using System.Net.Sockets;
using System.Reflection;
using System.Runtime.InteropServices;
using Notify.Sandbox;
using Notify.Sandbox.Google;

const string Usage = """
    notify-sandbox plays Telegram and Google on this machine, for tests and for the demo.

      --listen http://127.0.0.1:PORT         the Bot API (default: any free port)
      --phone-listen http://127.0.0.1:PORT   the phone page and the control API (default: any free port)
      --token TOKEN                          the only token that is right (default: a sample that is no real bot's)
      --bot-username NAME                    default: NotifyTestBot
      --limits published|off                 Telegram's sending rates, or none (default: published)

      --google-listen http://127.0.0.1:PORT  the OpenID provider (default: any free port)
      --google-client-id ID                  the only client that is registered (default: a sample)
      --google-client-secret SECRET          its secret (default: a sample)
      --google-redirect ADDRESS              where people may be sent back to, besides this machine; can be repeated
      --google-account EMAIL                 an account to choose, verified and of its domain's Workspace, before the samples; can be repeated
      --help, --version

    It prints one line with its addresses when it is ready, and ends with TERM or Ctrl+C.
    """;

var options = new SandboxOptions();
var accounts = new List<GoogleAccount>();
try
{
    for (var i = 0; i < args.Length; i++)
    {
        switch (args[i])
        {
            case "--help":
                await Console.Out.WriteLineAsync(Usage);
                return 0;
            case "--version":
                await Console.Out.WriteLineAsync(
                    typeof(SandboxServer)
                        .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
                        .InformationalVersion
                );
                return 0;
            case "--listen":
                options = options with { Listen = Address(i) };
                break;
            case "--phone-listen":
                options = options with { PhoneListen = Address(i) };
                break;
            case "--token":
                options = options with { Token = Value(i) };
                break;
            case "--bot-username":
                options = options with { BotUsername = Value(i) };
                break;
            case "--limits":
                options = options with
                {
                    Limits = Value(i) switch
                    {
                        "published" => SendLimits.Published,
                        "off" => SendLimits.Off,
                        var other => throw new UsageException($"--limits is {other}: it can be published or off."),
                    },
                };
                break;
            case "--google-listen":
                options = options with { GoogleListen = Address(i) };
                break;
            case "--google-client-id":
                options = options with { GoogleClientId = Value(i) };
                break;
            case "--google-client-secret":
                options = options with { GoogleClientSecret = Value(i) };
                break;
            case "--google-redirect":
                options = options with { GoogleRedirects = [.. options.GoogleRedirects, Value(i)] };
                break;
            case "--google-account":
                accounts.Add(GoogleAccount.OfWorkspace(Value(i)));
                break;
            default:
                throw new UsageException($"Unknown option {args[i]}. notify-sandbox --help lists them.");
        }

        i++;
    }

    options = options with { GoogleAccounts = [.. accounts, .. options.GoogleAccounts] };
    using var end = new CancellationTokenSource();
    using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
    await using var server = await SandboxServer.StartAsync(options, end.Token);
    await Console.Out.WriteLineAsync(
        $"notify-sandbox is ready: Bot API {server.ApiAddress.ToString().TrimEnd('/')} phone page {server.PhoneAddress} google {server.GoogleAddress.ToString().TrimEnd('/')}"
    );
    try
    {
        await server.WaitForEndAsync(end.Token);
    }
    catch (OperationCanceledException)
    {
        // Told to end.
    }

    return 0;

    void End(PosixSignalContext signal)
    {
        signal.Cancel = true;
        end.Cancel();
    }
}
catch (UsageException wrong)
{
    await Console.Error.WriteLineAsync($"notify-sandbox: {wrong.Message}");
    return 64;
}
catch (SocketException taken)
{
    await Console.Error.WriteLineAsync(
        $"notify-sandbox: can't listen there: {taken.Message}. Choose another port, or leave it out for any free one."
    );
    return 1;
}

string Value(int option) =>
    option + 1 < args.Length ? args[option + 1] : throw new UsageException($"{args[option]} needs a value.");

Uri Address(int option) =>
    Uri.TryCreate(Value(option), UriKind.Absolute, out var address)
        ? address
        : throw new UsageException($"{args[option]} is {Value(option)}: it should be like http://127.0.0.1:8081.");
