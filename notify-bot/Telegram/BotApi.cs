using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Notify.Settings;

namespace Notify.Bot.Telegram;

/// <summary>A picture or file to upload. Each try reads the stream from its start.</summary>
/// <param name="Content">A seekable stream.</param>
/// <param name="FileName">The name, which the phone shows for documents, without quotes and control characters (<see cref="Notify.Files.AttachmentName"/>).</param>
/// <param name="ContentType">Such as <c>image/png</c>.</param>
public sealed record Upload(Stream Content, string FileName, string ContentType);

/// <summary>
/// The client of the Telegram Bot API. One call is one request, without waits or repeats. Every failure is a
/// <see cref="BotApiException"/> that says how to handle it.
/// </summary>
/// <remarks>
/// Libraries cost more memory, start and publish time (docs/decisions). They also hide whether a request went out before it
/// failed, which delivery needs to know. Thread-safe.
/// </remarks>
public sealed class BotApi : IDisposable
{
    /// <summary>Time limit of a call other than the long poll. After it the answer counts as lost.</summary>
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Time limit of a call that carries a file.</summary>
    private static readonly TimeSpan UploadTimeout = CallTimeout * 4;

    private static readonly string[] AllowedUpdates = ["message", "callback_query", "my_chat_member"];

    private readonly HttpClient _http;
    private readonly BotToken _token;
    private readonly Uri _apiUrl;
    private readonly OutgoingProxy? _proxy;
    private readonly TimeProvider _time;

