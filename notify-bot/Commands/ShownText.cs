using Notify.Bot.Telegram;
using Notify.Formatting;

namespace Notify.Bot.Commands;

/// <summary>The text of a message as Telegram shows it, to edit it. Telegram gives it with each press of a button.</summary>
/// <param name="Text">The visible text; may be empty under a picture or file.</param>
/// <param name="Entities">Its formatting.</param>
/// <param name="IsCaption">Whether it is the caption of a picture or file.</param>
internal sealed record ShownText(string Text, IReadOnlyList<ApiEntity> Entities, bool IsCaption)
{
    /// <summary>The start of the line that says who muted the script.</summary>
    private const string MuteLine = "🔕 muted by ";

    /// <summary>The formatting that Telegram finds by itself. It takes none of it from a bot.</summary>
    private static readonly HashSet<string> Found = new(StringComparer.Ordinal)
    {
        "mention",
        "hashtag",
        "cashtag",
        "bot_command",
        "url",
        "email",
        "phone_number",
        "bank_card_number",
    };

    /// <summary>The text of a message; null if Telegram did not give it, as with messages that are too old.</summary>
    internal static ShownText? Of(ApiMessage message) =>
        message switch
        {
            { HasMedia: true } => new(message.Caption ?? "", Own(message.CaptionEntities), IsCaption: true),
            { Text: { } text } => new(text, Own(message.Entities), IsCaption: false),
            _ => null,
        };

    /// <summary>The text with a line that says who muted the script until when; null if the message has no room for it.</summary>
    internal ShownText? Muted(UserName user, string until)
    {
        var line = $"{MuteLine}{user} {until}";
        var text = Text.Length > 0 ? $"{Text}\n{line}" : line;
        return text.Length <= (IsCaption ? TelegramLimits.CaptionLength : TelegramLimits.TextLength)
            ? this with
            {
                Text = text,
            }
            : null;
    }

    /// <summary>The text without that line.</summary>
    internal ShownText WithoutMute()
    {
        var end = Text.LastIndexOf('\n');
        if (!Text.AsSpan(end + 1).StartsWith(MuteLine, StringComparison.Ordinal))
        {
            return this;
        }

        var text = Text[..Math.Max(end, 0)];
        return this with
        {
            Text = text,
            Entities =
            [
                .. Entities
                    .Where(entity => entity.Offset < text.Length)
                    .Select(entity => entity with { Length = Math.Min(entity.Length, text.Length - entity.Offset) }),
            ],
        };
    }

    private static IReadOnlyList<ApiEntity> Own(IReadOnlyList<ApiEntity>? entities) =>
        [.. (entities ?? []).Where(entity => !Found.Contains(entity.Type))];
}
