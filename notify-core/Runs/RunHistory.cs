using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Notify.Files;
using Notify.Posix;
using Notify.Scripts;

namespace Notify.Runs;

/// <summary>Which runs of a script are wanted.</summary>
/// <param name="Limit">At most so many, the newest.</param>
/// <param name="Before">Only those that began before this; for the next page, the last one's start.</param>
/// <param name="Since">Only those that began at this moment or later.</param>
/// <param name="FailedOnly">Only those with <see cref="RunRecord.IsFailed"/>.</param>
public sealed record RunQuery(
    int Limit = RunHistory.MaxRuns,
    DateTimeOffset? Before = null,
    DateTimeOffset? Since = null,
    bool FailedOnly = false
);

/// <summary>
/// The runs of a script, in <c>~/.notifications/history/{script}.jsonl</c>: one line of JSON each, at most <see cref="MaxRuns"/> and
/// <see cref="MaxBytes"/>. It stays when the script is deleted.
/// </summary>
/// <remarks>
/// Several processes may append at once. The file itself is the lock (<c>flock</c>). A full file is replaced in one step by one with the
/// newest runs, so a reader never waits. A line that a full disk or a power failure cut is passed over, and the next one begins on
/// a line of its own. Nothing is synced to disk but a replaced file.
/// </remarks>
public static class RunHistory
{
    /// <summary>Most runs of a script.</summary>
    public const int MaxRuns = 1000;

    /// <summary>Most bytes of a script's history.</summary>
    public const int MaxBytes = 1_000_000;

    /// <summary>A full file keeps this part, so that not each further run replaces it.</summary>
    private const int KeptPercent = 90;

    /// <summary>A file is larger only if somebody else wrote to it.</summary>
    private const long MaxRead = 2 * MaxBytes;

    /// <summary>Shorter than any line of a run: a file of fewer bytes needs no count of its runs.</summary>
    private const int MinLine = 40;

    /// <summary>How long to wait for another process. It needs milliseconds, so a longer holder hangs.</summary>
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(2);

    /// <summary>Appends a run. It never throws for the file's sake: a run is worth more than its line.</summary>
    /// <param name="home">Whose.</param>
    /// <param name="script">Which script.</param>
    /// <param name="run">The run. Longer texts than a record may have are cut.</param>
    /// <returns>Why the line is lost, as a sentence; null if it was written.</returns>
    public static string? Append(ScriptHome home, ScriptName script, RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(script);
        ArgumentNullException.ThrowIfNull(run);
        var path = home.HistoryFile(script);
        try
        {
            var json = JsonSerializer.SerializeToUtf8Bytes(run.Bounded(), RunsContract.Json.RunRecord);
            using var file = OpenLocked(home, path);
            Append(file, path, json);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"The run is missing in the history. {e.Message}";
        }
    }

    /// <summary>The scripts that have runs, by name; also deleted ones.</summary>
    public static IReadOnlyList<ScriptName> Scripts(ScriptHome home)
    {
        ArgumentNullException.ThrowIfNull(home);
        try
        {
            return
            [
                .. Directory
                    .EnumerateFiles(home.HistoryFolder, "*.jsonl")
                    .Select(path => Path.GetFileNameWithoutExtension(path) + ".py")
                    .Order(StringComparer.Ordinal)
                    .Select(name => ScriptName.TryParse(name, out var script) ? script : null)
                    .OfType<ScriptName>(),
            ];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>A script's runs, the newest first.</summary>
    /// <exception cref="IOException">The file can't be read; the message says why. A missing file has no runs.</exception>
    public static IReadOnlyList<RunRecord> Read(ScriptHome home, ScriptName script, RunQuery query)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(script);
        ArgumentNullException.ThrowIfNull(query);
        return Read(ReadEnd(home.HistoryFile(script), MaxRead), query);
    }

    /// <summary>The newest runs of a script, from the end of its file: cheap enough for a list of hundreds of scripts.</summary>
    /// <param name="home">Whose.</param>
    /// <param name="script">Which script.</param>
    /// <param name="limit">Most runs.</param>
    /// <returns>The newest first.</returns>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static IReadOnlyList<RunRecord> ReadLast(ScriptHome home, ScriptName script, int limit)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(script);
        var query = new RunQuery(limit);
        var end = ReadEnd(home.HistoryFile(script), EndOf(limit));
        var runs = Read(end, query);
        // Runs with long errors take more room.
        return runs.Count < limit && end.Length == EndOf(limit) ? Read(home, script, query) : runs;
    }

