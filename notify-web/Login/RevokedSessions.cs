using System.Globalization;
using System.Text;
using Notify.Files;
using Notify.Posix;
using Notify.Web.State;

namespace Notify.Web.Login;

/// <summary>
/// Sessions ended by a logout, in <c>ended_sessions</c> of the state folder: lines <c>id unix-seconds</c>. A copied cookie of such a session is
/// refused, also after a restart and by another process on the same folder.
/// </summary>
/// <remarks>An id is kept as long as a cookie from just before the logout could count. A look-up costs a <c>stat</c>.</remarks>
public sealed partial class RevokedSessions(WebSettings settings, TimeProvider time, ILogger<RevokedSessions> log)
    : IDisposable
{
    /// <summary>A little more than a cookie's life.</summary>
    private static readonly TimeSpan Keep = GoogleLogin.SessionLength + TimeSpan.FromMinutes(10);

    private readonly string _path = PathIn(settings);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ReloadingFile<Dictionary<string, DateTimeOffset>> _endedAt = new(
        PathIn(settings),
        (status, before) => (Load(status is null ? [] : File.ReadLines(PathIn(settings)), before), true)
    );

    /// <summary>Whether a logout has ended a session.</summary>
    /// <exception cref="IOException">The file is unreadable, so no session can be trusted.</exception>
    public bool Contains(string id) => _endedAt.Content.ContainsKey(id);

    /// <summary>Ends a session for good.</summary>
    /// <exception cref="IOException">Storing failed: the session has ended for this process, but a copied cookie would count after a restart.</exception>
    public async Task EndAsync(string id, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            using var held = await StateFolder.LockAsync(_path, cancellation);
            var now = time.GetUtcNow();
            var ended = _endedAt.Reload().Where(entry => now - entry.Value < Keep).ToDictionary(StringComparer.Ordinal);
            ended[id] = now;
            // Before storing: it has ended here even if the disk fails.
            _endedAt.Set(ended);
            var text = string.Concat(
                ended.Select(entry =>
                    string.Create(CultureInfo.InvariantCulture, $"{entry.Key} {entry.Value.ToUnixTimeSeconds()}\n")
                )
            );
            AtomicFile.Replace(_path, Encoding.ASCII.GetBytes(text), FileModes.OwnerFile);
        }
        catch (IOException e)
        {
            LogNotStored(log, _path, e.Message.TrimEnd('.'));
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _turn.Dispose();

    private static string PathIn(WebSettings settings) => Path.Combine(settings.StateFolder, "ended_sessions");

    private static Dictionary<string, DateTimeOffset> Load(
        IEnumerable<string> lines,
        Dictionary<string, DateTimeOffset>? before
    )
    {
        var ended = new Dictionary<string, DateTimeOffset>(before ?? [], StringComparer.Ordinal);
        foreach (var line in lines)
        {
            // An unreadable line names no real session.
            if (
                line.Split(' ') is [{ Length: > 0 } id, var seconds]
                && long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            )
            {
                ended[id] = DateTimeOffset.UnixEpoch.AddSeconds(at);
            }
        }

        return ended;
    }

    [LoggerMessage(
        4104,
        LogLevel.Error,
        "{Path} can't be written: {Reason}. A session ended, but a copy of its cookie would count again after a restart within a day. Free some space on the disk, or fix the folder's rights."
    )]
    private static partial void LogNotStored(ILogger log, string path, string reason);
}
