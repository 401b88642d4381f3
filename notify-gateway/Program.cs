using System.CommandLine;
using System.CommandLine.Invocation;
using Notify.Gateway;
using Notify.Gateway.Hosting;
using Notify.Hosting;
using Notify.Settings;

// notify-gateway     serves (systemd starts it so)
//
// Hosting/GatewayServer             puts the parts together: two sockets, one clock
// Connections/WebSocketEndpoint            a client comes in over TCP and becomes a WebSocket
// Connections/ClientConnection      the conversation with it: auth, pings, notifications, the end
// Tokens/TokenValidator                 whose token it is, and until when
// Dispatch/DispatchApi              the bot's and the dashboard's calls over the Unix socket
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

// An argument with an @ is a name, such as @alice. It is not a file to read arguments from.
var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Action is ParseErrorAction wrongUse)
{
    // The sentence says what is wrong; the whole help would hide it.
    wrongUse.ShowHelp = false;
}

// No time limit of the library's on the end after TERM: the server has one of its own.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