    private static List<RunRecord> Read(byte[] end, RunQuery query)
    {
        var runs = new List<RunRecord>();
        var rest = end.AsSpan();
        while (!rest.IsEmpty && runs.Count < query.Limit)
        {
            rest = rest.TrimEnd((byte)'\n');
            var start = rest.LastIndexOf((byte)'\n') + 1;
            if (Parse(rest[start..]) is { } run)
            {
                // Runs are in the order of their starts, unless the clock was set back by some hours.
                if (query.Since - run.Started > TimeSpan.FromDays(1))
                {
                    break;
                }

                if (
                    !(run.Started >= query.Before)
                    && !(run.Started < query.Since)
                    && (run.IsFailed || !query.FailedOnly)
                )
                {
                    runs.Add(run);
                }
            }

            rest = rest[..start];
        }

        return runs;
    }

    /// <summary>Enough bytes for so many runs without errors. A cut first line is no JSON and is left out.</summary>
    private static int EndOf(int limit) => 300 * limit;

    private static RunRecord? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            // Its owner can write anything into the file.
            return JsonSerializer.Deserialize(line, RunsContract.Json.RunRecord)?.Bounded();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The newest part of the file, with whole lines of ours.</summary>
    private static byte[] ReadEnd(string path, long most)
    {
        var descriptor = LibC.Open(
            path,
            LibC.OpenReadOnly | LibC.OpenNoFollow | LibC.OpenNonBlocking | LibC.OpenCloseOnExec,
            0
        );
        if (descriptor < 0)
        {
            return Marshal.GetLastPInvokeError() == LibC.NoSuchFile
                ? []
                : throw new IOException($"Can't read {path}: {LibC.LastError()}.");
        }

        using var file = new SafeFileHandle(descriptor, ownsHandle: true);
        return ReadEnd(file, Checked(file, path).Size, most);
    }

    private static byte[] ReadEnd(SafeFileHandle file, long size, long most)
    {
        var bytes = new byte[Math.Min(size, most)];
        return bytes[..RandomAccess.Read(file, bytes, size - bytes.Length)];
    }

    private static FileStatus Checked(SafeFileHandle file, string path) =>
        FileStatus.Of(file) is { Kind: FileKind.Regular } status
            ? status
            : throw new IOException($"{path} is not a regular file. Move it away: mv {path} {path}.old");

