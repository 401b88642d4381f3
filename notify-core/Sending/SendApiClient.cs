using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Notify.Contracts;
using Notify.Hosting;
using Notify.Retry;

namespace Notify.Sending;

/// <summary>A notification's key. The bot takes the same user and key once, and answers a repeat with the first one's state.</summary>
/// <param name="Name">At most 200 characters.</param>
/// <param name="Lifetime">Its lifetime; null for the bot's 24 hours, which older versions always use.</param>
public sealed record RepeatKey(string Name, TimeSpan? Lifetime = null)
{
    /// <summary>A unique key for one call.</summary>
    public static RepeatKey Unique() => new(Guid.NewGuid().ToString("N"));
}

/// <summary>The bot's answer to one request.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The body, mostly a JSON object; what the HTTP server itself refuses has none.</param>
public sealed record SendApiAnswer(int Status, ReadOnlyMemory<byte> Body)
{
    /// <summary>Whether the bot accepted it.</summary>
    public bool IsOk => Status == 200;

    /// <summary>The bot's sentence about what is wrong and what to do, or the bare status.</summary>
    public string Error =>
        Read(SendContract.Json.ErrorAnswer)?.Error
        ?? string.Create(
            CultureInfo.InvariantCulture,
            $"The bot answered with HTTP status {Status} and no explanation."
        );

