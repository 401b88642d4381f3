using System.Text;
using Notify.Bot.Telegram;
using Notify.Formatting;

namespace Notify.Bot.Commands;

/// <summary>Builds an answer: text with formatting entities, so no name in it can break the markup.</summary>
internal sealed class MessageBuilder
{
    /// <summary>Longest text of a message in UTF-16 units (https://core.telegram.org/bots/api#sendmessage).</summary>
    internal const int MaxLength = 4096;

    private readonly StringBuilder _text = new();
    private readonly List<ApiEntity> _entities = [];

    internal int Length => _text.Length;

    /// <summary>The formatting; null for none, as in the Bot API.</summary>
    internal IReadOnlyList<ApiEntity>? Entities => _entities.Count > 0 ? _entities : null;

    internal int EntityCount => _entities.Count;

    internal MessageBuilder Plain(string text)
    {
        _text.Append(TelegramText.Clean(text));
        return this;
    }

    internal MessageBuilder Line(string text = "") => Plain(text).Plain("\n");

    internal MessageBuilder Bold(string text) => With("bold", text);

    internal MessageBuilder Code(string text) => With("code", text);

    internal MessageBuilder Folded(string text) => With("expandable_blockquote", text);

    /// <summary>Adds another text with its formatting.</summary>
    internal MessageBuilder Append(MessageBuilder other)
    {
        _entities.AddRange(other._entities.Select(entity => entity with { Offset = entity.Offset + _text.Length }));
        _text.Append(other._text);
        return this;
    }

    public override string ToString() => _text.ToString().TrimEnd();

    private MessageBuilder With(string type, string text)
    {
        text = TelegramText.Clean(text);
        if (text.Length > 0)
        {
            _entities.Add(new ApiEntity(type, _text.Length, text.Length));
            _text.Append(text);
        }

        return this;
    }
}
