using System.Text.Json;
using System.Text.Json.Serialization;

namespace Notify.Sandbox.Control;

/// <summary>The JSON of the control API: members in snake_case, unknown ones refused, to notice misspelt ones.</summary>
public static class ControlJson
{
    /// <summary>How requests and answers are written.</summary>
    public static JsonSerializerOptions Options { get; } =
        new(JsonSerializerDefaults.Web)
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            NumberHandling = JsonNumberHandling.Strict,
        };
}

/// <summary>A person to be made, with a private chat of the same id.</summary>
/// <param name="FirstName">The name shown.</param>
/// <param name="LastName">The rest of it.</param>
/// <param name="Username">The name behind <c>@</c>.</param>
/// <param name="Id">A positive id, or null for the next free one. A person who is there already stays as they are.</param>
public sealed record NewPerson(string FirstName, string? LastName = null, string? Username = null, long? Id = null);

/// <summary>A group to be made, with the bot in it.</summary>
/// <param name="Title">Its name.</param>
/// <param name="Members">The ids of the people in it.</param>
/// <param name="Supergroup">A supergroup from the start.</param>
/// <param name="Id">A negative id, or null for the next free one.</param>
public sealed record NewGroup(string Title, IReadOnlyList<long> Members, bool Supergroup = false, long? Id = null);

/// <summary>Something a person types.</summary>
/// <param name="Text">The text; commands, links and mentions in it are found as Telegram finds them.</param>
/// <param name="From">Who types; null is the person of a private chat or the first member of a group.</param>
public sealed record Typed(string Text, long? From = null);

/// <summary>A button that a person presses: named by what it says or by its callback data.</summary>
/// <param name="MessageId">Under which message; null is the newest one that has buttons.</param>
/// <param name="Button">What the button says.</param>
/// <param name="Data">Or its callback data.</param>
/// <param name="From">Who presses; null as for <see cref="Typed"/>.</param>
/// <param name="WaitSeconds">How long to wait for the bot's <c>answerCallbackQuery</c>; 0 does not wait.</param>
public sealed record Press(
    int? MessageId = null,
    string? Button = null,
    string? Data = null,
    long? From = null,
    double WaitSeconds = 0
);

/// <summary>A pressed button.</summary>
/// <param name="CallbackQueryId">The id that the bot got.</param>
/// <param name="Answer">What the bot answered, or null where it has not (yet).</param>
public sealed record Pressed(string CallbackQueryId, Telegram.CallbackAnswer? Answer);

/// <summary>A switch of a chat or person.</summary>
/// <param name="On">On or off.</param>
public sealed record Switch(bool On = true);

/// <summary>A time for which something lasts.</summary>
/// <param name="Seconds">How long; null is until it is ended.</param>
public sealed record Length(double? Seconds = null);

/// <summary>A number to go on from.</summary>
/// <param name="Next">The next number.</param>
public sealed record NextNumber(int Next);

/// <summary>A token to be right from now on.</summary>
/// <param name="Token">Well formed.</param>
public sealed record NewToken(string Token);

/// <summary>A sent message's number and the update it made.</summary>
/// <param name="MessageId">Its number in the chat.</param>
/// <param name="UpdateId">The update's number, or null where the bot did not ask for this kind.</param>
public sealed record TypedMessage(int MessageId, int? UpdateId);

/// <summary>A change of the key that Google's ID tokens are signed with.</summary>
/// <param name="Keep">Whether the earlier keys are still published.</param>
public sealed record Rotation(bool Keep = false);

/// <summary>A key that Google's ID tokens can be signed with.</summary>
/// <param name="Kid">Its name.</param>
public sealed record KeyView(string Kid);

/// <summary>A Google account as the control API shows it.</summary>
/// <param name="Email">Its address.</param>
/// <param name="EmailVerified">The claim <c>email_verified</c>.</param>
/// <param name="Hd">The Workspace domain, or null.</param>
/// <param name="Name">The name shown.</param>
/// <param name="Sub">The claim <c>sub</c>.</param>
public sealed record AccountView(string Email, bool EmailVerified, string? Hd, string Name, string Sub);

/// <summary>A sandbox's state.</summary>
/// <param name="ApiAddress">Where the Bot API is.</param>
/// <param name="PhoneAddress">Where the phone page is.</param>
/// <param name="GoogleAddress">Where the OpenID provider is.</param>
/// <param name="BotId">The bot's id.</param>
/// <param name="BotName">Its name.</param>
/// <param name="BotUsername">Its user name.</param>
/// <param name="Limits"><c>published</c> or <c>off</c>.</param>
/// <param name="PendingUpdates">How many updates the bot has not fetched.</param>
/// <param name="Commands">What the bot registered with <c>setMyCommands</c>, for the default scope.</param>
public sealed record SandboxState(
    Uri ApiAddress,
    Uri PhoneAddress,
    Uri GoogleAddress,
    long BotId,
    string BotName,
    string BotUsername,
    string Limits,
    int PendingUpdates,
    IReadOnlyList<CommandView> Commands
);

