namespace Notify.Sandbox.Telegram.Methods;

/// <summary><c>getMe</c>, <c>getChat</c>, <c>getFile</c>, the web hook's methods and <c>answerCallbackQuery</c>.</summary>
internal static class Asking
{
    // Larger files can be sent, but not fetched. https://core.telegram.org/bots/api#getfile
    private const int MaxFetchedBytes = 20 * 1024 * 1024;

    private const int MaxCallbackAnswerLength = 200;

    public static void GetMe(BotApiCall call) => BotApiJson.WriteBot(call.Result, call.World, isGetMe: true);

    public static void GetChat(BotApiCall call) => BotApiJson.WriteChat(call.Result, call.Chat(), isFull: true);

    public static void GetFile(BotApiCall call)
    {
        var id = call.Request.Text("file_id");
        if (id.Length == 0)
        {
            throw BotApiRefusal.BadRequest("file_id not specified");
        }

        var file = call.World.Files.ById(id) ?? throw BotApiRefusal.BadRequest("invalid file_id");
        if (file.Bytes.Length > MaxFetchedBytes)
        {
            throw BotApiRefusal.BadRequest("file is too big");
        }

        call.Result.WriteStartObject();
        call.Result.WriteString("file_id", file.Id);
        call.Result.WriteString("file_unique_id", file.UniqueId);
        call.Result.WriteNumber("file_size", file.Bytes.Length);
        call.Result.WriteString("file_path", file.Path);
        call.Result.WriteEndObject();
    }

    /// <summary>The sandbox has no web hooks, so this only throws pending updates away where that is asked for.</summary>
    public static void DeleteWebhook(BotApiCall call)
    {
        if (call.Request.Flag("drop_pending_updates"))
        {
            call.World.Updates.Clear();
        }

        call.Result.WriteBooleanValue(true);
    }

    public static void GetWebhookInfo(BotApiCall call)
    {
        call.Result.WriteStartObject();
        call.Result.WriteString("url", "");
        call.Result.WriteBoolean("has_custom_certificate", false);
        call.Result.WriteNumber("pending_update_count", call.World.Updates.Count);
        call.Result.WriteEndObject();
    }

    public static void AnswerCallbackQuery(BotApiCall call)
    {
        var text = call.Request.Text("text");
        if (text.Length > MaxCallbackAnswerLength)
        {
            throw BotApiRefusal.BadRequest("MESSAGE_TOO_LONG");
        }

        call.World.Callbacks.Answer(
            call.Request.Text("callback_query_id"),
            new CallbackAnswer(text, call.Request.Flag("show_alert"))
        );
        call.Result.WriteBooleanValue(true);
    }
}
