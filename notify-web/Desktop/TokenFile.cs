using System.Text.Json;
using Notify.Files;
using Notify.Linking;
using Notify.Posix;
using Notify.Web.State;

namespace Notify.Web.Desktop;

/// <summary>An issued token for the gateway. The token itself is not stored.</summary>
/// <param name="Id">Its id (<c>jti</c>), for revoking it.</param>
/// <param name="User">Whose.</param>
/// <param name="ExpiresAt">When it expires.</param>
/// <param name="RevokedAt">When it was revoked.</param>
/// <param name="Uid">The user's account; null in a file of an earlier version. Then the current account counts.</param>
/// <param name="IsTold">Whether the gateway knows that it is revoked.</param>
public record GivenToken(
    string Id,
    string User,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? RevokedAt,
    uint? Uid,
    bool IsTold
)
{
    /// <summary>Whether it belongs to a user, and not to another account with the same name.</summary>
    internal bool IsOf(UserName user, AccountId account) => User == user.Value && (Uid is null || Uid == account.Uid);
}

/// <summary>
/// Issued tokens, in a file of the state folder. Another process on the same folder sees a change at once, and no change is lost.
/// </summary>
/// <typeparam name="TToken">The stored entry.</typeparam>
/// <param name="path">The file.</param>
/// <param name="time">The clock.</param>
internal sealed class TokenFile<TToken>(string path, TimeProvider time) : IDisposable
    where TToken : GivenToken
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ReloadingFile<List<TToken>> _file = new(path, (_, _) => (Load(path), true));

    /// <summary>All unexpired tokens, read again if the file has changed.</summary>
    /// <exception cref="IOException">They are unreadable.</exception>
    internal IReadOnlyList<TToken> Read()
    {
        var now = time.GetUtcNow();
        return [.. _file.Content.Where(token => token.ExpiresAt > now)];
    }

    /// <summary>Revoked tokens that the gateway does not know yet.</summary>
    /// <exception cref="IOException">They are unreadable.</exception>
    internal IReadOnlyList<TToken> Revoked() =>
        [.. Read().Where(token => token is { RevokedAt: not null, IsTold: false })];

    /// <summary>Revokes all matching tokens; false if there are none.</summary>
    /// <exception cref="IOException">Storing failed.</exception>
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

    /// <summary>Stores the current accounts in tokens without one.</summary>
    /// <exception cref="IOException">Storing failed.</exception>
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

    /// <summary>Marks a revoked token as known to the gateway.</summary>
    /// <exception cref="IOException">Storing failed.</exception>
    internal Task ToldAsync(string id, CancellationToken cancellation) =>
        ChangeAsync(
            tokens => Replace(tokens, token => token.Id == id, token => token with { IsTold = true }),
            cancellation
        );

    /// <summary>Erases all matching entries; false if there are none.</summary>
    /// <exception cref="IOException">Storing failed.</exception>
    internal Task<bool> EraseAsync(Predicate<TToken> which, CancellationToken cancellation) =>
        ChangeAsync(tokens => tokens.RemoveAll(which) > 0, cancellation);

    /// <summary>Reads, changes and writes under the lock. Writes nothing if the change returns false.</summary>
    /// <exception cref="IOException">Storing failed.</exception>
    internal async Task<bool> ChangeAsync(Func<List<TToken>, bool> change, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            using var held = await StateFolder.LockAsync(path, cancellation);
            var now = time.GetUtcNow();
            var tokens = Load(path);
            tokens.RemoveAll(token => token.ExpiresAt <= now);
            if (!change(tokens))
            {
                return false;
            }

            AtomicFile.Replace(path, JsonSerializer.SerializeToUtf8Bytes(tokens, ApiJson.Options), FileModes.OwnerFile);
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

    private static List<TToken> Load(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<List<TToken>>(File.ReadAllBytes(path), ApiJson.Options)
                ?? throw new JsonException("it is null");
        }
        catch (FileNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is JsonException or UnauthorizedAccessException)
        {
            // Never counts as empty: the next change would overwrite it, and nobody could revoke its tokens any more.
            throw new IOException(
                $"{path} can't be read ({e.Message}). Fix it, or move it away: then the dashboard does not know its tokens until they expire.",
                e
            );
        }
    }
}