/// <summary>A command of the bot's menu.</summary>
/// <param name="Command">Without slash.</param>
/// <param name="Description">What it does.</param>
public sealed record CommandView(string Command, string Description);

/// <summary>Somebody in a chat.</summary>
/// <param name="Id">Their id.</param>
/// <param name="Name">First and last name.</param>
/// <param name="Username">The name behind <c>@</c>.</param>
/// <param name="Deactivated">Their account is deleted.</param>
public sealed record PersonView(long Id, string Name, string? Username, bool Deactivated);

/// <summary>A chat as the control API shows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Type"><c>private</c>, <c>group</c> or <c>supergroup</c>.</param>
/// <param name="Title">The person's name or the group's.</param>
/// <param name="Started">Whether the bot may write there at all.</param>
/// <param name="Blocked">The person has blocked the bot.</param>
/// <param name="Kicked">The bot was thrown out.</param>
/// <param name="MigratedTo">The supergroup it has become.</param>
/// <param name="Members">Who is in it.</param>
/// <param name="Last">The newest message.</param>
public sealed record ChatView(
    long Id,
    string Type,
    string Title,
    bool Started,
    bool Blocked,
    bool Kicked,
    long? MigratedTo,
    IReadOnlyList<PersonView> Members,
    MessageView? Last
);

/// <summary>An entity of a text, as in the Bot API.</summary>
/// <param name="Type">Such as <c>bold</c>.</param>
/// <param name="Offset">In UTF-16 code units.</param>
/// <param name="Length">In UTF-16 code units.</param>
/// <param name="Url">Of a <c>text_link</c>.</param>
/// <param name="Language">Of a <c>pre</c>.</param>
public sealed record EntityView(string Type, int Offset, int Length, string? Url = null, string? Language = null);

/// <summary>A button under a message.</summary>
/// <param name="Text">What it says.</param>
/// <param name="Data">Its callback data.</param>
/// <param name="Url">The address it opens.</param>
public sealed record ButtonView(string Text, string? Data, string? Url);

/// <summary>A photo or document.</summary>
/// <param name="FileId">For <c>GET /sandbox/files/ID</c>.</param>
/// <param name="Name">A document's name as Telegram cleans it, a photo's as sent.</param>
/// <param name="MimeType">Its type.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Sha256">Lower-case hexadecimal, of the bytes.</param>
/// <param name="Width">In pixels; 0 for a document.</param>
/// <param name="Height">In pixels; 0 for a document.</param>
public sealed record FileView(
    string FileId,
    string Name,
    string MimeType,
    int Size,
    string Sha256,
    int Width,
    int Height
);

/// <summary>What a message showed before an edit.</summary>
/// <param name="Until">When it was changed.</param>
/// <param name="Text">The text, or the caption of a photo or document.</param>
/// <param name="Entities">Its entities.</param>
/// <param name="Buttons">Rows of buttons.</param>
/// <param name="Photo">The photo.</param>
/// <param name="Document">The document.</param>
public sealed record VersionView(
    DateTimeOffset Until,
    string Text,
    IReadOnlyList<EntityView> Entities,
    IReadOnlyList<IReadOnlyList<ButtonView>> Buttons,
    FileView? Photo,
    FileView? Document
);

/// <summary>A message as the control API shows it.</summary>
/// <param name="MessageId">Its number in the chat.</param>
/// <param name="ChatId">The chat.</param>
/// <param name="FromBot">Written by the bot.</param>
/// <param name="From">The person who wrote it, or null for the bot.</param>
/// <param name="Date">When.</param>
/// <param name="Edited">When it was last changed.</param>
/// <param name="Edits">How often it was changed.</param>
/// <param name="Text">The text, or the caption of a photo or document.</param>
/// <param name="Entities">Its entities.</param>
/// <param name="Buttons">Rows of buttons.</param>
/// <param name="MediaGroupId">The album that it is an item of; the same for all its items.</param>
/// <param name="Photo">The photo.</param>
/// <param name="Document">The document.</param>
/// <param name="ReplyTo">The number of the message that it answers, which may be gone; null for none.</param>
/// <param name="Versions">What it showed before its last edits, the oldest first; at most 100.</param>
/// <param name="Silent">Sent without a sound.</param>
/// <param name="LinkPreviewOff">Sent with link previews switched off.</param>
/// <param name="Service">What a line in the middle of the chat says, where it is no message of anybody.</param>
public sealed record MessageView(
    int MessageId,
    long ChatId,
    bool FromBot,
    PersonView? From,
    DateTimeOffset Date,
    DateTimeOffset? Edited,
    int Edits,
    string Text,
    IReadOnlyList<EntityView> Entities,
    IReadOnlyList<IReadOnlyList<ButtonView>> Buttons,
    string? MediaGroupId,
    FileView? Photo,
    FileView? Document,
    int? ReplyTo,
    IReadOnlyList<VersionView> Versions,
    bool Silent,
    bool LinkPreviewOff,
    string? Service
);
