using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Notify.Tests.Doctor;

/// <summary>A Bot API server whose clock is an hour behind; answers one getMe.</summary>
internal static class StaleClock
{
    internal static async Task<string> StartAsync(CancellationToken cancellation)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _ = AnswerAsync(listener, cancellation);
        await Task.CompletedTask;
        return $"http://{listener.LocalEndpoint}";
    }

    private static async Task AnswerAsync(TcpListener listener, CancellationToken cancellation)
    {
        using (listener)
        using (var client = await listener.AcceptTcpClientAsync(cancellation))
        {
            var stream = client.GetStream();
            _ = await stream.ReadAsync(new byte[16 * 1024], cancellation);
            const string Body =
                """{"ok":true,"result":{"id":110201,"is_bot":true,"first_name":"Late","username":"late_bot"}}""";
            var date = TimeProvider
                .System.GetUtcNow()
                .AddHours(-1)
                .ToString("R", System.Globalization.CultureInfo.InvariantCulture);
            await stream.WriteAsync(
                Encoding.ASCII.GetBytes(
                    $"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\nConnection: close\r\n\r\n{Body}"
                ),
                cancellation
            );
        }
    }
}