    /// <summary>Opens the file for the one who may write to it now.</summary>
    private static SafeFileHandle OpenLocked(ScriptHome home, string path)
    {
        while (true)
        {
            var file = Open(home, path);
            try
            {
                // The system's time, not the program's clock: this waits for another process.
                if (!SpinWait.SpinUntil(() => TryLock(file), WaitLimit))
                {
                    throw new IOException(
                        $"Another program has held {path} for {WaitLimit.TotalSeconds:0} s (fuser -v {path} shows which)."
                    );
                }

                // Another process may have replaced it meanwhile.
                if (FileStatus.OfPath(path, followLink: false)?.Inode == FileStatus.Of(file).Inode)
                {
                    return file;
                }

                file.Dispose();
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
    }

    private static bool TryLock(SafeFileHandle file) =>
        LibC.Flock(file, LibC.LockExclusive | LibC.LockNonBlocking) == 0
        || (
            Marshal.GetLastPInvokeError() is not (LibC.WouldBlock or LibC.Interrupted)
                ? throw new IOException($"Can't lock the history: {LibC.LastError()}.")
                : false
        );

    private static SafeFileHandle Open(ScriptHome home, string path)
    {
        const int Flags =
            LibC.OpenReadWrite
            | LibC.OpenCreate
            | LibC.OpenAppend
            | LibC.OpenNoFollow
            | LibC.OpenNonBlocking
            | LibC.OpenCloseOnExec;
        var descriptor = LibC.Open(path, Flags, (uint)FileModes.OwnerFile);
        if (descriptor < 0 && Marshal.GetLastPInvokeError() == LibC.NoSuchFile)
        {
            if (home.TryMakeHistoryFolder() is { } problem)
            {
                throw new IOException(problem);
            }

            descriptor = LibC.Open(path, Flags, (uint)FileModes.OwnerFile);
        }

        if (descriptor < 0)
        {
            throw new IOException(
                Marshal.GetLastPInvokeError() == LibC.TooManyLinks
                    ? $"{path} is a link. Move it away: mv {path} {path}.old"
                    : $"Can't open {path}: {LibC.LastError()}."
            );
        }

        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            Checked(file, path);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void Append(SafeFileHandle file, string path, ReadOnlySpan<byte> json)
    {
        var size = FileStatus.Of(file).Size;
        var line = new ArrayBufferWriter<byte>(json.Length + 2);
        Span<byte> last = stackalloc byte[1];
        if (size > 0 && RandomAccess.Read(file, last, size - 1) == 1 && last[0] != '\n')
        {
            // The line before was cut.
            line.Write("\n"u8);
        }

        line.Write(json);
        line.Write("\n"u8);
        if (size + line.WrittenCount > MaxBytes || (size >= MinLine * MaxRuns && Lines(file, size) >= MaxRuns))
        {
            Replace(file, path, size, line.WrittenSpan);
        }
        else
        {
            Write(file, path, size, line.WrittenSpan);
        }
    }

    private static unsafe void Write(SafeFileHandle file, string path, long size, ReadOnlySpan<byte> line)
    {
        nint count;
        fixed (byte* start = line)
        {
            do
            {
                count = LibC.Write(file, start, (nuint)line.Length);
            } while (count < 0 && Marshal.GetLastPInvokeError() == LibC.Interrupted);
        }

        if (count == line.Length)
        {
            return;
        }

        var reason = count < 0 ? LibC.LastError() : "No space left on device";
        if (count > 0)
        {
            // A full disk cut the line.
            RandomAccess.SetLength(file, size);
        }

        throw new IOException($"Can't write {path}: {reason}.");
    }

    private static long Lines(SafeFileHandle file, long size)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            long lines = 0;
            for (long at = 0; at < size && RandomAccess.Read(file, buffer, at) is var count and > 0; at += count)
            {
                lines += buffer.AsSpan(0, count).Count((byte)'\n');
            }

            return lines;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Replaces the full file by one with the newest runs and this one.</summary>
    private static void Replace(SafeFileHandle file, string path, long size, ReadOnlySpan<byte> line)
    {
        var old = ReadEnd(file, size, MaxRead).AsSpan();
        var start = old.Length;
        const int MaxKept = MaxRuns * KeptPercent / 100;
        for (var lines = 0; start > 0 && lines < MaxKept; lines++)
        {
            var before = old[..(start - 1)].LastIndexOf((byte)'\n') + 1;
            if (old.Length - before > MaxBytes * (long)KeptPercent / 100)
            {
                break;
            }

            start = before;
        }

        AtomicFile.Replace(path, [.. old[start..], .. line], FileModes.OwnerFile);
        AtomicFile.RemoveLeftovers(Path.GetDirectoryName(path)!, TimeProvider.System);
    }
}
