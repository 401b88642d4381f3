using System.CommandLine;
using System.CommandLine.Invocation;
using Notify.Gateway;
using Notify.Gateway.Hosting;
using Notify.Hosting;
using Notify.Settings;
using Notify.Text;

// notify-gateway     serves (systemd starts it so)
//
// Hosting/GatewayServer             puts the parts together: two sockets, one clock
// Connections/WebSocketEndpoint            a client comes in over TCP and becomes a WebSocket
// Connections/ClientConnection      its protocol: auth, pings, notifications, the end
// Tokens/TokenValidator                 whose token it is, and until when
// Dispatch/DispatchApi              calls of the bot and the dashboard over the Unix socket
var root = new RootCommand(
    "The gateway: holds the connections of desktops and browsers, and passes notifications on to them. Its settings come from the environment (docs/operations.md)."
);
root.SetAction(
    (_, _) =>
        ServiceProgram.RunAsync(
            "notify-gateway",
            () => GatewayServer.RunAsync(GatewaySettings.Read(SettingsReader.FromEnvironment()), Console.Error)
        )
);

// An argument with an @ is a name, such as @alice, not a response file.
var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Action is ParseErrorAction)
{
    // Only the sentences: the whole help would hide them.
    return WrongUse.Say("notify-gateway", parsed.Errors.Select(error => error.Message));
}

// No time limit of the library for the end after TERM: the server has its own.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
