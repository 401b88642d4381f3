using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Notify.Sandbox.Telegram.Methods;

namespace Notify.Sandbox.Telegram;

/// <summary>The Bot API's door: <c>/bot&lt;token&gt;/METHOD</c> and <c>/file/bot&lt;token&gt;/PATH</c>.</summary>
internal sealed class BotApi(TelegramWorld world)
{
    private const int MaxRecordedLength = 4_500;

    private static readonly FrozenDictionary<string, Action<BotApiCall>> Methods = new Dictionary<
        string,
        Action<BotApiCall>
    >(StringComparer.OrdinalIgnoreCase)
    {
        ["getMe"] = Asking.GetMe,
        ["getChat"] = Asking.GetChat,
        ["getFile"] = Asking.GetFile,
        ["deleteWebhook"] = Asking.DeleteWebhook,
        ["getWebhookInfo"] = Asking.GetWebhookInfo,
        ["answerCallbackQuery"] = Asking.AnswerCallbackQuery,
        ["sendMessage"] = Sending.SendMessage,
        ["sendPhoto"] = Sending.SendPhoto,
        ["sendDocument"] = Sending.SendDocument,
        ["sendMediaGroup"] = Albums.SendMediaGroup,
        ["sendChatAction"] = Sending.SendChatAction,
        ["editMessageText"] = Editing.EditMessageText,
        ["editMessageCaption"] = Editing.EditMessageCaption,
        ["editMessageMedia"] = Editing.EditMessageMedia,
        ["editMessageReplyMarkup"] = Editing.EditMessageReplyMarkup,
        ["deleteMessage"] = Editing.DeleteMessage,
        ["setMyCommands"] = Menu.SetMyCommands,
        ["getMyCommands"] = Menu.GetMyCommands,
        ["deleteMyCommands"] = Menu.DeleteMyCommands,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.Default };

    /// <summary>Serves one request of any path.</summary>
    public async Task ServeAsync(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "";
        if (path.StartsWith("/file/bot", StringComparison.Ordinal))
        {
            await ServeFileAsync(http, path["/file/bot".Length..]);
            return;
        }

        var slash = path.IndexOf('/', Math.Min(1, path.Length));
        if (!path.StartsWith("/bot", StringComparison.Ordinal) || slash < 0)
        {
            await AnswerAsync(http, Refuse(BotApiRefusal.NotFound()));
            return;
        }

        if (CheckToken(path["/bot".Length..slash]) is { } refusal)
        {
            await AnswerAsync(http, Refuse(refusal));
            return;
        }

        await ServeMethodAsync(http, path[(slash + 1)..]);
    }

    private async Task ServeMethodAsync(HttpContext http, string method)
    {
        var time = world.Time.GetUtcNow();
        // A fault that does not depend on the request's fields comes before the body is read: the bytes were never taken.
        var fault = world.Faults.Next(method, QueryChat(http));
        BotApiRequest? request = null;
        Answer answer;
        if (fault is { Kind: FaultKind.Drop, Taken: false } && fault.ChatId is null)
        {
            Record(http, time, method, request, 0, "dropped before it was read");
            http.Abort();
            return;
        }

        try
        {
            request = await BotApiRequest.ReadAsync(http.Request, http.RequestAborted);
            fault ??= request.ChatId is { } chat ? world.Faults.Next(method, chat) : null;
            if (fault is not null && await PlayBeforeAsync(http, fault) is { } played)
            {
                Record(http, time, method, request, played.Status, $"fault {fault.Id}: {played.Description}");
                if (played.Body is null)
                {
                    http.Abort();
                }
                else
                {
                    await AnswerAsync(http, played);
                }

                return;
            }

            answer = await ExecuteAsync(method, request, http.RequestAborted);
        }
        catch (BotApiRefusal refusal)
        {
            answer = Refuse(refusal);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            Record(http, time, method, request, 0, "the caller went away");
            return;
        }

        var effect = fault?.Kind is FaultKind.Hang or FaultKind.Drop or FaultKind.Cut or FaultKind.Answer
            ? $"fault {fault.Id}: taken, then {fault.Kind}"
            : null;
        Record(http, time, method, request, effect is null ? answer.Status : 0, effect ?? answer.Description);
        switch (fault?.Kind)
        {
            case FaultKind.Hang:
                await HangAsync(http);
                break;
            case FaultKind.Drop:
                http.Abort();
                break;
            case FaultKind.Answer:
                await AnswerAsync(http, AnswerOf(fault));
                break;
            case FaultKind.Cut:
                http.Response.StatusCode = answer.Status;
                http.Response.ContentType = answer.ContentType;
                http.Response.ContentLength = answer.Body!.Length;
                await http.Response.Body.WriteAsync(
                    answer.Body.AsMemory(0, answer.Body.Length / 2),
                    http.RequestAborted
                );
                await http.Response.Body.FlushAsync(http.RequestAborted);
                http.Abort();
                break;
            default:
                await AnswerAsync(http, answer);
                break;
        }
    }

