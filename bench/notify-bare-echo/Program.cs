using System.Globalization;
using System.Net;
using System.Net.WebSockets;

// notify-bare-echo PORT: the least that a WebSocket server on Kestrel can be. ./dev bench measures the gateway beside it.
var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder
    .WebHost.UseKestrelCore()
    .ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, int.Parse(args[0], CultureInfo.InvariantCulture)));
await using var app = builder.Build();
app.UseWebSockets();
app.Run(async context =>
{
    using var socket = await context.WebSockets.AcceptWebSocketAsync();
    var buffer = new byte[4096];
    while (true)
    {
        var message = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
        if (message.MessageType == WebSocketMessageType.Close)
        {
            return;
        }

        await socket.SendAsync(
            buffer.AsMemory(0, message.Count),
            message.MessageType,
            message.EndOfMessage,
            context.RequestAborted
        );
    }
});
await app.RunAsync();
