using System.Text;
using Notify.Bot.Telegram;

namespace Notify.Bot.Commands;

/// <summary>An answer of the bot in the making: text and its formatting, with no markup that a name in it could break.</summary>
internal sealed class MessageBuilder
{
    /// <summary>Longest text of a message in UTF-16 units (https://core.telegram.org/bots/api#sendmessage).</summary>
    internal const int MaxLength = 4096;

    private readonly StringBuilder _text = new();
    private readonly List<ApiEntity> _entities = [];

    internal int Length => _text.Length;

    /// <summary>The formatting; null where there is none, which is how the Bot API has it.</summary>
    internal IReadOnlyList<ApiEntity>? Entities => _entities.Count > 0 ? _entities : null;

    internal int EntityCount => _entities.Count;

    internal MessageBuilder Plain(string text)
    {
        _text.Append(text);
        return this;
    }

    internal MessageBuilder Line(string text = "") => Plain(text).Plain("\n");

    internal MessageBuilder Bold(string text) => With("bold", text);

    internal MessageBuilder Code(string text) => With("code", text);

    internal MessageBuilder Folded(string text) => With("expandable_blockquote", text);

    public override string ToString() => _text.ToString().TrimEnd();

    private MessageBuilder With(string type, string text)
    {
        if (text.Length > 0)
        {
            _entities.Add(new ApiEntity(type, _text.Length, text.Length));
            _text.Append(text);
        }

        return this;
    }
}
