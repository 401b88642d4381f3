using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Notify.Scripts;

namespace Notify.Sending;

/// <summary>What a script wants said, as it goes to the bot.</summary>
/// <param name="Script">The script's file name.</param>
/// <param name="Title">The bold header; literal text.</param>
/// <param name="Message">The message in Markdown.</param>
/// <param name="Data">The script's own data.</param>
/// <param name="Chart">The chart.</param>
public sealed record Notification(
    ScriptName Script,
    string? Title,
    string? Message,
    JsonElement? Data,
    ChartFile? Chart
)
{
    /// <summary>A name under which it is said once, whoever asks again; null for one of its own.</summary>
    public RepeatKey? Key { get; init; }
}

/// <summary>A name for what is said: the bot takes the same user and name once, and answers a repeat with how the first stands.</summary>
/// <param name="Name">At most 200 characters.</param>
/// <param name="Lifetime">How long it means the same; null for the bot's 24 hours. A bot of an older version takes those in any case.</param>
public sealed record RepeatKey(string Name, TimeSpan? Lifetime = null)
{
    /// <summary>A name that only this one call has.</summary>
    public static RepeatKey Unique() => new(Guid.NewGuid().ToString("N"));
}

/// <summary>The bot's answer to one request.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The JSON object of the answer; null where there is none (what the HTTP server itself refuses).</param>
public sealed record SendApiAnswer(int Status, JsonElement? Body)
{
    /// <summary>Whether the bot accepted it.</summary>
    public bool IsOk => Status == 200;

    /// <summary>The bot's sentence about what is wrong and what to do, or the bare status.</summary>
    public string Error =>
        Text("error")
        ?? string.Create(
            CultureInfo.InvariantCulture,
            $"The bot answered with HTTP status {Status} and no explanation."
        );

    /// <summary>Whether it had been accepted before under the same key, and nothing new was sent.</summary>
    public bool IsRepeat =>
        Body is { } body && body.TryGetProperty("repeated", out var value) && value.ValueKind == JsonValueKind.True;

    /// <summary>Until when the bot holds it back, since its user has muted the script or everything; null where it does not.</summary>
    public DateTimeOffset? MutedUntil =>
        Text("muted_until") is { } text
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var until)
            ? until
            : null;

    /// <summary>A text member of the answer; null where it isn't there or is no text.</summary>
    public string? Text(string member) =>
        Body is { } body && body.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}

/// <summary>
/// Client of the bot's send API on its Unix socket (specification, section 7). Written on a bare socket, since
/// <see cref="System.Net.Http.HttpClient"/> costs a program that lives for milliseconds 10 ms and 4 MB.
/// </summary>
/// <remarks>Each call is one connection, blocks its thread and ends within <see cref="Patience"/>. Safe for several threads.</remarks>
/// <param name="socketPath">Where the bot listens.</param>
/// <param name="time">For the time limit.</param>
public sealed class SendApiClient(string socketPath, TimeProvider time)
{
    /// <summary>How long a call may take at most. The bot answers a send within 5 s, however Telegram is.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Longest path that a socket can have, in bytes (sockaddr_un).</summary>
    public const int LongestPath = 107;

    private const int LargestAnswer = 4 << 20;

    /// <summary>
    /// When a send whose answer was lost is asked for again; the key lets the bot answer for the first one. Together 16 s: a bot that
    /// was killed is started anew within that.
    /// </summary>
    private static readonly double[] SecondsBeforeAskingAgain = [0.25, 0.75, 2, 3, 5, 5];

    /// <summary>Letters beyond ASCII as they are, not as \uXXXX: that would make some texts three times as long, and the bot's limit counts bytes.</summary>
    private static readonly JsonWriterOptions AsItIs = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Sends a notification, with its chart if it has one. Where the connection breaks before the answer, as when the bot is killed, it is
    /// asked for again under the same key, so that it is said once.
    /// </summary>
    /// <exception cref="BotUnreachableException">No bot, or no answer. Whether the bot took it is not known where <see cref="BotUnreachableException.MayHaveArrived"/>.</exception>
    public SendApiAnswer Send(Notification notification, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(notification);
        return UntilAnswered(
            notification.Key,
            key =>
                notification.Chart is { } chart
                    ? SendPhoto(notification, chart, key, cancellation)
                    : SendText(notification, key, cancellation),
            cancellation
        );
    }

