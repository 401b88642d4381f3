using System.Diagnostics.CodeAnalysis;

namespace Notify;

/// <summary>
/// The name of a user: a Unix account, or, for callers that may send for others, a name that only has a link (a team's group).
/// </summary>
/// <remarks>
/// 1 to 32 characters, <c>A-Z a-z 0-9 _ . -</c>, the first a letter or an underscore. The pattern is what <c>useradd</c> of Debian
/// takes at most, less the characters that mean something to a shell, to sudo or to a path. A <see cref="UserName"/> is
/// therefore safe as one argument of <c>sudo -u</c> and as one segment of a path.
/// </remarks>
public sealed record UserName
{
    /// <summary>Longest name in characters, the limit of <c>useradd</c> (LOGIN_NAME_MAX less room for programs that cut at 32).</summary>
    public const int MaxLength = 32;

    private UserName(string value) => Value = value;

    /// <summary>The name as the system writes it.</summary>
    public string Value { get; }

    /// <summary>Takes <paramref name="text"/> as a name if it obeys the pattern.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out UserName? name)
    {
        name = IsValid(text) ? new UserName(text) : null;
        return name is not null;
    }

    /// <summary>Takes <paramref name="text"/> as a name.</summary>
    /// <exception cref="FormatException">The text does not obey the pattern.</exception>
    public static UserName Parse(string text) =>
        TryParse(text, out var name) ? name : throw new FormatException("Not a user name: 1 to 32 letters, digits, '_', '.' and '-', the first a letter or '_'.");

    /// <inheritdoc />
    public override string ToString() => Value;

    private static bool IsValid([NotNullWhen(true)] string? text)
    {
        if (text is null || text.Length is 0 or > MaxLength || !(char.IsAsciiLetter(text[0]) || text[0] == '_'))
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-'))
            {
                return false;
            }
        }

        return true;
    }
}