    /// <summary>The body; null if it is not of this kind, such as a page of something in between, or the answer of another version.</summary>
    public T? Read<T>(JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(Body.Span, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>
/// Client of the bot's send API on its Unix socket, written on a bare socket because
/// <see cref="System.Net.Http.HttpClient"/> costs a program that lives for milliseconds 10 ms and 4 MB.
/// </summary>
/// <remarks>Each call is one connection, blocks its thread and ends within <see cref="CallTimeout"/>, and the time for files and for its own wait. Safe for several threads.</remarks>
/// <param name="socketPath">Where the bot listens.</param>
/// <param name="time">For the time limit.</param>
public sealed class SendApiClient(string socketPath, TimeProvider time)
{
    /// <summary>Time limit of a call. The bot answers a send within 5 s, whatever Telegram does.</summary>
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(20);

    private const int LargestAnswer = 4 << 20;

    /// <summary>How slowly files may go to the bot, in bytes a second: it stores them on a disk that others use too.</summary>
    private const int SlowestUpload = 5_000_000;

    /// <summary>How long a send with a lost answer is repeated under its key. A killed bot restarts within that. A silent bot uses up the time with its first call.</summary>
    private static readonly TimeSpan RetryTime = TimeSpan.FromSeconds(16);

    /// <summary>Leaves non-ASCII letters unescaped: \uXXXX would triple some texts, and the bot's limit counts bytes.</summary>
    private static readonly JsonWriterOptions AsItIs = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Sends a notification, with its chart if it has one. If the connection breaks before the answer, as when the bot is killed, it is
    /// repeated under the same key, so it arrives once.
    /// </summary>
    /// <exception cref="BotUnreachableException">No bot, or no answer. It is unknown whether the bot took it if <see cref="BotUnreachableException.MayHaveArrived"/>.</exception>
    /// <exception cref="IOException">A file can't be read, or became shorter. The bot took nothing.</exception>
    public SendApiAnswer Send(Notification notification, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(notification);
        return UntilAnswered(
            notification.Key,
            key =>
                notification.Charts.Count + notification.Files.Count > 0
                    ? SendForm(notification, key, cancellation)
                    : SendText(notification, key, cancellation),
            cancellation
        );
    }

    /// <summary>Sends a caller's notification, repeated like <see cref="Send(Notification, CancellationToken)"/>.</summary>
    /// <exception cref="BotUnreachableException">No bot, or no answer.</exception>
    /// <exception cref="UploadChangedException">A file changed while it was sent.</exception>
    public SendApiAnswer Send(CallerNotification notification, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(notification);
        var limit = LimitFor(notification.UploadBytes) + notification.Wait;
        return UntilAnswered(
            notification.Key,
            _ =>
            {
                var (contentType, body) = notification.Write();
                return Exchange(notification.Call, contentType, body, limit, cancellation);
            },
            cancellation
        );
    }

    /// <summary>Sends a notice of the runner in HTML, repeated like <see cref="Send(Notification, CancellationToken)"/>.</summary>
    /// <param name="script">Its script; null for none.</param>
    /// <param name="html">The text.</param>
    /// <param name="buttons">Whether it may have buttons to mute and run the script.</param>
    /// <param name="key">Its key; null for a unique one.</param>
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
                var body = new SendCall
                {
                    Text = html,
                    ParseMode = "HTML",
                    Script = script?.Value,
                    Buttons = buttons ? null : NotificationJson.False,
                    Key = used.Name,
                    KeyFor = Seconds(used.Lifetime),
                };
                return Exchange("POST /send", "application/json", [Json(body)], CallTimeout, cancellation);
            },
            cancellation
        );

    /// <summary>Gets a resource, such as <c>/health</c>.</summary>
    /// <exception cref="BotUnreachableException">No bot, or no answer.</exception>
    public SendApiAnswer Get(string target, CancellationToken cancellation) =>
        Exchange("GET " + target, null, [], CallTimeout, cancellation);

    /// <summary>Calls for an act without a body, such as <c>/operator/users/dana/test</c>.</summary>
    /// <param name="target">Where.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="BotUnreachableException">No bot, or no answer.</exception>
    public SendApiAnswer Post(string target, TimeSpan limit, CancellationToken cancellation) =>
        Exchange("POST " + target, "application/json", [], limit, cancellation);

    /// <summary>Tells the bot of a round that ended.</summary>
    /// <exception cref="BotUnreachableException">No bot, or no answer.</exception>
    public SendApiAnswer PostRound(RoundCall round, CancellationToken cancellation) =>
        Exchange(
            "POST /rounds",
            "application/json",
            [new BodyPart(JsonSerializer.SerializeToUtf8Bytes(round, RoundsContract.Json.RoundCall))],
            CallTimeout,
            cancellation
        );

    /// <summary>Ends the watch over the caller's rounds until the next round.</summary>
    /// <exception cref="BotUnreachableException">No bot, or no answer.</exception>
    public SendApiAnswer EndWatch(CancellationToken cancellation) =>
        Exchange("DELETE /rounds", null, [], CallTimeout, cancellation);

    /// <summary>Calls, and repeats with the same key while an answer is lost.</summary>
    private SendApiAnswer UntilAnswered(
        RepeatKey? given,
        Func<RepeatKey, SendApiAnswer> call,
        CancellationToken cancellation
    )
    {
        var key = given ?? RepeatKey.Unique();
        var backoff = new Backoff(TimeSpan.FromSeconds(0.25), TimeSpan.FromSeconds(5));
        var left = RetryTime;
        BotUnreachableException? lost = null;
        while (true)
        {
            var began = time.GetTimestamp();
            try
            {
                return call(key);
            }
            catch (BotUnreachableException e) when (lost is not null || e.MayHaveArrived)
            {
                // A restarting bot does not listen, which says nothing about the lost answer.
                lost ??= e;
            }

            left -= time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
            {
                throw lost;
            }

            var pause = backoff.Next();
            pause = pause < left ? pause : left;
            left -= pause;
            Pause.For(pause, time, cancellation);
        }
    }

    private SendApiAnswer SendText(Notification notification, RepeatKey key, CancellationToken cancellation)
    {
        var body = new SendCall
        {
            Title = notification.Title,
            Message = notification.Message,
            Script = notification.Script.Value,
            Key = key.Name,
            KeyFor = Seconds(key.Lifetime),
            Data = notification.Data,
            Table = notification.Table,
            Buttons = notification.ButtonsJson(),
            Urgent = notification.Urgent ? true : null,
            Silent = notification.Silent ? true : null,
            Incident = notification.Incident?.Key,
            State = notification.Incident?.State,
            Cooldown = notification.Incident?.Cooldown,
            Confirmed = notification.Incident?.Confirmed,
        };
        return Exchange("POST /send", "application/json", [Json(body)], CallTimeout, cancellation);
    }

    /// <summary>Sends a form. One chart alone goes as earlier versions of the bot know it.</summary>
    private SendApiAnswer SendForm(Notification notification, RepeatKey key, CancellationToken cancellation)
    {
        var form = new MultipartForm();
        form.Field(SendField.Title, notification.Title);
        form.Field(SendField.Message, notification.Message);
        form.Field(SendField.Script, notification.Script.Value);
        form.Field(SendField.Key, key.Name);
        form.Field(SendField.KeyFor, Seconds(key.Lifetime)?.ToString(CultureInfo.InvariantCulture));
        form.Field(SendField.Data, notification.Data?.GetRawText());
        form.Field(SendField.Table, notification.Table?.GetRawText());
        form.Field(SendField.Buttons, notification.ButtonsJson()?.GetRawText());
        form.Field(SendField.Urgent, notification.Urgent ? "true" : null);
        form.Field(SendField.Silent, notification.Silent ? "true" : null);
        form.Field(SendField.Incident, notification.Incident?.Key);
        form.Field(SendField.State, notification.Incident?.State);
        form.Field(SendField.Cooldown, notification.Incident?.Cooldown.ToString(CultureInfo.InvariantCulture));
        form.Field(
            SendField.Confirmed,
            notification.Incident?.Confirmed is { } isConfirmed
                ? isConfirmed
                    ? "true"
                    : "false"
                : null
        );
        var isOne = notification is { Charts.Count: 1, Files: [] };
        foreach (var chart in notification.Charts)
        {
            form.File(
                isOne ? SendField.Photo : SendField.Photos,
                chart.UploadName,
                chart.Info.MediaType,
                new BodyPart(chart.Bytes)
            );
        }

        foreach (var file in notification.Files)
        {
            form.File(SendField.Files, file.Name, UploadFile.AnyType, BodyPart.OfFile(file.Length, file.Read));
        }

        return Exchange(
            isOne ? "POST /send_photo" : "POST /send",
            form.ContentType,
            form.End(),
            LimitFor(notification.Files.Sum(file => file.Length)),
            cancellation
        );
    }

    /// <summary>The time limit of a call with files: the bot copies and stores what arrives.</summary>
    private static TimeSpan LimitFor(long uploadBytes) =>
        CallTimeout + TimeSpan.FromSeconds(uploadBytes / (double)SlowestUpload);

    private SendApiAnswer Exchange(
        string call,
        string? contentType,
        IReadOnlyList<BodyPart> body,
        TimeSpan limit,
        CancellationToken cancellation
    )
    {
        var end = time.GetTimestamp() + (long)(limit.TotalSeconds * time.TimestampFrequency);
        using var socket = Connect(end);
        // Closing wakes a thread that waits in a socket.
        using var closing = cancellation.Register(socket.Dispose);
        var isWritten = false;
        try
        {
            var head = new StringBuilder().Append(call).Append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
            if (contentType is not null)
            {
                head.Append(
                    CultureInfo.InvariantCulture,
                    $"Content-Type: {contentType}\r\nContent-Length: {body.Sum(part => part.Length)}\r\n"
                );
            }

            var start = new BodyPart(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()));
            SendAll(socket, body.Prepend(start).SelectMany(part => part.Pieces), end);
            isWritten = true;
            return HttpAnswer.Parse(ReceiveAll(socket, end))
                ?? throw new BotUnreachableException(
                    $"The bot at {socketPath} closed the connection without an answer. Try again. If this goes on, tell the admin."
                )
                {
                    MayHaveArrived = true,
                };
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
        {
            throw new BotUnreachableException(
                $"The bot at {socketPath} gave no answer within {limit.TotalSeconds:0} s. Tell the admin.",
                e
            )
            {
                // The bot takes only whole requests.
                MayHaveArrived = isWritten,
            };
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new BotUnreachableException(
                $"The connection to the bot at {socketPath} broke: {e.Message}. Try again. If this goes on, tell the admin.",
                e
            )
            {
                MayHaveArrived = true,
            };
        }
    }

    private Socket Connect(long end)
    {
        if (Encoding.UTF8.GetByteCount(socketPath) > SocketFile.MaxPathLength)
        {
            throw new BotUnreachableException(
                $"The path of the bot's socket, {socketPath}, is longer than {SocketFile.MaxPathLength} bytes. Set NOTIFY_BOT_SOCKET to a shorter one."
            );
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            BotListener.CheckPath(socketPath);
            socket.SendTimeout = Left(end);
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
                        $"You may not connect to the bot at {socketPath}; only the group of analysts may. If \"id\" does not show that group, ask the admin to add you, then log in again. If it does, tell the admin.",
                    SocketError.ConnectionRefused =>
                        $"The bot is not running: nothing listens at {socketPath}. Tell the admin.",
                    SocketError.AddressNotAvailable =>
                        $"The bot is not running, or its socket was removed: there is no socket {socketPath}. Tell the admin.",
                    _ => $"The bot at {socketPath} can't be reached: {e.Message}. Tell the admin.",
                },
                e
            )
            {
                IsForbidden = e.SocketErrorCode == SocketError.AccessDenied,
            };
        }
        catch (BotUnreachableException)
        {
            socket.Dispose();
            throw;
        }
    }

    private void SendAll(Socket socket, IEnumerable<ReadOnlyMemory<byte>> parts, long end)
    {
        try
        {
            foreach (var part in parts)
            {
                for (var sent = 0; sent < part.Length; )
                {
                    socket.SendTimeout = Left(end);
                    sent += socket.Send(part.Span[sent..], SocketFlags.None);
                }
            }
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.Shutdown or SocketError.ConnectionReset)
        {
            // The bot answered before it had read all (too large, forbidden) and closed: the answer is waiting.
        }
    }

    private byte[] ReceiveAll(Socket socket, long end)
    {
        var answer = new ArrayBufferWriter<byte>(4096);
        while (answer.WrittenCount <= LargestAnswer)
        {
            socket.ReceiveTimeout = Left(end);
            int count;
            try
            {
                count = socket.Receive(answer.GetSpan(4096), SocketFlags.None);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset && answer.WrittenCount > 0)
            {
                // It closed with our body half read; its earlier answer counts.
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

    /// <summary>Remaining milliseconds, never 0, which would mean for ever.</summary>
    private int Left(long end) => Math.Max(1, (int)time.GetElapsedTime(time.GetTimestamp(), end).TotalMilliseconds);

    private static BodyPart Json(SendCall call)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, AsItIs))
        {
            JsonSerializer.Serialize(writer, call, SendContract.Json.SendCall);
        }

        return new BodyPart(buffer.WrittenMemory);
    }

    private static long? Seconds(TimeSpan? span) => (long?)span?.TotalSeconds;
}