    /// <summary>Sends a text of this system's own, in HTML; asked for again as <see cref="Send"/> does.</summary>
    /// <param name="script">The script that it is about; null for none.</param>
    /// <param name="html">The text.</param>
    /// <param name="buttons">Whether buttons to mute and run the script may stand under it.</param>
    /// <param name="key">A name under which it is said once; null for one of its own.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <exception cref="BotUnreachableException">No bot, or no answer.</exception>
    public SendApiAnswer SendHtml(
        ScriptName? script,
        string html,
        bool buttons,
        RepeatKey? key,
        CancellationToken cancellation
    ) =>
        UntilAnswered(
            key,
            used =>
            {
                var body = Json(writer =>
                {
                    writer.WriteString("text", html);
                    writer.WriteString("parse_mode", "HTML");
                    WriteText(writer, "script", script?.Value);
                    if (!buttons)
                    {
                        writer.WriteBoolean("buttons", false);
                    }

                    WriteKey(writer, used);
                });
                return Exchange("POST /send", "application/json", [body], cancellation);
            },
            cancellation
        );

    /// <summary>Asks for something, such as <c>/health</c>.</summary>
    /// <exception cref="BotUnreachableException">No bot, or no answer.</exception>
    public SendApiAnswer Get(string target, CancellationToken cancellation) =>
        Exchange("GET " + target, null, [], cancellation);

    /// <summary>Calls, and calls again with the same key while the answer of an earlier call is lost.</summary>
    private SendApiAnswer UntilAnswered(
        RepeatKey? given,
        Func<RepeatKey, SendApiAnswer> call,
        CancellationToken cancellation
    )
    {
        var key = given ?? RepeatKey.Unique();
        BotUnreachableException? lost = null;
        foreach (var seconds in (IEnumerable<double>)[.. SecondsBeforeAskingAgain, 0])
        {
            try
            {
                return call(key);
            }
            catch (BotUnreachableException e) when (lost is not null || e.MayHaveArrived)
            {
                // While the bot starts anew nobody listens: that says nothing about the call whose answer was lost.
                lost ??= e;
                Pause(seconds, cancellation);
            }
        }

        throw lost!;
    }

    private void Pause(double seconds, CancellationToken cancellation)
    {
        using var over = new ManualResetEventSlim();
        using var timer = time.CreateTimer(
            _ => over.Set(),
            null,
            TimeSpan.FromSeconds(seconds),
            Timeout.InfiniteTimeSpan
        );
        over.Wait(cancellation);
    }

    private SendApiAnswer SendText(Notification notification, RepeatKey key, CancellationToken cancellation)
    {
        var body = Json(writer =>
        {
            WriteText(writer, "title", notification.Title);
            WriteText(writer, "message", notification.Message);
            writer.WriteString("script", notification.Script.Value);
            WriteKey(writer, key);
            if (notification.Data is { } data)
            {
                writer.WritePropertyName("data");
                data.WriteTo(writer);
            }
        });
        return Exchange("POST /send", "application/json", [body], cancellation);
    }

