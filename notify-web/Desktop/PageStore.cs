using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;
using Notify.Linking;

namespace Notify.Web.Desktop;

/// <summary>The token of a session's pages.</summary>
/// <param name="Id">The token's id.</param>
/// <param name="Session">A digest of the session's id.</param>
/// <param name="User">Whose.</param>
/// <param name="ExpiresAt">When the last token with this id expires, or later.</param>
/// <param name="RevokedAt">When it was revoked.</param>
/// <param name="Uid">The user's account.</param>
/// <param name="IsTold">Whether the gateway knows that it is revoked.</param>
internal sealed record PageToken(
    string Id,
    string Session,
    string User,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? RevokedAt = null,
    uint? Uid = null,
    bool IsTold = false
) : GivenToken(Id, User, ExpiresAt, RevokedAt, Uid, IsTold);

/// <summary>
/// The tokens of open pages, in <c>pages.json</c> of the state folder. All pages of a session share one id, so its end revokes all of them, even if this
/// process or the gateway was down.
/// </summary>
internal sealed class PageStore(WebSettings settings, Accounts accounts, TimeProvider time) : IDisposable
{
    /// <summary>Most sessions of one user with a page's token. The one that expires first is dropped.</summary>
    internal const int MaxOfOneUser = 100;

    /// <summary>How much longer an entry lives than needed, to store fewer of them.</summary>
    private static readonly TimeSpan Longer = GatewayTokens.PageLife;

    /// <summary>When an entry was stored last. Its session is at least as old.</summary>
    internal static DateTimeOffset GivenAt(PageToken page) => page.ExpiresAt - GatewayTokens.PageLife - Longer;

    /// <summary>The file.</summary>
    internal TokenFile<PageToken> File { get; } = new(Path.Combine(settings.StateFolder, "pages.json"), time);

    /// <summary>The id for a token of a session's pages.</summary>
    /// <exception cref="IOException">Storing or the name service failed. Then no token may be created, because it could not be revoked.</exception>
    internal async Task<string> IdForAsync(UserName user, string sessionId, CancellationToken cancellation)
    {
        var session = Digest(sessionId);
        var account = accounts.Of(user).Id;
        var until = time.GetUtcNow() + GatewayTokens.PageLife;
        if (Own(File.Read()) is { } known && known.ExpiresAt >= until)
        {
            return known.Id;
        }

        var id = "";
        await File.ChangeAsync(
            pages =>
            {
                var own =
                    Own(pages)
                    ?? new PageToken(
                        "page-" + Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(16)),
                        session,
                        user.Value,
                        until,
                        Uid: account.Uid
                    );
                pages.RemoveAll(page => page.Id == own.Id);
                var others = pages
                    .Where(page => page.RevokedAt is null && page.IsOf(user, account))
                    .OrderBy(page => page.ExpiresAt)
                    .ToArray();
                foreach (var oldest in others.Take(others.Length - MaxOfOneUser + 1))
                {
                    pages[pages.IndexOf(oldest)] = oldest with { RevokedAt = time.GetUtcNow() };
                }

                pages.Add(own with { ExpiresAt = until + Longer });
                id = own.Id;
                return true;
            },
            cancellation
        );
        return id;

        PageToken? Own(IEnumerable<PageToken> pages) =>
            pages.FirstOrDefault(page => page.RevokedAt is null && page.Session == session && page.IsOf(user, account));
    }

    /// <summary>The tokens of a session.</summary>
    /// <exception cref="IOException">They are unreadable.</exception>
    internal IReadOnlyList<PageToken> OfSession(string sessionId)
    {
        var session = Digest(sessionId);
        return [.. File.Read().Where(page => page.Session == session)];
    }

    /// <inheritdoc />
    public void Dispose() => File.Dispose();

    private static string Digest(string sessionId) =>
        Base64UrlEncoder.Encode(SHA256.HashData(Encoding.UTF8.GetBytes(sessionId)).AsSpan(0, 16).ToArray());
}
