using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Notify.Settings;

namespace Notify.Bot.Telegram;

/// <summary>A picture on its way to Telegram. The stream is read from its start on every try.</summary>
/// <param name="Content">A seekable stream.</param>
/// <param name="FileName">An ASCII name, which the phone shows for documents.</param>
/// <param name="ContentType"><c>image/png</c> or <c>image/jpeg</c>.</param>
public sealed record Upload(Stream Content, string FileName, string ContentType);

/// <summary>
/// The client of the Telegram Bot API: one call, one request, no waiting and no repeating of its own; every failure is a
/// <see cref="BotApiException"/> that says what to do about it.
/// </summary>
/// <remarks>
/// An own client instead of a library, for figures that are in docs/architecture.md (memory, start, publish time), and because
/// delivery needs what a library hides: whether a request went out before it failed. Thread-safe.
/// </remarks>
public sealed class BotApi : IDisposable
{
    /// <summary>How long a call other than the long poll may take until its answer counts as lost.</summary>
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    private static readonly string[] AllowedUpdates = ["message", "callback_query", "my_chat_member"];

    private readonly HttpClient _http;
    private readonly BotToken _token;
    private readonly Uri _apiUrl;
    private readonly OutgoingProxy? _proxy;
    private readonly TimeProvider _time;

    /// <summary>Makes a client for one bot.</summary>
    /// <param name="apiUrl">The server.</param>
    /// <param name="token">The bot's.</param>
    /// <param name="time">For time limits.</param>
    /// <param name="proxy">The proxies there are; null where everything is reached directly.</param>
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

    /// <summary>The clock of the last server that answered, and ours at that moment; null before the first answer.</summary>
    public (DateTimeOffset Server, DateTimeOffset Own)? LastServerTime { get; private set; }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    internal Task<ApiUser> GetMeAsync(CancellationToken cancellation) =>
        CallAsync("getMe", () => null, BotApiJson.Default.ApiAnswerApiUser, CallTimeout, cancellation);

    /// <summary>Waits up to <paramref name="wait"/> for updates from <paramref name="offset"/> on; the offset confirms all before it.</summary>
    internal async Task<IReadOnlyList<JsonElement>> GetUpdatesAsync(
        long? offset,
        TimeSpan wait,
        CancellationToken cancellation
    )
    {
        var request = new GetUpdatesRequest(offset, Limit: 100, (int)wait.TotalSeconds, AllowedUpdates);

        // A connection that died without a word is noticed by the missing answer: the server answers after the wait at the latest.
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

    /// <summary>Sends a picture as a photo (compressed, shown large) or as a document (as it is).</summary>
    internal async Task<MessageId> SendPictureAsync(
        bool asDocument,
        SendMessageRequest caption,
        Upload picture,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(picture);
        var field = asDocument ? "document" : "photo";
        HttpContent Form()
        {
            picture.Content.Position = 0;
            var form = new MultipartFormDataContent
            {
                { new StringContent(caption.ChatId.ToString(CultureInfo.InvariantCulture)), "chat_id" },
            };
            if (caption.Text.Length > 0)
            {
                form.Add(new StringContent(caption.Text), "caption");
            }

            if (caption.ParseMode is not null)
            {
                form.Add(new StringContent(caption.ParseMode), "parse_mode");
            }

            if (caption.Entities is { Count: > 0 })
            {
                form.Add(
                    new StringContent(
                        JsonSerializer.Serialize(caption.Entities, BotApiJson.Default.IReadOnlyListApiEntity)
                    ),
                    "caption_entities"
                );
            }

            if (caption.ReplyMarkup is not null)
            {
                form.Add(
                    new StringContent(JsonSerializer.Serialize(caption.ReplyMarkup, BotApiJson.Default.ApiKeyboard)),
                    "reply_markup"
                );
            }

            if (caption.DisableNotification == true)
            {
                form.Add(new StringContent("true"), "disable_notification");
            }

            var file = new StreamContent(new Unclosed(picture.Content));
            file.Headers.ContentType = new MediaTypeHeaderValue(picture.ContentType);
            form.Add(file, field, picture.FileName);
            return form;
        }

        return new(
            (
                await CallAsync(
                    asDocument ? "sendDocument" : "sendPhoto",
                    Form,
                    BotApiJson.Default.ApiAnswerApiMessage,
                    CallTimeout * 4,
                    cancellation
                )
            ).MessageId
        );
    }

    internal async Task EditMessageTextAsync(EditMessageTextRequest request, CancellationToken cancellation)
    {
        try
        {
            await CallAsync(
                "editMessageText",
                Json(request, BotApiJson.Default.EditMessageTextRequest),
                BotApiJson.Default.ApiAnswerJsonElement,
                CallTimeout,
                cancellation
            );
        }
        catch (BotApiException e)
            when (e.Failure is BotApiFailure.Refused
                && e.Message.Contains("not modified", StringComparison.OrdinalIgnoreCase)
            )
        {
            // The message already reads so: an earlier try went through and its answer was lost.
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
        using var limit = new CancellationTokenSource(timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var body = new NotedContent(content());
        using var request = new HttpRequestMessage(HttpMethod.Post, _token.MethodAddress(_apiUrl, method))
        {
            Content = body,
        };
        ApiAnswer<T>? answer;
        HttpStatusCode status;
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            status = response.StatusCode;
            if (response.Headers.Date is { } serverTime)
            {
                LastServerTime = (serverTime, _time.GetUtcNow());
            }

            await using var said = await response.Content.ReadAsStreamAsync(either.Token);
            try
            {
                answer = await JsonSerializer.DeserializeAsync(said, type, either.Token);
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
            // It said yes with a body that can't be read: what was asked for may well have happened.
            throw new BotApiException(
                new BotApiFailure.Unreachable($"{method}: the answer was cut short", OutcomeUnknown: true)
            );
        }

        // The API says each refusal in JSON. Anything else, whatever its status, is the word of something on the way there (a proxy, a filter, a balancer): it refused in
        // Telegram's place, so Telegram has most likely never had the request.
        var other = string.Create(
            CultureInfo.InvariantCulture,
            $"{method}: HTTP {(int)status} that is no answer of the Bot API; a proxy may have given it"
        );
        throw new BotApiException(
            status == HttpStatusCode.RequestEntityTooLarge && body.IsForm
                // The picture is too large for Telegram or for a proxy on the way. Another try fails too.
                ? new BotApiFailure.Refused(other)
                : new BotApiFailure.Unreachable(other, OutcomeUnknown: false)
        );

        // What never began to be written was carried out by nobody, whatever broke: a proxy that refuses, or is killed before there is a way through it, included.
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

    /// <summary>A request's body, or none, that knows whether it has begun to be written to a connection. Nothing of a request goes out before.</summary>
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

    /// <summary>Lends a stream to a request, which closes what it is given; the next try reads it again.</summary>
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
