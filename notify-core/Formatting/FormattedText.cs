using System.Runtime.InteropServices;

namespace Notify.Formatting;

/// <summary>The Bot API's kinds of entities that notifications use.</summary>
public enum EntityKind
{
    /// <summary><c>bold</c>.</summary>
    Bold,

    /// <summary><c>italic</c>.</summary>
    Italic,

    /// <summary><c>underline</c>.</summary>
    Underline,

    /// <summary><c>strikethrough</c>.</summary>
    Strikethrough,

    /// <summary><c>spoiler</c>: covered until tapped.</summary>
    Spoiler,

    /// <summary><c>code</c>: monospace within a line.</summary>
    Code,

    /// <summary><c>pre</c>: a monospace block, with a language or without.</summary>
    Pre,

    /// <summary><c>text_link</c>: text with an address behind it.</summary>
    TextLink,

    /// <summary><c>blockquote</c>.</summary>
    Blockquote,

    /// <summary><c>expandable_blockquote</c>: a quote that is folded at first.</summary>
    ExpandableBlockquote,
}

/// <summary>The Bot API's names of <see cref="EntityKind"/>.</summary>
public static class EntityKinds
{
    /// <summary>The value of <c>MessageEntity.type</c> (https://core.telegram.org/bots/api#messageentity).</summary>
    public static string BotApiName(this EntityKind kind) =>
        kind switch
        {
            EntityKind.Bold => "bold",
            EntityKind.Italic => "italic",
            EntityKind.Underline => "underline",
            EntityKind.Strikethrough => "strikethrough",
            EntityKind.Spoiler => "spoiler",
            EntityKind.Code => "code",
            EntityKind.Pre => "pre",
            EntityKind.TextLink => "text_link",
            EntityKind.Blockquote => "blockquote",
            EntityKind.ExpandableBlockquote => "expandable_blockquote",
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of entity."),
        };
}

/// <summary>One formatted piece of a text.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Offset">Where it begins, in UTF-16 units, which is what <see cref="string.Length"/> and the Bot API count.</param>
/// <param name="Length">Its length in UTF-16 units; at least 1.</param>
/// <param name="Url">The address of a <see cref="EntityKind.TextLink"/>, else null.</param>
/// <param name="Language">The language of a <see cref="EntityKind.Pre"/> that names one, else null.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct TextEntity(
    EntityKind Kind,
    int Offset,
    int Length,
    string? Url = null,
    string? Language = null
)
{
    /// <summary>The first UTF-16 unit after it.</summary>
    public int End => Offset + Length;
}

/// <summary>A text and its formatting, as Telegram's <c>text</c> and <c>entities</c>. Equal where both are equal.</summary>
/// <param name="text">What is visible.</param>
/// <param name="entities">Sorted by offset; an outer one before those inside it; they nest or lie apart, never cross.</param>
public sealed class FormattedText(string text, IReadOnlyList<TextEntity> entities) : IEquatable<FormattedText>
{
    /// <summary>No text at all.</summary>
    public static FormattedText Empty { get; } = new("", []);

    /// <summary>What is visible.</summary>
    public string Text { get; } = text;

    /// <summary>Sorted by offset; an outer one before those inside it; they nest or lie apart, never cross.</summary>
    public IReadOnlyList<TextEntity> Entities { get; } = entities;

    /// <summary>A text without formatting.</summary>
    public static FormattedText Plain(string text) => text.Length == 0 ? Empty : new FormattedText(text, []);

    /// <inheritdoc />
    public bool Equals(FormattedText? other) =>
        other is not null
        && string.Equals(Text, other.Text, StringComparison.Ordinal)
        && Entities.SequenceEqual(other.Entities);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as FormattedText);

    /// <inheritdoc />
    public override int GetHashCode() =>
        HashCode.Combine(string.GetHashCode(Text, StringComparison.Ordinal), Entities.Count);

    /// <summary>The text with its entities listed after it, for test failures and logs.</summary>
    public override string ToString() =>
        Entities.Count == 0
            ? Text
            : $"{Text} [{string.Join(", ", Entities.Select(e => $"{e.Kind.BotApiName()} {e.Offset}+{e.Length}"))}]";
}
