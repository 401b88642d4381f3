using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Notify.Bench;

/// <summary>A Bot API server that says yes at once and does nothing else, so that what is measured is the bot. It never has an update.</summary>
internal sealed class PromptBotApi : IDisposable
{
    private static readonly byte[] Sent = Answer(
        """{"ok":true,"result":{"message_id":1,"date":1767225600,"chat":{"id":1,"type":"private"}}}"""
    );
    private static readonly byte[] Me = Answer(
        """{"ok":true,"result":{"id":110201,"is_bot":true,"first_name":"Bench","username":"NotifyBenchBot"}}"""
    );
    private static readonly byte[] Yes = Answer("""{"ok":true,"result":true}""");
    private static readonly byte[] Nothing = Answer("""{"ok":true,"result":[]}""");

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _ended = new();
    private int _sends;

    internal PromptBotApi()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(128);
        _ = AcceptAsync();
    }

    /// <summary>What to give a bot as <c>TELEGRAM_API_URL</c>.</summary>
    internal string Address => $"http://{_listener.LocalEndPoint}";

    /// <summary>How many messages, photos and documents it has taken.</summary>
    internal int Sends => Volatile.Read(ref _sends);

    /// <inheritdoc />
    public void Dispose()
    {
        _ended.Cancel();
        _listener.Dispose();
        _ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var connection = await _listener.AcceptAsync(_ended.Token);
                connection.NoDelay = true;
                _ = ServeAsync(connection);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The measurement is over.
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        using var owned = connection;
        var buffer = new byte[256 * 1024];
        var filled = 0;
        try
        {
            while (true)
            {
                int head;
                while ((head = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8)) < 0)
                {
                    var read = await connection.ReceiveAsync(buffer.AsMemory(filled), _ended.Token);
                    if (read == 0)
                    {
                        return;
                    }

                    filled += read;
                }

                var text = Encoding.ASCII.GetString(buffer, 0, head);
                var body = head + 4 + BodyLength(text);
                while (filled < body)
                {
                    // Of a body larger than the buffer, the end is all that is needed.
                    var room = filled == buffer.Length ? 0 : filled;
                    if (room == 0)
                    {
                        body -= filled;
                        filled = 0;
                    }

                    var read = await connection.ReceiveAsync(buffer.AsMemory(filled), _ended.Token);
                    if (read == 0)
                    {
                        return;
                    }

                    filled += read;
                }

                buffer.AsSpan(body, filled - body).CopyTo(buffer);
                filled -= body;
                await connection.SendAsync(await AnswerToAsync(text), SocketFlags.None, _ended.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The bot hung up, or the measurement is over.
        }
    }

    private async Task<byte[]> AnswerToAsync(string head)
    {
        var path = head[..head.IndexOf('\r', StringComparison.Ordinal)];
        if (path.Contains("/send", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _sends);
            return Sent;
        }

        if (path.Contains("/getUpdates", StringComparison.Ordinal))
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, _ended.Token);
            return Nothing;
        }

        return path.Contains("/getMe", StringComparison.Ordinal) ? Me : Yes;
    }

    private static int BodyLength(string head)
    {
        const string Name = "\r\nContent-Length: ";
        var at = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return 0;
        }

        at += Name.Length;
        var end = head.IndexOf('\r', at);
        return int.Parse(
            head.AsSpan(at, (end < 0 ? head.Length : end) - at),
            System.Globalization.CultureInfo.InvariantCulture
        );
    }

    private static byte[] Answer(string json) =>
        Encoding.ASCII.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\n\r\n{json}"
        );
}
