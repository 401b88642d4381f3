using System.Text.Json;
using Notify.Files;
using Notify.Linking;
using Notify.Posix;
using Notify.Web.Api;
using Notify.Web.Hosting;

namespace Notify.Web.Desktop;

/// <summary>A token for the gateway that was given out. The token itself is kept nowhere.</summary>
/// <param name="Id">Its id (<c>jti</c>), by which it is taken back.</param>
/// <param name="User">Whose.</param>
/// <param name="ExpiresAt">When it ends by itself.</param>
/// <param name="RevokedAt">When it was taken back.</param>
/// <param name="Uid">The user's account; null where a version before ids were kept has stored it: then it counts for the account of now.</param>
/// <param name="IsTold">Whether the gateway knows that it was taken back.</param>
public record GivenToken(
    string Id,
    string User,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? RevokedAt,
    uint? Uid,
    bool IsTold
)
{
    /// <summary>Whether it is a user's, and not one's of the same name.</summary>
    internal bool IsOf(UserName user, AccountId account) => User == user.Value && (Uid is null || Uid == account.Uid);
}

/// <summary>
/// Tokens that were given out, in a file of the state folder. Another process on the same folder sees a change at once, and none is lost between the two.
/// </summary>
/// <typeparam name="TToken">What is kept of one.</typeparam>
/// <param name="path">The file.</param>
/// <param name="time">The clock.</param>
internal sealed class TokenFile<TToken>(string path, TimeProvider time) : IDisposable
    where TToken : GivenToken
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile Seen? _seen;

    /// <summary>All whose time is not over; read again where the file has changed.</summary>
    /// <exception cref="IOException">They can't be read.</exception>
    internal IReadOnlyList<TToken> Read()
    {
        var status = FileStatus.OfPath(path);
        if (_seen is not { } seen || seen.Status != status)
        {
            _seen = seen = new Seen(status, Load());
        }

        var now = time.GetUtcNow();
        return [.. seen.Tokens.Where(token => token.ExpiresAt > now)];
    }

    /// <summary>Those that were taken back and of which the gateway does not know yet.</summary>
    /// <exception cref="IOException">They can't be read.</exception>
    internal IReadOnlyList<TToken> Revoked() =>
        [.. Read().Where(token => token is { RevokedAt: not null, IsTold: false })];

    /// <summary>Takes back all that are meant; false where there are none.</summary>
    /// <exception cref="IOException">It can't be stored.</exception>
    internal Task<bool> RevokeAsync(Func<TToken, bool> which, CancellationToken cancellation) =>
        ChangeAsync(
            tokens =>
                Replace(
                    tokens,
                    token => token.RevokedAt is null && which(token),
                    token => token with { RevokedAt = time.GetUtcNow() }
                ),
            cancellation
        );

    /// <summary>Stores the accounts of now with tokens that have none stored.</summary>
    /// <exception cref="IOException">It can't be stored.</exception>
    internal Task<bool> StoreAccountsAsync(Func<string, uint?> uidOf, CancellationToken cancellation) =>
        ChangeAsync(
            tokens =>
                Replace(
                    tokens,
                    token => token.Uid is null && uidOf(token.User) is not null,
                    token => token with { Uid = uidOf(token.User) }
                ),
            cancellation
        );

    /// <summary>The gateway knows that it was taken back.</summary>
    /// <exception cref="IOException">It can't be stored.</exception>
    internal Task ToldAsync(string id, CancellationToken cancellation) =>
        ChangeAsync(
            tokens => Replace(tokens, token => token.Id == id, token => token with { IsTold = true }),
            cancellation
        );

    /// <summary>Reads, changes and writes while no other program does; nothing is written where the change says false.</summary>
    /// <exception cref="IOException">It can't be stored.</exception>
    internal async Task<bool> ChangeAsync(Func<List<TToken>, bool> change, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            using var held = await StateFolder.LockAsync(path, cancellation);
            var now = time.GetUtcNow();
            var tokens = Load();
            tokens.RemoveAll(token => token.ExpiresAt <= now);
            if (!change(tokens))
            {
                return false;
            }

            AtomicFile.Replace(
                path,
                JsonSerializer.SerializeToUtf8Bytes(tokens, ApiJson.Options),
                UnixFileMode.UserRead | UnixFileMode.UserWrite
            );
            return true;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private static bool Replace(List<TToken> tokens, Func<TToken, bool> which, Func<TToken, TToken> with)
    {
        var isChanged = false;
        for (var i = 0; i < tokens.Count; i++)
        {
            if (which(tokens[i]))
            {
                tokens[i] = with(tokens[i]);
                isChanged = true;
            }
        }

        return isChanged;
    }

    private List<TToken> Load()
    {
        byte[] content;
        try
        {
            content = File.ReadAllBytes(path);
        }
        catch (FileNotFoundException)
        {
            return [];
        }

        try
        {
            return JsonSerializer.Deserialize<List<TToken>>(content, ApiJson.Options)
                ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            // Never taken for empty: the next change would write over it, and tokens would go on that nobody can take back any more.
            throw new IOException(
                $"{path} can't be read ({e.Message}). Mend it, or move it away: then the tokens in it are unknown here until they end.",
                e
            );
        }
    }

    private sealed record Seen(FileStatus? Status, List<TToken> Tokens);
}
