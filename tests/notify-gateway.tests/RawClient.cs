using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>A WebSocket by hand, which can break every rule.</summary>
public sealed class RawClient : IDisposable
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(60);

    private readonly Socket _socket;
    private readonly NetworkStream _stream;

    private RawClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>The status line and headers with which the gateway answered.</summary>
    public string Answer { get; private set; } = "";

    /// <summary>The status.</summary>
    public int Status => int.Parse(Answer.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Connects, and says nothing.</summary>
    /// <param name="address"><c>ws://</c>, or <c>unix:</c> and a path.</param>
    public static async Task<RawClient> OpenAsync(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.Scheme == "unix")
        {
            var unix = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await unix.ConnectAsync(new UnixDomainSocketEndPoint(address.AbsolutePath), Cancellation);
            return new RawClient(unix);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address.Host, address.Port, Cancellation);
        return new RawClient(socket);
    }

    /// <summary>Connects and asks for a WebSocket.</summary>
    /// <param name="address">Where.</param>
    /// <param name="headers">More of them, each with its end of line.</param>
    /// <param name="path">Another one than <c>/</c>.</param>
    public static async Task<RawClient> ConnectAsync(Uri address, string headers = "", string path = "/")
    {
        var client = await OpenAsync(address);
        await client.AskAsync(
            $"GET {path} HTTP/1.1\r\nHost: notify\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Convert.ToBase64String(new byte[16])}\r\n{headers}\r\n"
        );
        return client;
    }

    /// <summary>Sends a request and reads the head of its answer.</summary>
    public async Task AskAsync(string request)
    {
        await SendAsync(Encoding.ASCII.GetBytes(request));
        var answer = new StringBuilder();
        while (!answer.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await ReadAsync(1) is [var next])
        {
            answer.Append((char)next);
        }

        Answer = answer.ToString();
    }

    /// <summary>Sends bytes as they are.</summary>
    public async Task SendAsync(byte[] bytes) => await _stream.WriteAsync(bytes, Cancellation);

    /// <summary>A frame.</summary>
    /// <param name="opcode">1 text, 2 binary, 0 continuation, 8 close, 9 ping, 10 pong.</param>
    /// <param name="payload">What it holds.</param>
    /// <param name="isLast">Whether the message ends with it.</param>
    /// <param name="isMasked">As a client's has to be.</param>
    /// <param name="reserved">Bits that mean nothing.</param>
    public static byte[] Frame(
        int opcode,
        ReadOnlySpan<byte> payload,
        bool isLast = true,
        bool isMasked = true,
        int reserved = 0
    )
    {
        var head = new List<byte> { (byte)((isLast ? 0x80 : 0) | (reserved << 4) | opcode) };
        var mask = (byte)(isMasked ? 0x80 : 0);
        if (payload.Length < 126)
        {
            head.Add((byte)(mask | payload.Length));
        }
        else
        {
            var length = new byte[8];
            BinaryPrimitives.WriteInt64BigEndian(length, payload.Length);
            head.Add((byte)(mask | (payload.Length <= ushort.MaxValue ? 126 : 127)));
            head.AddRange(payload.Length <= ushort.MaxValue ? length[6..] : length);
        }

        // A mask of zeros leaves the payload as it is.
        return [.. head, .. isMasked ? new byte[4] : [], .. payload];
    }

    /// <summary>A frame with a text.</summary>
    public static byte[] Text(string text) => Frame(1, Encoding.UTF8.GetBytes(text));

    /// <summary>Sends a token and reads the answer to it.</summary>
    public async Task LogInAsync(GatewayToken token)
    {
        await SendAsync(Text($$"""{"type":"auth","token":"{{token}}"}"""));
        Assert.Contains("auth_ok", await NextTextAsync(), StringComparison.Ordinal);
    }

    /// <summary>The next frame; the opcode -1 where the connection ended without one.</summary>
    public async Task<(int Opcode, byte[] Payload)> NextAsync()
    {
        if (await ReadAsync(2) is not [var first, var second])
        {
            return (-1, []);
        }

        var length = (second & 0x7f) switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(2)),
            127 => (int)BinaryPrimitives.ReadInt64BigEndian(await ReadAsync(8)),
            var small => small,
        };
        return (first & 0x0f, await ReadAsync(length));
    }

    /// <summary>The text of the next frame.</summary>
    public async Task<string> NextTextAsync()
    {
        var (opcode, payload) = await NextAsync();
        Assert.Equal(1, opcode);
        return Encoding.UTF8.GetString(payload);
    }

    /// <summary>The number of the close frame; what comes before it is passed over. Null where the connection ended without one.</summary>
    public async Task<int?> CloseStatusAsync()
    {
        while (true)
        {
            switch (await NextAsync())
            {
                case (8, { Length: >= 2 } payload):
                    return BinaryPrimitives.ReadUInt16BigEndian(payload);
                case (-1, _):
                    return null;
            }
        }
    }

    /// <summary>Waits until the gateway has ended the connection; what comes before is passed over.</summary>
    public async Task EndAsync()
    {
        while (await ReadAsync(1) is not []) { }
    }

    /// <inheritdoc />
    public void Dispose() => _stream.Dispose();

    private async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        try
        {
            await _stream.ReadExactlyAsync(bytes, Cancellation).AsTask().WaitAsync(WaitTimeout, Cancellation);
            return bytes;
        }
        catch (Exception e) when (e is EndOfStreamException or IOException)
        {
            return [];
        }
    }
}
