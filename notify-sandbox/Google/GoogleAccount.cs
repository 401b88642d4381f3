using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace Notify.Sandbox.Google;

/// <summary>An account that somebody can choose on the page of the sandbox's Google. What is in it is what the ID token says.</summary>
/// <param name="Email">The address; without regard to case, it names the account.</param>
/// <param name="EmailVerified">The claim <c>email_verified</c>.</param>
/// <param name="Hd">The Workspace domain, the claim <c>hd</c>; null for an account that belongs to no Workspace.</param>
/// <param name="Name">The person's name; null makes one of the address.</param>
public sealed record GoogleAccount(string Email, bool EmailVerified = true, string? Hd = null, string? Name = null)
{
    /// <summary>The longest address that can be mailed to, in characters (RFC 5321, 4.5.3.1.3, without the brackets).</summary>
    public const int MaxEmailLength = 254;

    /// <summary>The accounts there are unless others are given: one that may enter a dashboard of example.com, and one for each reason to be kept out.</summary>
    public static IReadOnlyList<GoogleAccount> Samples { get; } =
    [
        OfWorkspace("dana@example.com") with
        {
            Name = "Dana Sample",
        },
        OfWorkspace("uma@example.com") with
        {
            Name = "Uma Unverified",
            EmailVerified = false,
        },
        OfWorkspace("olga@partner.example") with
        {
            Name = "Olga Otherdomain",
        },
        new("pia@example.com", Name: "Pia Private"),
        OfWorkspace("nobody-here@example.com"),
    ];

    /// <summary>What stands behind the <c>@</c>.</summary>
    [JsonIgnore]
    public string Domain => Email[(Email.IndexOf('@', StringComparison.Ordinal) + 1)..];

    /// <summary>What stands before the <c>@</c>.</summary>
    [JsonIgnore]
    public string LocalPart => Email[..Email.IndexOf('@', StringComparison.Ordinal)];

    /// <summary>The name to show: the given one, or the address's, as in <c>Nobody Here</c> for nobody-here@example.com.</summary>
    [JsonIgnore]
    public string ShownName =>
        Name
        ?? string.Join(
            ' ',
            LocalPart.Split(['.', '-', '_', '+'], StringSplitOptions.RemoveEmptyEntries).Select(Capitalized)
        ) switch
        {
            "" => LocalPart,
            var words => words,
        };

    /// <summary>The claim <c>sub</c>: 21 digits as Google's, the same for an address in every sandbox.</summary>
    [JsonIgnore]
    public string Subject
    {
        get
        {
            var hash = new BigInteger(
                SHA256.HashData(Encoding.UTF8.GetBytes(Email.ToUpperInvariant())),
                isUnsigned: true
            );
            return "1" + (hash % BigInteger.Pow(10, 20)).ToString("D20", CultureInfo.InvariantCulture);
        }
    }

    /// <summary>A verified account of the Workspace that its address's domain names.</summary>
    /// <param name="email">The address, see <see cref="IsAddress"/>.</param>
    public static GoogleAccount OfWorkspace(string email)
    {
        var account = new GoogleAccount(email);
        return account with { Hd = account.Domain };
    }

    /// <summary>Who somebody is who types an address on the page: a verified account of that domain's Workspace, or a private one of gmail.com.</summary>
    /// <param name="email">The address, see <see cref="IsAddress"/>.</param>
    public static GoogleAccount Typed(string email)
    {
        var account = OfWorkspace(email);
        return account.Domain.ToUpperInvariant() is "GMAIL.COM" or "GOOGLEMAIL.COM"
            ? account with
            {
                Hd = null,
            }
            : account;
    }

    /// <summary>Whether a text can be an account's address: one <c>@</c> between other characters, no blanks, at most <see cref="MaxEmailLength"/> of them.</summary>
    /// <remarks>Wider than Google's addresses, for tests with odd ones.</remarks>
    public static bool IsAddress(string text) =>
        text.Length <= MaxEmailLength
        && text.Split('@') is [{ Length: > 0 }, { Length: > 0 }]
        && !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || char.IsSurrogate(c));

    private static string Capitalized(string word) => char.ToUpperInvariant(word[0]) + word[1..];
}
