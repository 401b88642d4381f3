using System.Text.Json;
using System.Text.RegularExpressions;

namespace Notify.Sandbox.Telegram.Methods;

/// <summary><c>setMyCommands</c>, <c>getMyCommands</c>, <c>deleteMyCommands</c>. https://core.telegram.org/bots/api#setmycommands</summary>
internal static partial class Menu
{
    private const int MaxCommands = 100;
    private const int MaxCommandLength = 32;
    private const int MaxDescriptionLength = 256;

    public static void SetMyCommands(BotApiCall call)
    {
        var scope = Scope(call);
        var language = Language(call);
        var commands = new List<MenuCommand>();
        if (call.Request.Json("commands", "commands") is { } given)
        {
            if (given.ValueKind != JsonValueKind.Array)
            {
                throw BotApiRefusal.BadRequest("expected an Array of BotCommand");
            }

            commands.AddRange(given.EnumerateArray().Select(Command));
        }

        if (commands.Count > MaxCommands)
        {
            throw BotApiRefusal.BadRequest("BOT_COMMANDS_TOO_MUCH");
        }

        if (commands.Exists(c => !Allowed().IsMatch(c.Command)))
        {
            throw BotApiRefusal.BadRequest("BOT_COMMAND_INVALID");
        }

        call.World.Commands.Set(scope, language, commands);
        call.Result.WriteBooleanValue(true);
    }

    public static void GetMyCommands(BotApiCall call)
    {
        call.Result.WriteStartArray();
        foreach (var command in call.World.Commands.Get(Scope(call), Language(call)))
        {
            call.Result.WriteStartObject();
            call.Result.WriteString("command", command.Command);
            call.Result.WriteString("description", command.Description);
            call.Result.WriteEndObject();
        }

        call.Result.WriteEndArray();
    }

    public static void DeleteMyCommands(BotApiCall call)
    {
        call.World.Commands.Set(Scope(call), Language(call), []);
        call.Result.WriteBooleanValue(true);
    }

    private static MenuCommand Command(JsonElement given)
    {
        if (given.ValueKind != JsonValueKind.Object)
        {
            throw BotApiRefusal.BadRequest("expected an Object as BotCommand");
        }

        var command = Field(given, "command").Trim();
        if (command.StartsWith('/'))
        {
            command = command[1..];
        }

        if (command.Length == 0)
        {
            throw BotApiRefusal.BadRequest("command must be non-empty");
        }

        if (command.EnumerateRunes().Count() > MaxCommandLength)
        {
            throw BotApiRefusal.BadRequest($"command length must not exceed {MaxCommandLength}");
        }

        var description = Field(given, "description").Trim();
        if (description.Length == 0)
        {
            throw BotApiRefusal.BadRequest("command description must be non-empty");
        }

        if (description.EnumerateRunes().Count() > MaxDescriptionLength)
        {
            throw BotApiRefusal.BadRequest($"command description length must not exceed {MaxDescriptionLength}");
        }

        return new MenuCommand(command, description);
    }

    private static string Field(JsonElement given, string name) =>
        given.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw BotApiRefusal.BadRequest($"can't parse BotCommand: Field \"{name}\" must be of type String");

    private static string Scope(BotApiCall call)
    {
        if (call.Request.Json("scope", "BotCommandScope") is not { } scope)
        {
            return "default";
        }

        if (
            scope.ValueKind != JsonValueKind.Object
            || !scope.TryGetProperty("type", out var type)
            || type.ValueKind != JsonValueKind.String
        )
        {
            throw BotApiRefusal.BadRequest("can't parse BotCommandScope: Field \"type\" must be of type String");
        }

        return type.GetString() switch
        {
            var known and ("default" or "all_private_chats" or "all_group_chats" or "all_chat_administrators") => known,
            var ofChat
            and ("chat" or "chat_administrators" or "chat_member") when scope.TryGetProperty("chat_id", out var chat) =>
                $"{ofChat} {chat.GetRawText()}",
            _ => throw BotApiRefusal.BadRequest("can't parse BotCommandScope: Unsupported type specified"),
        };
    }

    private static string Language(BotApiCall call)
    {
        var language = call.Request.Text("language_code");
        return language.Length == 0 || (language.Length == 2 && language.All(char.IsAsciiLetterLower))
            ? language
            : throw BotApiRefusal.BadRequest("invalid language code specified");
    }

    [GeneratedRegex("^[a-z0-9_]{1,32}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Allowed();
}
