namespace Notify.Sandbox.Telegram.Text;

/// <summary>The kinds of a message entity, in the order in which Telegram nests entities of the same extent (outermost first).</summary>
internal enum EntityType
{
    Blockquote,
    ExpandableBlockquote,
    PreCode,
    Pre,
    Code,
    TextLink,
    TextMention,
    Mention,
    Hashtag,
    Cashtag,
    BotCommand,
    Url,
    Email,
    PhoneNumber,
    Bold,
    Italic,
    Underline,
    Strikethrough,
    Spoiler,
    CustomEmoji,
}

/// <summary>A stretch of a text with a meaning. Offset and length count UTF-16 code units.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Offset">Where it begins.</param>
/// <param name="Length">How long it is.</param>
/// <param name="Argument">The address of a link, the language of a code block, the user of a mention, the id of a custom emoji.</param>
internal sealed record MessageEntity(EntityType Type, int Offset, int Length, string? Argument = null)
{
    public int End => Offset + Length;

    /// <summary>May be cut in pieces and may overlap others: the styles of letters.</summary>
    public bool IsSplittable =>
        Type
            is EntityType.Bold
                or EntityType.Italic
                or EntityType.Underline
                or EntityType.Strikethrough
                or EntityType.Spoiler;

    public bool IsBlockquote => Type is EntityType.Blockquote or EntityType.ExpandableBlockquote;

    /// <summary>Code and code blocks, which hold no other entity.</summary>
    public bool IsCode => Type is EntityType.Code or EntityType.Pre or EntityType.PreCode;

    public bool IsContinuous => !IsSplittable && !IsBlockquote;

    /// <summary>Made by the sender, not found in the text by Telegram; only these count towards the limit of 100.</summary>
    public bool IsMadeBySender =>
        IsSplittable
        || IsBlockquote
        || IsCode
        || Type is EntityType.TextLink or EntityType.TextMention or EntityType.CustomEmoji;

    /// <summary>The word for it in the Bot API.</summary>
    public string ApiName =>
        Type switch
        {
            EntityType.Blockquote => "blockquote",
            EntityType.ExpandableBlockquote => "expandable_blockquote",
            EntityType.PreCode or EntityType.Pre => "pre",
            EntityType.Code => "code",
            EntityType.TextLink => "text_link",
            EntityType.TextMention => "text_mention",
            EntityType.Mention => "mention",
            EntityType.Hashtag => "hashtag",
            EntityType.Cashtag => "cashtag",
            EntityType.BotCommand => "bot_command",
            EntityType.Url => "url",
            EntityType.Email => "email",
            EntityType.PhoneNumber => "phone_number",
            EntityType.Bold => "bold",
            EntityType.Italic => "italic",
            EntityType.Underline => "underline",
            EntityType.Strikethrough => "strikethrough",
            EntityType.Spoiler => "spoiler",
            _ => "custom_emoji",
        };
}

/// <summary>A text with its entities.</summary>
internal sealed record FormattedText(string Text, IReadOnlyList<MessageEntity> Entities)
{
    public static FormattedText Empty { get; } = new("", []);

    public bool SameAs(FormattedText other) =>
        string.Equals(Text, other.Text, StringComparison.Ordinal) && Entities.SequenceEqual(other.Entities);
}
