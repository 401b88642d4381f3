using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Notify.Bench;

/// <summary>Callers of an HTTP API with the fewest steps between: one socket each, one request after the other.</summary>
internal static class SendLoad
{
    /// <summary>How long each of the requests took, and all of them together.</summary>
    internal sealed record Result(TimeSpan Wall, IReadOnlyList<TimeSpan> Times, int Delivered, int Refused)
    {
        /// <summary>Requests a second.</summary>
        internal double Rate => Times.Count / Wall.TotalSeconds;

        /// <summary>The median of the times.</summary>
        internal TimeSpan Median => Times.Order().ElementAt(Times.Count / 2);

        /// <summary>All but one in a hundred took no longer.</summary>
        internal TimeSpan Percentile99 => Times.Order().ElementAt(Times.Count * 99 / 100);
    }

    /// <summary>The same to a Unix socket.</summary>
    internal static Task<Result> RunAsync(
        string socketPath,
        int callers,
        int count,
        Func<int, byte[]> request,
        bool newConnections = false
    ) => RunAsync(new UnixDomainSocketEndPoint(socketPath), callers, count, request, newConnections);

    /// <summary>Sends <paramref name="count"/> requests with so many callers at once.</summary>
    /// <param name="server">A Unix socket, or a port.</param>
    /// <param name="callers">Each has one connection and waits for its answer.</param>
    /// <param name="count">Over all callers.</param>
    /// <param name="request">The whole HTTP request of a number.</param>
    /// <param name="newConnections">A connection of its own for each request.</param>
    internal static async Task<Result> RunAsync(
        EndPoint server,
        int callers,
        int count,
        Func<int, byte[]> request,
        bool newConnections = false
    )
    {
        var times = new TimeSpan[count];
        var next = -1;
        var (delivered, refused) = (0, 0);
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(
            Enumerable
                .Range(0, callers)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        Socket? socket = null;
                        var buffer = new byte[4096];
                        for (int i; (i = Interlocked.Increment(ref next)) < count; )
                        {
                            var bytes = request(i);
                            var since = Stopwatch.GetTimestamp();
                            if (socket is null)
                            {
                                socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
                                await socket.ConnectAsync(server);
                            }

                            for (var sent = 0; sent < bytes.Length; )
                            {
                                sent += await socket.SendAsync(bytes.AsMemory(sent));
                            }

                            var answer = await AnswerAsync(socket, buffer);
                            times[i] = Stopwatch.GetElapsedTime(since);
                            if (answer.Contains("\"status\":\"delivered\"", StringComparison.Ordinal))
                            {
                                Interlocked.Increment(ref delivered);
                            }

                            if (!answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
                            {
                                Interlocked.Increment(ref refused);
                            }

                            if (newConnections)
                            {
                                socket.Dispose();
                                socket = null;
                            }
                        }

                        socket?.Dispose();
                    })
                )
        );
        return new Result(Stopwatch.GetElapsedTime(began), times, delivered, refused);
    }

    /// <summary>POST /send of a text.</summary>
    internal static byte[] Text(string user, string text, int wait = 30)
    {
        var body = $$"""{"user":"{{user}}","text":"{{text}}","wait":{{wait}}}""";
        return Encoding.ASCII.GetBytes(
            $"POST /send HTTP/1.1\r\nHost: notify\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"
        );
    }

    /// <summary>POST /send_photo of a picture by its path.</summary>
    internal static byte[] Photo(string user, string path)
    {
        var body = $$"""{"user":"{{user}}","photo_path":"{{path}}","caption":"chart","wait":30}""";
        return Encoding.ASCII.GetBytes(
            $"POST /send_photo HTTP/1.1\r\nHost: notify\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"
        );
    }

    private static async Task<string> AnswerAsync(Socket socket, byte[] buffer)
    {
        var length = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length));
            if (read == 0)
            {
                throw new IOException("the server hung up");
            }

            length += read;
            var text = Encoding.ASCII.GetString(buffer, 0, length);
            if (text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is > 0 and var end && IsWhole(text, end))
            {
                return text;
            }
        }
    }

    /// <summary>Whether all of an answer is there that says its length, or comes in chunks.</summary>
    private static bool IsWhole(string text, int endOfHead)
    {
        const string Length = "Content-Length: ";
        var head = text.AsSpan(0, endOfHead + 2);
        if (head.IndexOf(Length, StringComparison.OrdinalIgnoreCase) is > 0 and var at)
        {
            var length = head[(at + Length.Length)..];
            return text.Length
                >= endOfHead + 4 + int.Parse(length[..length.IndexOf('\r')], CultureInfo.InvariantCulture);
        }

        return text.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal);
    }
}
