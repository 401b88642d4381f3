namespace Notify.Text;

/// <summary>Cuts texts for people.</summary>
public static class Ellipsis
{
    /// <summary>A text of at most so many UTF-16 units. One that is cut ends with an ellipsis, never within a surrogate pair.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="length">The maximum length, 1 or more.</param>
    public static string Cut(string text, int length)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        return text.Length <= length
            ? text
            : string.Concat(
                text.AsSpan(0, length > 1 && char.IsHighSurrogate(text[length - 2]) ? length - 2 : length - 1),
                "…"
            );
    }
}