    private SendApiAnswer SendPhoto(
        Notification notification,
        ChartFile chart,
        RepeatKey key,
        CancellationToken cancellation
    )
    {
        var boundary = $"notify-{Guid.NewGuid():N}";
        var start = new StringBuilder();
        void Field(string name, string? value)
        {
            if (value is not null)
            {
                start.Append(
                    CultureInfo.InvariantCulture,
                    $"--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                );
            }
        }

        Field("title", notification.Title);
        Field("message", notification.Message);
        Field("script", notification.Script.Value);
        Field("key", key.Name);
        Field("key_for", key.Lifetime is { } lifetime ? Seconds(lifetime) : null);
        Field("data", notification.Data?.GetRawText());
        start.Append(
            CultureInfo.InvariantCulture,
            $"--{boundary}\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"{chart.UploadName}\"\r\nContent-Type: {chart.Info.MediaType}\r\n\r\n"
        );
        var end = $"\r\n--{boundary}--\r\n";
        return Exchange(
            "POST /send_photo",
            $"multipart/form-data; boundary={boundary}",
            [Encoding.UTF8.GetBytes(start.ToString()), chart.Bytes, Encoding.ASCII.GetBytes(end)],
            cancellation
        );
    }

    private SendApiAnswer Exchange(
        string call,
        string? contentType,
        IReadOnlyList<ReadOnlyMemory<byte>> body,
        CancellationToken cancellation
    )
    {
        var began = time.GetTimestamp();
        using var socket = Connect(began);
        // Closing is the way to wake a thread that waits in a socket.
        using var closing = cancellation.Register(socket.Dispose);
        try
        {
            var head = new StringBuilder().Append(call).Append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
            if (contentType is not null)
            {
                head.Append(
                    CultureInfo.InvariantCulture,
                    $"Content-Type: {contentType}\r\nContent-Length: {body.Sum(part => (long)part.Length)}\r\n"
                );
            }

            SendAll(socket, [Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), .. body], began);
            return HttpAnswer.Parse(ReceiveAll(socket, began))
                ?? throw new BotUnreachableException(
                    $"The bot at {socketPath} closed the connection without an answer. Try again; if it stays so, tell the operator."
                )
                {
                    MayHaveArrived = true,
                };
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
        {
            // A bot that is silent is not pressed: it has had its time.
            throw new BotUnreachableException(
                $"The bot at {socketPath} gave no answer within {Patience.TotalSeconds:0} s. Tell the operator.",
                e
            );
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new BotUnreachableException(
                $"The connection to the bot at {socketPath} broke: {e.Message}. Try again; if it stays so, tell the operator.",
                e
            )
            {
                MayHaveArrived = true,
            };
        }
    }

    private Socket Connect(long began)
    {
        if (Encoding.UTF8.GetByteCount(socketPath) > LongestPath)
        {
            throw new BotUnreachableException(
                $"The path of the bot's socket, {socketPath}, is longer than {LongestPath} bytes. Set NOTIFY_BOT_SOCKET to a shorter one."
            );
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            BotListener.CheckPath(socketPath);
            socket.SendTimeout = Left(began);
            socket.Connect(new UnixDomainSocketEndPoint(socketPath));
            BotListener.Check(socket, socketPath);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new BotUnreachableException(
                e.SocketErrorCode switch
                {
                    SocketError.AccessDenied =>
                        $"You may not connect to the bot at {socketPath}. The group of analysts may: if \"id\" does not show it, ask the operator to add you, then log in anew. If it does, tell the operator.",
                    SocketError.ConnectionRefused =>
                        $"The bot is not running: nobody listens at {socketPath}. Tell the operator.",
                    SocketError.AddressNotAvailable =>
                        $"The bot is not running, or its socket was removed: there is no socket {socketPath}. Tell the operator.",
                    _ => $"The bot at {socketPath} can't be reached: {e.Message}. Tell the operator.",
                },
                e
            );
        }
        catch (BotUnreachableException)
        {
            socket.Dispose();
            throw;
        }
    }

    private void SendAll(Socket socket, IEnumerable<ReadOnlyMemory<byte>> parts, long began)
    {
        try
        {
            foreach (var part in parts)
            {
                for (var sent = 0; sent < part.Length; )
                {
                    socket.SendTimeout = Left(began);
                    sent += socket.Send(part.Span[sent..], SocketFlags.None);
                }
            }
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.Shutdown or SocketError.ConnectionReset)
        {
            // The bot has answered before it had read all (too large, not yours) and hung up: the answer is waiting.
        }
    }

    private byte[] ReceiveAll(Socket socket, long began)
    {
        var answer = new ArrayBufferWriter<byte>(4096);
        while (answer.WrittenCount <= LargestAnswer)
        {
            socket.ReceiveTimeout = Left(began);
            int count;
            try
            {
                count = socket.Receive(answer.GetSpan(4096), SocketFlags.None);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset && answer.WrittenCount > 0)
            {
                // Hung up with our body half read; what it said before counts.
                break;
            }

            if (count == 0)
            {
                break;
            }

            answer.Advance(count);
        }

        return answer.WrittenSpan.ToArray();
    }

    /// <summary>Milliseconds left. Never 0, which would mean for ever.</summary>
    private int Left(long began) => Math.Max(1, (int)(Patience - time.GetElapsedTime(began)).TotalMilliseconds);

    private static ReadOnlyMemory<byte> Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, AsItIs))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void WriteText(Utf8JsonWriter writer, string name, string? text)
    {
        if (text is not null)
        {
            writer.WriteString(name, text);
        }
    }

    private static void WriteKey(Utf8JsonWriter writer, RepeatKey key)
    {
        writer.WriteString("key", key.Name);
        if (key.Lifetime is { } lifetime)
        {
            writer.WriteNumber("key_for", (long)lifetime.TotalSeconds);
        }
    }

    private static string Seconds(TimeSpan span) => ((long)span.TotalSeconds).ToString(CultureInfo.InvariantCulture);
}
