using System.Security.Cryptography;
using Notify.Sandbox.Telegram;
using Notify.Sandbox.Telegram.Text;

namespace Notify.Sandbox.Control;

/// <summary>What a phone shows of the world's people, chats and messages.</summary>
internal static class PhoneViews
{
    internal static PersonView Of(Person person) =>
        new(
            person.Id,
            person.LastName is null ? person.FirstName : $"{person.FirstName} {person.LastName}",
            person.Username,
            person.IsDeactivated
        );

    internal static ChatView Of(Chat chat) =>
        new(
            chat.Id,
            BotApiJson.TypeName(chat.Type),
            chat.Type == ChatType.Private ? Of(chat.Members[0]).Name : chat.Title,
            chat.IsStarted,
            chat.IsBlocked,
            chat.IsKicked,
            chat.MigratedTo,
            [.. chat.Members.Select(Of)],
            chat.Last is { } last ? Of(last) : null
        );

    internal static MessageView Of(Message message) =>
        new(
            message.Id,
            message.Chat.Id,
            message.From is null,
            message.From is { } person ? Of(person) : null,
            message.Date,
            message.EditDate,
            message.Edits,
            message.Text.Text,
            [.. message.Text.Entities.Select(Of)],
            Of(message.Buttons),
            message.AlbumId,
            message.Photo is { } photo ? Of(photo) : null,
            message.Document is { } document ? Of(document) : null,
            message.ReplyTo?.Id,
            [.. message.Versions.Select(Of)],
            message.IsSilent,
            message.IsLinkPreviewOff,
            message.MigrateToChatId is { } to ? $"The group became the supergroup {to}"
                : message.MigrateFromChatId is { } from ? $"This was the group {from}"
                : null
        );

    internal static VersionView Of(MessageVersion version) =>
        new(
            version.Until,
            version.Text.Text,
            [.. version.Text.Entities.Select(Of)],
            Of(version.Buttons),
            version.Photo is { } photo ? Of(photo) : null,
            version.Document is { } document ? Of(document) : null
        );

    internal static IReadOnlyList<IReadOnlyList<ButtonView>> Of(IReadOnlyList<IReadOnlyList<InlineButton>> buttons) =>
        [.. buttons.Select(row => row.Select(b => new ButtonView(b.Text, b.CallbackData, b.Url)).ToList())];

    internal static EntityView Of(MessageEntity entity) =>
        new(
            entity.ApiName,
            entity.Offset,
            entity.Length,
            entity.Type == EntityType.TextLink ? entity.Argument : null,
            entity.Type == EntityType.PreCode ? entity.Argument : null
        );

    internal static FileView Of(StoredFile file) =>
        new(
            file.Id,
            file.Name,
            file.MimeType,
            file.Bytes.Length,
            Convert.ToHexStringLower(SHA256.HashData(file.Bytes)),
            file.Width,
            file.Height
        );
}
