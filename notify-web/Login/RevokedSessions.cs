using System.Globalization;
using System.Text;
using Notify.Files;
using Notify.Posix;
using Notify.Web.Hosting;

namespace Notify.Web.Login;

/// <summary>
/// Sessions that were ended by a logout, in <c>ended_sessions</c> of the state folder: lines <c>id unix-seconds</c>. A cookie that somebody copied before is
/// refused, also after a restart and by another process on the same folder.
/// </summary>
/// <remarks>An id is kept for as long as a cookie made just before the logout could count. A look-up costs a <c>stat</c>.</remarks>
public sealed partial class RevokedSessions(WebSettings settings, TimeProvider time, ILogger<RevokedSessions> log)
    : IDisposable
{
    /// <summary>A little more than a cookie lives.</summary>
    private static readonly TimeSpan Keep = GoogleLogin.SessionLength + TimeSpan.FromMinutes(10);

    private readonly Glance _file = new(Path.Combine(settings.StateFolder, "ended_sessions"));
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _gate = new();
    private volatile Table _table = new(null, []);

    /// <summary>Whether a session was ended.</summary>
    /// <exception cref="IOException">The file is there and can't be read: then nobody is let in on trust.</exception>
    public bool Contains(string id)
    {
        var status = _file.Status();
        if (_table.File != status)
        {
            lock (_gate)
            {
                if (_table.File != status)
                {
                    Load();
                }
            }
        }

        return _table.EndedAt.ContainsKey(id);
    }

    /// <summary>Ends a session for good.</summary>
    /// <exception cref="IOException">It can't be stored: it has ended for this process, but a copy of its cookie would count after a restart.</exception>
    public async Task EndAsync(string id, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            using var held = await StateFolder.LockAsync(_file.Path, cancellation);
            lock (_gate)
            {
                Load();
                var now = time.GetUtcNow();
                var ended = _table
                    .EndedAt.Where(entry => now - entry.Value < Keep)
                    .ToDictionary(StringComparer.Ordinal);
                ended[id] = now;
                // Before it is stored: whatever the disk says, it has ended here.
                _table = _table with
                {
                    EndedAt = ended,
                };
                var text = string.Concat(
                    ended.Select(entry =>
                        string.Create(CultureInfo.InvariantCulture, $"{entry.Key} {entry.Value.ToUnixTimeSeconds()}\n")
                    )
                );
                AtomicFile.Replace(
                    _file.Path,
                    Encoding.ASCII.GetBytes(text),
                    UnixFileMode.UserRead | UnixFileMode.UserWrite
                );
                _table = new Table(FileStatus.OfPath(_file.Path), ended);
            }
        }
        catch (IOException e)
        {
            LogNotStored(log, _file.Path, e.Message.TrimEnd('.'));
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _turn.Dispose();

    private void Load()
    {
        var status = FileStatus.OfPath(_file.Path);
        var ended = new Dictionary<string, DateTimeOffset>(_table.EndedAt, StringComparer.Ordinal);
        if (status is not null)
        {
            foreach (var line in File.ReadLines(_file.Path))
            {
                // A line that can't be read names no session that there was.
                if (
                    line.Split(' ') is [{ Length: > 0 } id, var seconds]
                    && long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
                )
                {
                    ended[id] = DateTimeOffset.UnixEpoch.AddSeconds(at);
                }
            }
        }

        _table = new Table(status, ended);
    }

    private sealed record Table(FileStatus? File, Dictionary<string, DateTimeOffset> EndedAt);

    [LoggerMessage(
        4104,
        LogLevel.Error,
        "{Path} can't be written: {Reason}. A session was ended, but a copy of its cookie would count again after a restart within a day. Make room on the disk, or mend the folder's rights."
    )]
    private static partial void LogNotStored(ILogger log, string path, string reason);
}
