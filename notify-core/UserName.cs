using System.Diagnostics.CodeAnalysis;
using Notify.Text;

namespace Notify;

/// <summary>
/// The name of a user: a Unix account, or, for callers that may send for others, a name that only has a link (a team's group).
/// </summary>
/// <remarks>
/// <see cref="Shape"/>. Names of directories (SSSD, Winbind) such as <c>jane.doe@corp.example</c> are allowed. Characters with a meaning for a shell, sudo or a path are not.
/// A <see cref="UserName"/> is therefore safe as one argument of <c>sudo -u</c>, as one segment of a path and as one word of a line. Capitals differ from small letters, as for the system.
/// </remarks>
public sealed record UserName
{
    /// <summary>Longest name in characters: Linux's LOGIN_NAME_MAX, and one segment of a path.</summary>
    public const int MaxLength = 255;

    /// <summary>The rules of a user name, for messages.</summary>
    public const string Shape =
        "1 to 255 letters (A to Z), digits, '_', '.', '-' and '@', the first none of '.' and '-'";

    private const int MaxShownLength = 100;

    private UserName(string value) => Value = value;

    /// <summary>The name in the system's spelling.</summary>
    public string Value { get; }

    /// <summary>Parses <paramref name="text"/> as a name.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out UserName? name)
    {
        name = IsValid(text) ? new UserName(text) : null;
        return name is not null;
    }

    /// <summary>Parses <paramref name="text"/> as a name.</summary>
    /// <exception cref="FormatException">The text does not obey the pattern.</exception>
    public static UserName Parse(string text) =>
        TryParse(text, out var name) ? name : throw new FormatException($"Not a user name: {Shape}.");

    /// <summary>The sentence about an account whose name can't be a user name, such as <c>CORP\jane</c>, with what to do.</summary>
    public static string Refusal(string account)
    {
        ArgumentNullException.ThrowIfNull(account);
        return $"The account name {SafeText.Quoted(account, MaxShownLength)} can't be a user name here: {Shape}. Ask the admin for another account name"
            + (
                account.Contains('\\', StringComparison.Ordinal)
                    ? ": with SSSD, full_name_format = %1$s@%2$s; with Winbind, winbind use default domain = yes."
                    : "."
            );
    }

    /// <inheritdoc />
    public override string ToString() => Value;

    private static bool IsValid([NotNullWhen(true)] string? text)
    {
        if (text is null || text.Length is 0 or > MaxLength || text[0] is '.' or '-')
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-' or '@'))
            {
                return false;
            }
        }

        return true;
    }
}
