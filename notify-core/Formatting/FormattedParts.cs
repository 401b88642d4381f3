using System.Text;

namespace Notify.Formatting;

/// <summary>Joins formatted texts to one.</summary>
internal sealed class FormattedParts
{
    private readonly StringBuilder _text = new();
    private readonly List<TextEntity> _entities = [];

    /// <summary>Whether nothing was added.</summary>
    internal bool IsEmpty => _text.Length == 0;

    /// <summary>Adds a text without formatting.</summary>
    internal FormattedParts Add(string text)
    {
        _text.Append(text);
        return this;
    }

    /// <summary>Adds a text with its formatting.</summary>
    internal FormattedParts Add(FormattedText part)
    {
        var shift = _text.Length;
        _entities.AddRange(part.Entities.Select(entity => entity with { Offset = entity.Offset + shift }));
        _text.Append(part.Text);
        return this;
    }

    /// <summary>The whole text.</summary>
    internal FormattedText Join() => new(_text.ToString(), [.. _entities]);
}
