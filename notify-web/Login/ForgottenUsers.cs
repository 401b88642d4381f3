using System.Globalization;
using System.Text;
using Notify.Contracts;
using Notify.Files;
using Notify.Posix;
using Notify.Web.State;

namespace Notify.Web.Login;

/// <summary>
/// The users whom an operator had the bot forget, in <c>forgotten_users</c> of the state folder: lines <c>user unix-seconds</c>. Their sessions from before that moment are over, also
/// after a restart and while the bot is down.
/// </summary>
/// <remarks>A line is kept as long as a session can live. A look-up costs a <c>stat</c>.</remarks>
public sealed class ForgottenUsers(WebSettings settings, TimeProvider time) : IDisposable
{
    /// <summary>A little more than a session's longest life.</summary>
    private static readonly TimeSpan Keep = SessionLife.MaxLife + TimeSpan.FromHours(1);

    private readonly string _path = PathIn(settings);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ReloadingFile<Dictionary<string, DateTimeOffset>> _forgottenAt = new(
        PathIn(settings),
        (status, _) => (Load(status is null ? [] : File.ReadLines(PathIn(settings))), true)
    );

    /// <summary>All of them, with the last moment.</summary>
    /// <exception cref="IOException">The file is unreadable.</exception>
    internal IReadOnlyDictionary<string, DateTimeOffset> All => _forgottenAt.Content;

    /// <summary>Whether something of a user is from before the moment at which the user was forgotten, in whole seconds.</summary>
    /// <exception cref="IOException">The file is unreadable, so no session can be trusted.</exception>
    internal bool Includes(string user, DateTimeOffset? begun) =>
        _forgottenAt.Content.TryGetValue(user, out var at)
        && begun?.ToUnixTimeSeconds() is { } seconds
        && seconds <= at.ToUnixTimeSeconds();

    /// <summary>Stores those that the bot has forgotten.</summary>
    /// <exception cref="IOException">Storing failed. Their sessions are over for this process.</exception>
    internal async Task AddAsync(IReadOnlyList<ForgottenUserAnswer> users, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        if (users.All(user => now - user.At >= Keep || Includes(user.User, user.At)))
        {
            return;
        }

        await _turn.WaitAsync(cancellation);
        try
        {
            using var held = await StateFolder.LockAsync(_path, cancellation);
            var all = _forgottenAt.Reload().ToDictionary(StringComparer.Ordinal);
            foreach (var user in users.Where(user => UserName.TryParse(user.User, out _)))
            {
                if (!all.TryGetValue(user.User, out var known) || known < user.At)
                {
                    all[user.User] = user.At;
                }
            }

            all = all.Where(user => now - user.Value < Keep).ToDictionary(StringComparer.Ordinal);
            // Before storing: their sessions are over here even if the disk fails.
            _forgottenAt.Set(all);
            var text = string.Concat(
                all.Select(user =>
                    string.Create(CultureInfo.InvariantCulture, $"{user.Key} {user.Value.ToUnixTimeSeconds()}\n")
                )
            );
            AtomicFile.Replace(_path, Encoding.ASCII.GetBytes(text), FileModes.OwnerFile);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _turn.Dispose();

    private static string PathIn(WebSettings settings) => Path.Combine(settings.StateFolder, "forgotten_users");

    private static Dictionary<string, DateTimeOffset> Load(IEnumerable<string> lines)
    {
        var users = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            if (
                line.Split(' ') is [{ Length: > 0 } user, var seconds]
                && long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            )
            {
                users[user] = DateTimeOffset.UnixEpoch.AddSeconds(at);
            }
        }

        return users;
    }
}
