namespace Notify.Bot.Commands;

/// <summary>A command as somebody typed it: <c>/name@BotName argument</c>.</summary>
/// <param name="Name">In lower case, without slash and bot name.</param>
/// <param name="Argument">The trimmed rest; may be empty.</param>
/// <param name="ForAnotherBot">Whether it is for another bot in the group.</param>
public sealed record TypedCommand(string Name, string Argument, bool ForAnotherBot)
{
    /// <summary>Parses a command; null for other text.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="botUsername">This bot's name; null while unknown. Then a command with a bot's name counts as another bot's.</param>
    public static TypedCommand? Parse(string text, string? botUsername)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = text.Trim();
        if (text.Length < 2 || text[0] != '/')
        {
            return null;
        }

        var end = text.AsSpan().IndexOfAny(' ', '\n', '\t');
        var word = end < 0 ? text[1..] : text[1..end];
        var argument = end < 0 ? "" : text[(end + 1)..].Trim();
        var at = word.IndexOf('@', StringComparison.Ordinal);
        var name = at < 0 ? word : word[..at];
        var another = at >= 0 && !word.AsSpan(at + 1).Equals(botUsername, StringComparison.OrdinalIgnoreCase);
        return new TypedCommand(name.ToLowerInvariant(), argument, another);
    }
}