    /// <summary>Plays what comes before, or instead of, the call's effect. Null: go on with the call. A null body: reset the connection.</summary>
    private async Task<Answer?> PlayBeforeAsync(HttpContext http, Fault fault)
    {
        if (fault.DelaySeconds > 0)
        {
            await Task.Delay(TimeSpan.FromSeconds(fault.DelaySeconds), world.Time, http.RequestAborted);
        }

        switch (fault.Kind)
        {
            case FaultKind.Answer when !fault.Taken:
                return AnswerOf(fault);
            case FaultKind.Hang when !fault.Taken:
                await HangAsync(http);
                return new Answer(0, null, "", "never answered");
            case FaultKind.Drop when !fault.Taken:
                return new Answer(0, null, "", "dropped before it took effect");
            default:
                return null;
        }
    }

    /// <summary>The answer of the test's choice.</summary>
    private static Answer AnswerOf(Fault fault) =>
        fault.Body is { } body
            ? new Answer(fault.Status, Encoding.UTF8.GetBytes(body), fault.ContentType, $"answer {fault.Status}")
            : Refuse(
                new BotApiRefusal(fault.Status, fault.Words())
                {
                    RetryAfter = fault.RetryAfter,
                    MigrateToChatId = fault.MigrateToChatId,
                }
            );

    /// <summary>Keeps the connection open without an answer, until the caller gives up or the sandbox ends.</summary>
    private static async Task HangAsync(HttpContext http)
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = http.RequestAborted.Register(gone.SetResult);
        await gone.Task;
    }

    private async Task<Answer> ExecuteAsync(string method, BotApiRequest request, CancellationToken cancellation)
    {
        if (method.Equals("getUpdates", StringComparison.OrdinalIgnoreCase))
        {
            var updates = await Polling.GetUpdatesAsync(world, request, cancellation);
            return Succeed(json =>
            {
                json.WriteStartArray();
                foreach (var update in updates)
                {
                    json.WriteRawValue(update.Json, skipInputValidation: true);
                }

                json.WriteEndArray();
            });
        }

        if (!Methods.TryGetValue(method, out var serve))
        {
            throw BotApiRefusal.NotFound();
        }

        lock (world.Gate)
        {
            return Succeed(json => serve(new BotApiCall(world, request, json)));
        }
    }

    private async Task ServeFileAsync(HttpContext http, string tokenAndPath)
    {
        var slash = tokenAndPath.IndexOf('/', StringComparison.Ordinal);
        var refusal = slash < 0 ? BotApiRefusal.NotFound() : CheckToken(tokenAndPath[..slash]);
        StoredFile? file = null;
        if (refusal is null)
        {
            lock (world.Gate)
            {
                file = world.Files.ByPath(tokenAndPath[(slash + 1)..]);
            }
        }

        await AnswerAsync(
            http,
            file is null
                ? Refuse(refusal ?? BotApiRefusal.NotFound())
                : new Answer(200, file.Bytes, "application/octet-stream", null)
        );
    }

    private BotApiRefusal? CheckToken(string token)
    {
        if (!TelegramWorld.WellFormedToken().IsMatch(token))
        {
            return BotApiRefusal.NotFound();
        }

        return string.Equals(token, world.Token, StringComparison.Ordinal) ? null : BotApiRefusal.Unauthorized();
    }

    private void Record(
        HttpContext http,
        DateTimeOffset time,
        string method,
        BotApiRequest? request,
        int status,
        string? description
    )
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        if (request is not null)
        {
            foreach (var (name, value) in request.Fields)
            {
                fields[name] =
                    value is null ? "(not UTF-8)"
                    : value.Length <= MaxRecordedLength ? value
                    : value[..MaxRecordedLength];
            }

            foreach (var (name, file) in request.Files)
            {
                fields[name] = $"{file.FileName} ({file.Bytes.Length} bytes)";
            }
        }

        world.Calls.Add(number => new CallRecord(
            number,
            time,
            method,
            request?.ChatId,
            fields,
            status,
            description,
            http.Connection.Id
        ));
    }

    private static long? QueryChat(HttpContext http) =>
        long.TryParse(http.Request.Query["chat_id"], out var id) ? id : null;

    private sealed record Answer(int Status, byte[]? Body, string ContentType, string? Description);

    private static Answer Succeed(Action<Utf8JsonWriter> writeResult)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, Json))
        {
            json.WriteStartObject();
            json.WriteBoolean("ok", true);
            json.WritePropertyName("result");
            writeResult(json);
            json.WriteEndObject();
        }

        return new Answer(200, buffer.WrittenSpan.ToArray(), "application/json", null);
    }

    private static Answer Refuse(BotApiRefusal refusal)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Json))
        {
            json.WriteStartObject();
            json.WriteBoolean("ok", false);
            json.WriteNumber("error_code", refusal.Code);
            json.WriteString("description", refusal.Message);
            if (refusal.RetryAfter is not null || refusal.MigrateToChatId is not null)
            {
                json.WritePropertyName("parameters");
                json.WriteStartObject();
                if (refusal.RetryAfter is { } seconds)
                {
                    json.WriteNumber("retry_after", seconds);
                }

                if (refusal.MigrateToChatId is { } chat)
                {
                    json.WriteNumber("migrate_to_chat_id", chat);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return new Answer(refusal.Code, buffer.WrittenSpan.ToArray(), "application/json", refusal.Message);
    }

    private static async Task AnswerAsync(HttpContext http, Answer answer)
    {
        http.Response.StatusCode = answer.Status;
        http.Response.ContentType = answer.ContentType;
        http.Response.ContentLength = answer.Body!.Length;
        await http.Response.Body.WriteAsync(answer.Body, http.RequestAborted);
    }
}