    /// <summary>Creates a client for one bot.</summary>
    /// <param name="apiUrl">The server.</param>
    /// <param name="token">The bot's.</param>
    /// <param name="time">For time limits.</param>
    /// <param name="proxy">The proxies; null for direct connections.</param>
    public BotApi(Uri apiUrl, BotToken token, TimeProvider time, OutgoingProxy? proxy = null)
    {
        ArgumentNullException.ThrowIfNull(apiUrl);
        ArgumentNullException.ThrowIfNull(token);
        _apiUrl = apiUrl;
        _token = token;
        _time = time;
        _proxy = proxy;
        _http = new HttpClient(Connections.NewHandler(proxy, time)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The last answering server's clock and ours at that moment; null before the first answer.</summary>
    public (DateTimeOffset Server, DateTimeOffset Own)? LastServerTime { get; private set; }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    internal Task<ApiUser> GetMeAsync(CancellationToken cancellation) =>
        CallAsync("getMe", () => null, BotApiJson.Default.ApiAnswerApiUser, CallTimeout, cancellation);

    /// <summary>Waits up to <paramref name="wait"/> for updates from <paramref name="offset"/> on. The offset confirms all earlier ones.</summary>
    internal async Task<IReadOnlyList<JsonElement>> GetUpdatesAsync(
        long? offset,
        TimeSpan wait,
        CancellationToken cancellation
    )
    {
        var request = new GetUpdatesRequest(offset, Limit: 100, (int)wait.TotalSeconds, AllowedUpdates);

        // The server answers after the wait at the latest, so a missing answer reveals a dead connection.
        var updates = await CallAsync(
            "getUpdates",
            Json(request, BotApiJson.Default.GetUpdatesRequest),
            BotApiJson.Default.ApiAnswerJsonElement,
            wait + TimeSpan.FromSeconds(10),
            cancellation
        );
        return updates.ValueKind == JsonValueKind.Array
            ? [.. updates.EnumerateArray()]
            : throw new BotApiException(
                new BotApiFailure.Unreachable(
                    "getUpdates was answered with something else than a list.",
                    OutcomeUnknown: false
                )
            );
    }

    internal async Task<MessageId> SendMessageAsync(SendMessageRequest request, CancellationToken cancellation) =>
        new(
            (
                await CallAsync(
                    "sendMessage",
                    Json(request, BotApiJson.Default.SendMessageRequest),
                    BotApiJson.Default.ApiAnswerApiMessage,
                    CallTimeout,
                    cancellation
                )
            ).MessageId
        );

    /// <summary>Sends a picture as a photo (compressed, shown large), or a picture or another file as a document (as it is).</summary>
    internal async Task<MessageId> SendFileAsync(
        bool asDocument,
        SendMessageRequest caption,
        Upload file,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(file);
        HttpContent Form()
        {
            var form = NewForm(caption);
            Add(form, "caption", caption.Text);
            Add(form, "parse_mode", caption.ParseMode);
            Add(form, "caption_entities", Json(caption.Entities));
            Add(
                form,
                "reply_markup",
                caption.ReplyMarkup is { } keyboard
                    ? JsonSerializer.Serialize(keyboard, BotApiJson.Default.ApiKeyboard)
                    : null
            );
            Add(form, asDocument ? "document" : "photo", file);
            return form;
        }

        return new(
            (
                await CallAsync(
                    asDocument ? "sendDocument" : "sendPhoto",
                    Form,
                    BotApiJson.Default.ApiAnswerApiMessage,
                    UploadTimeout,
                    cancellation
                )
            ).MessageId
        );
    }

    /// <summary>Sends 2 to 10 pictures as one album. The caption is under the first. Telegram ignores a keyboard.</summary>
    /// <exception cref="BotApiException">With <see cref="BotApiFailure.AlbumBroken"/>, if a part of it has arrived.</exception>
    internal Task SendAlbumAsync(
        SendMessageRequest caption,
        IReadOnlyList<Upload> pictures,
        CancellationToken cancellation
    )
    {
        HttpContent Form()
        {
            var form = NewForm(caption);
            var media = pictures.Select(
                (_, i) =>
                    i == 0 && caption.Text.Length > 0
                        ? new ApiInputPhoto(Part(i), caption.Text, caption.ParseMode, caption.Entities)
                        : new ApiInputPhoto(Part(i))
            );
            Add(form, "media", JsonSerializer.Serialize([.. media], BotApiJson.Default.IReadOnlyListApiInputPhoto));
            for (var i = 0; i < pictures.Count; i++)
            {
                Add(form, PartName(i), pictures[i]);
            }

            return form;
        }

        return CallAsync(
            "sendMediaGroup",
            Form,
            BotApiJson.Default.ApiAnswerJsonElement,
            UploadTimeout * 2,
            cancellation
        );

        static string PartName(int index) => string.Create(CultureInfo.InvariantCulture, $"p{index}");
        static string Part(int index) => $"attach://{PartName(index)}";
    }

    /// <summary>Edits the caption of a photo or document, or gives a message another one. A text becomes a photo or document, never the reverse.</summary>
    /// <param name="caption">The chat, and the new caption with its entities and keyboard.</param>
    /// <param name="message">The message.</param>
    /// <param name="media">The new photo or document; null keeps the old one.</param>
    /// <param name="asDocument">Whether it is a document.</param>
    /// <param name="cancellation">Ends the call.</param>
    internal async Task EditMediaMessageAsync(
        SendMessageRequest caption,
        MessageId message,
        Upload? media,
        bool asDocument,
        CancellationToken cancellation
    )
    {
        HttpContent Form()
        {
            var form = NewForm(caption);
            Add(form, "message_id", message.Value.ToString(CultureInfo.InvariantCulture));
            if (media is null)
            {
                Add(form, "caption", caption.Text);
                Add(form, "caption_entities", Json(caption.Entities));
            }
            else
            {
                var item = new ApiInputPhoto(
                    "attach://chart",
                    caption.Text.Length > 0 ? caption.Text : null,
                    CaptionEntities: caption.Entities
                )
                {
                    Type = asDocument ? "document" : "photo",
                };
                Add(form, "media", JsonSerializer.Serialize(item, BotApiJson.Default.ApiInputPhoto));
                Add(form, "chart", media);
            }

            Add(
                form,
                "reply_markup",
                caption.ReplyMarkup is { } keyboard
                    ? JsonSerializer.Serialize(keyboard, BotApiJson.Default.ApiKeyboard)
                    : null
            );
            return form;
        }

        try
        {
            await CallAsync(
                media is null ? "editMessageCaption" : "editMessageMedia",
                Form,
                BotApiJson.Default.ApiAnswerJsonElement,
                media is null ? CallTimeout : UploadTimeout,
                cancellation
            );
        }
        catch (BotApiException e)
            when (e.Failure is BotApiFailure.Refused
                && e.Message.Contains("not modified", StringComparison.OrdinalIgnoreCase)
            )
        {
            // As for a text.
        }
    }

    private static MultipartFormDataContent NewForm(SendMessageRequest caption)
    {
        var form = new MultipartFormDataContent
        {
            // The server reads a file's name as UTF-8.
            HeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        };
        Add(form, "chat_id", caption.ChatId.ToString(CultureInfo.InvariantCulture));
        Add(form, "disable_notification", caption.DisableNotification == true ? "true" : null);
        Add(
            form,
            "reply_parameters",
            caption.ReplyParameters is { } reply ? JsonSerializer.Serialize(reply, BotApiJson.Default.ApiReply) : null
        );
        return form;
    }

    private static void Add(MultipartFormDataContent form, string name, string? value)
    {
        if (value is { Length: > 0 })
        {
            form.Add(new StringContent(value), name);
        }
    }

    private static void Add(MultipartFormDataContent form, string name, Upload file)
    {
        file.Content.Position = 0;
        var content = new StreamContent(new Unclosed(file.Content));
        content.Headers.ContentType = new MediaTypeHeaderValue(file.ContentType);
        content.Headers.TryAddWithoutValidation(
            "Content-Disposition",
            $"form-data; name=\"{name}\"; filename=\"{file.FileName}\""
        );
        form.Add(content);
    }

    private static string? Json(IReadOnlyList<ApiEntity>? entities) =>
        entities is { Count: > 0 }
            ? JsonSerializer.Serialize(entities, BotApiJson.Default.IReadOnlyListApiEntity)
            : null;

    internal Task EditMessageTextAsync(EditMessageTextRequest request, CancellationToken cancellation) =>
        EditAsync("editMessageText", Json(request, BotApiJson.Default.EditMessageTextRequest), cancellation);

    internal Task EditMessageCaptionAsync(EditMessageCaptionRequest request, CancellationToken cancellation) =>
        EditAsync("editMessageCaption", Json(request, BotApiJson.Default.EditMessageCaptionRequest), cancellation);

    internal Task EditMessageReplyMarkupAsync(EditMessageReplyMarkupRequest request, CancellationToken cancellation) =>
        EditAsync(
            "editMessageReplyMarkup",
            Json(request, BotApiJson.Default.EditMessageReplyMarkupRequest),
            cancellation
        );

    private async Task EditAsync(string method, Func<HttpContent?> content, CancellationToken cancellation)
    {
        try
        {
            await CallAsync(method, content, BotApiJson.Default.ApiAnswerJsonElement, CallTimeout, cancellation);
        }
        catch (BotApiException e)
            when (e.Failure is BotApiFailure.Refused
                && e.Message.Contains("not modified", StringComparison.OrdinalIgnoreCase)
            )
        {
            // The message is already so: an earlier try went through and its answer was lost.
        }
    }

    internal Task AnswerCallbackQueryAsync(string queryId, string? text, bool alert, CancellationToken cancellation) =>
        CallAsync(
            "answerCallbackQuery",
            Json(
                new AnswerCallbackQueryRequest(queryId, text, alert ? true : null),
                BotApiJson.Default.AnswerCallbackQueryRequest
            ),
            BotApiJson.Default.ApiAnswerJsonElement,
            CallTimeout,
            cancellation
        );

    internal Task SetMyCommandsAsync(IReadOnlyList<ApiCommand> commands, CancellationToken cancellation) =>
        CallAsync(
            "setMyCommands",
            Json(new SetMyCommandsRequest(commands), BotApiJson.Default.SetMyCommandsRequest),
            BotApiJson.Default.ApiAnswerJsonElement,
            CallTimeout,
            cancellation
        );

    private static Func<HttpContent> Json<T>(T request, JsonTypeInfo<T> type) =>
        () =>
            new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request, type))
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            };

    private async Task<T> CallAsync<T>(
        string method,
        Func<HttpContent?> content,
        JsonTypeInfo<ApiAnswer<T>> type,
        TimeSpan timeout,
        CancellationToken cancellation
    )
    {
        using var limit = new TimeLimit(timeout, _time, cancellation);
        var body = new NotedContent(content());
        using var request = new HttpRequestMessage(HttpMethod.Post, _token.MethodAddress(_apiUrl, method))
        {
            Content = body,
        };
        ApiAnswer<T>? answer;
        HttpStatusCode status;
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            status = response.StatusCode;
            if (response.Headers.Date is { } serverTime)
            {
                LastServerTime = (serverTime, _time.GetUtcNow());
            }

            await using var said = await response.Content.ReadAsStreamAsync(limit.Token);
            try
            {
                answer = await JsonSerializer.DeserializeAsync(said, type, limit.Token);
            }
            catch (JsonException)
            {
                // A proxy's HTML page, or an answer cut short.
                answer = null;
            }
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw Unanswered(
                e,
                body.HasBegun
                    ? string.Create(CultureInfo.InvariantCulture, $"no answer within {timeout.TotalSeconds:0} s")
                    : "no connection"
            );
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw Unanswered(e, e.Message);
        }

        if (answer is { Ok: true, Result: { } result })
        {
            return result;
        }

        if (answer is { Ok: false, ErrorCode: { } code, Description: { } description })
        {
            throw new BotApiException(BotApiFailure.From(code, _token.Redact(description), answer.Parameters));
        }

        if ((int)status is >= 200 and < 300)
        {
            // A success with an unreadable body: the call was probably carried out.
            throw new BotApiException(
                new BotApiFailure.Unreachable($"{method}: the answer was cut short", OutcomeUnknown: true)
            );
        }

        // The API refuses in JSON. Another answer comes from a proxy, a filter or a balancer, which refused in Telegram's place.
        // So Telegram most likely never got the request, except with 504: the proxy had passed it on and waited (RFC 9110, 15.6.5).
        var other = string.Create(
            CultureInfo.InvariantCulture,
            $"{method}: HTTP {(int)status} that is no answer of the Bot API; a proxy may have given it"
        );
        throw new BotApiException(
            status == HttpStatusCode.RequestEntityTooLarge && body.IsForm
                // The picture is too large for Telegram or a proxy. Another try would fail too.
                ? new BotApiFailure.Refused(other)
                : new BotApiFailure.Unreachable(other, OutcomeUnknown: status == HttpStatusCode.GatewayTimeout)
        );

        // Nothing goes out before the body's first byte, also behind a proxy that refuses or dies before CONNECT succeeds.
        BotApiException Unanswered(Exception e, string reason)
        {
            var proxys = _proxy?.Explain(e, _apiUrl, body.HasBegun);
            return new BotApiException(
                new BotApiFailure.Unreachable(
                    _token.Redact($"{method}: {proxys ?? reason}"),
                    OutcomeUnknown: body.HasBegun,
                    ByProxy: proxys is not null
                )
            );
        }
    }

    /// <summary>A request's body, perhaps empty, that records whether its writing has begun. No byte of a request goes out before.</summary>
    private sealed class NotedContent : HttpContent
    {
        private readonly HttpContent _inner;

        public NotedContent(HttpContent? inner)
        {
            _inner = inner ?? new ByteArrayContent([]);
            foreach (var (name, values) in _inner.Headers.NonValidated)
            {
                Headers.TryAddWithoutValidation(name, values);
            }
        }

        public bool HasBegun { get; private set; }

        public bool IsForm => _inner is MultipartFormDataContent;

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(
            Stream stream,
            TransportContext? context,
            CancellationToken cancellationToken
        )
        {
            HasBegun = true;
            return _inner.CopyToAsync(stream, context, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _inner.Headers.ContentLength ?? 0;
            return _inner.Headers.ContentLength is not null;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }

    /// <summary>Keeps a stream open when a request closes it, because the next try reads it again.</summary>
    private sealed class Unclosed(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => inner.CanSeek;

        public override bool CanWrite => false;

        public override long Length => inner.Length;

        public override long Position
        {
            get => inner.Position;
            set => inner.Position = value;
        }

        public override void Flush() { }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.ReadAsync(buffer, cancellationToken);

        public override Task<int> ReadAsync(
            byte[] buffer,
            int offset,
            int count,
            CancellationToken cancellationToken
        ) => inner.ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
