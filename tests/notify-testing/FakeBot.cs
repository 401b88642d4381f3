using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Notify.Testing;

/// <summary>A request as it came over the socket.</summary>
/// <param name="Call">Method and path.</param>
/// <param name="Head">The request line and the headers.</param>
/// <param name="Body">The body, byte for byte.</param>
internal sealed record Sent(string Call, string Head, byte[] Body)
{
    /// <summary>The body as text, byte for byte.</summary>
    internal string Text => Encoding.UTF8.GetString(Body);

    /// <summary>A text member of a JSON body.</summary>
    internal string? this[string member] =>
        JsonDocument.Parse(Body).RootElement.TryGetProperty(member, out var value) ? value.ToString() : null;
}

/// <summary>
/// Listens where the bot would, keeps what it is sent, and answers as a test says. It is not the bot: tests of both together
/// are elsewhere.
/// </summary>
internal sealed class FakeBot : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("notify-bot-").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<Sent> _sent = [];
    private readonly List<Sent> _rounds = [];
    private readonly Task _serving;

    /// <summary>Listens at once.</summary>
    public FakeBot()
    {
        File.SetUnixFileMode(_folder, (UnixFileMode)0b111_101_101);
        SocketPath = Path.Combine(_folder, "bot.sock");
        _listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        File.SetUnixFileMode(SocketPath, (UnixFileMode)0b110_110_110);
        _listener.Listen(64);
        _serving = ServeAsync();
    }

    /// <summary>Where it listens.</summary>
    public string SocketPath { get; }

    /// <summary>What to answer to a request: the status and the JSON. Status 0 is no answer: the connection is closed.</summary>
    public Func<Sent, (int Status, string Json)> Answer { get; set; } =
        _ => (200, """{"ok":true,"status":"delivered","id":"1"}""");

    /// <summary>What is muted. It is asked before each notice and says nothing about what was sent: it is not among <see cref="All"/>.</summary>
    public (int Status, string Json) Mutes { get; set; } = (200, """{"scripts":[]}""");

    /// <summary>What came, in order.</summary>
    public IReadOnlyList<Sent> All
    {
        get
        {
            lock (_sent)
            {
                return [.. _sent];
            }
        }
    }

    /// <summary>The rounds that were posted. They say nothing about what was sent either.</summary>
    public IReadOnlyList<Sent> Rounds
    {
        get
        {
            lock (_sent)
            {
                return [.. _rounds];
            }
        }
    }

    /// <summary>What came since the last look.</summary>
    public IReadOnlyList<Sent> Take()
    {
        lock (_sent)
        {
            List<Sent> taken = [.. _sent];
            _sent.Clear();
            return taken;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _serving;
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            Socket connection;
            try
            {
                connection = await _listener.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            _ = AnswerAsync(connection);
        }
    }

    private async Task AnswerAsync(Socket connection)
    {
        await using var stream = new NetworkStream(connection, ownsSocket: true);
        var received = new List<byte>();
        var buffer = new byte[65536];
        int headEnd;
        while ((headEnd = Encoding.Latin1.GetString([.. received]).IndexOf("\r\n\r\n", StringComparison.Ordinal)) < 0)
        {
            var count = await stream.ReadAsync(buffer);
            if (count == 0)
            {
                return;
            }

            received.AddRange(buffer[..count]);
        }

        var head = Encoding.Latin1.GetString([.. received], 0, headEnd);
        var length = head.Split("\r\n")
            .FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            is { } header
            ? int.Parse(header.Split(':')[1], CultureInfo.InvariantCulture)
            : 0;
        var body = new byte[length];
        received.CopyTo(headEnd + 4, body, 0, Math.Min(length, received.Count - headEnd - 4));
        for (var at = received.Count - headEnd - 4; at < length; )
        {
            at += await stream.ReadAsync(body.AsMemory(at));
        }

        var sent = new Sent(string.Join(' ', head.Split(' ')[..2]), head, body);
        lock (_sent)
        {
            if (sent.Call == "POST /rounds")
            {
                _rounds.Add(sent);
            }
            else if (sent.Call != "GET /mutes")
            {
                _sent.Add(sent);
            }
        }

        // In chunks, as the real one does where it does not know the length beforehand.
        var (status, json) = sent.Call switch
        {
            "GET /mutes" => Mutes,
            "POST /rounds" => (200, """{"ok":true,"linked":true,"watched":true}"""),
            _ => Answer(sent),
        };
        if (status == 0)
        {
            return;
        }

        var bytes = Encoding.UTF8.GetBytes(json);
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
        );
        if (bytes.Length > 0)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{bytes.Length:x}\r\n"));
            await stream.WriteAsync(bytes);
            await stream.WriteAsync("\r\n"u8.ToArray());
        }

        await stream.WriteAsync("0\r\n\r\n"u8.ToArray());
    }
}
