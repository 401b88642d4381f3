using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;
using Notify.Text;

namespace Notify.Files;

/// <summary>
/// A log file of bounded size. A full file replaces <c>NAME.1</c>, and a new one
/// begins. Several processes may write at once.
/// </summary>
/// <remarks>
/// <para>
/// An entry is a line <c>2026-01-30T19:20:00.125Z text</c>; further lines are indented by four spaces. So a line that
/// starts with a time always comes from the program. Other control characters and bidi controls
/// are written as <c>\u001b</c>.
/// </para>
/// <para>
/// Writing never throws and never waits for another process. Entries that can't be written (a full disk, a missing right) are counted, and the count goes into the
/// log later. Each entry is one <c>write</c> to an <c>O_APPEND</c> file, so entries of different processes do not mix.
/// An entry takes a few microseconds without a sync to disk. Safe for several threads.
/// </para>
/// </remarks>
public sealed class BoundedLog : IDisposable
{
    /// <summary>Default bound in bytes; with the older file twice that on disk.</summary>
    public const long DefaultMaxBytes = 1_000_000;

    /// <summary>Longest entry in characters. A cut entry ends with the number of missing characters.</summary>
    public const int MaxEntryLength = 16_384;

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly long _maxBytes;
    private readonly UnixFileMode _mode;
    private SafeFileHandle? _file;
    private ulong _inode;
    private bool _tornLine;
    private long _unreported;
    private string _reason = "";

    /// <summary>Names the log. The first entry opens the file, or creates it with <paramref name="mode"/> regardless of the umask.</summary>
    /// <param name="path">The file in an existing folder. Never writes to a symbolic link or another kind of file.</param>
    /// <param name="time">The clock of the entries.</param>
    /// <param name="maxBytes">The size in bytes beyond which a new file begins.</param>
    /// <param name="mode">The mode of a new file.</param>
    public BoundedLog(
        string path,
        TimeProvider time,
        long maxBytes = DefaultMaxBytes,
        UnixFileMode mode = FileModes.OwnerFile
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        _path = Path.GetFullPath(path);
        _time = time;
        _maxBytes = maxBytes;
        _mode = mode;
    }

    /// <summary>The number of entries that this object could not write.</summary>
    public long Dropped { get; private set; }

    /// <summary>Writes one entry with the current time.</summary>
    public void Write(string text)
    {
        var now = _time.GetUtcNow();
        lock (_gate)
        {
            var entry = new StringBuilder(text.Length + 32);
            if (_tornLine)
            {
                entry.Append('\n');
            }

            if (_unreported > 0)
            {
                AppendEntry(
                    entry,
                    now,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{_unreported} entries before this one could not be written: {_reason}."
                    )
                );
            }

            AppendEntry(entry, now, text);
            if (TryWrite(Encoding.UTF8.GetBytes(entry.ToString())))
            {
                _unreported = 0;
                _tornLine = false;
            }
            else
            {
                _unreported++;
                Dropped++;
            }
        }
    }

    /// <summary>Begins a new file if this one is over its bound, for a log to which another program appends, such as a shell's <c>&gt;&gt;</c>.</summary>
    public void RotateIfFull()
    {
        lock (_gate)
        {
            if (
                FileStatus.OfPath(_path, followLink: false) is { Kind: FileKind.Regular } status
                && status.Size >= _maxBytes
                && Open()
            )
            {
                Rotate(1);
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (_gate)
        {
            Close();
        }
    }

    private static void AppendEntry(StringBuilder entry, DateTimeOffset now, string text)
    {
        entry.Append(now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z '", CultureInfo.InvariantCulture));
        var kept = text[..Math.Min(text.TrimEnd().Length, MaxEntryLength)];
        entry.Append(SafeText.Lines(kept).Replace("\n", "\n    ", StringComparison.Ordinal));
        if (text.Length > MaxEntryLength)
        {
            entry.Append(CultureInfo.InvariantCulture, $" ... ({text.Length - MaxEntryLength} more characters)");
        }

        entry.Append('\n');
    }

    private unsafe bool TryWrite(ReadOnlySpan<byte> entry)
    {
        if (!Open())
        {
            return false;
        }

        Rotate(entry.Length);
        if (_file is null)
        {
            return false;
        }

        nint count;
        fixed (byte* start = entry)
        {
            do
            {
                count = LibC.Write(_file, start, (nuint)entry.Length);
            } while (count < 0 && Marshal.GetLastPInvokeError() == LibC.Interrupted);
        }

        if (count == entry.Length)
        {
            return true;
        }

        // A full disk can cut an entry. The next one begins on its own line.
        _tornLine |= count > 0;
        _reason = count < 0 ? LibC.LastError() : "No space left on device";
        return false;
    }

    /// <summary>Opens the file, also after another process began a new one or an admin moved it away.</summary>
    private bool Open()
    {
        if (_file is not null && FileStatus.OfPath(_path, followLink: false) is { } named && named.Inode == _inode)
        {
            return true;
        }

        Close();
        const int Flags =
            LibC.OpenWriteOnly | LibC.OpenAppend | LibC.OpenNoFollow | LibC.OpenNonBlocking | LibC.OpenCloseOnExec;
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var descriptor = LibC.Open(_path, Flags, 0);
            var created = false;
            if (descriptor < 0 && Marshal.GetLastPInvokeError() == LibC.NoSuchFile)
            {
                descriptor = LibC.Open(_path, Flags | LibC.OpenCreate | LibC.OpenExclusive, (uint)_mode);
                created = descriptor >= 0;
                if (descriptor < 0 && Marshal.GetLastPInvokeError() == LibC.FileExists)
                {
                    continue;
                }
            }

            if (descriptor < 0)
            {
                _reason = LibC.LastError();
                return false;
            }

            _file = new SafeFileHandle(descriptor, ownsHandle: true);
            if (created)
            {
                _ = LibC.ChangeMode(_file, (uint)_mode);
            }

            var status = FileStatus.Of(_file);
            if (status.Kind != FileKind.Regular)
            {
                Close();
                _reason = "it is not a regular file";
                return false;
            }

            _inode = status.Inode;
            return true;
        }

        _reason = "others keep creating and removing it";
        return false;
    }

    /// <summary>Begins a new file if the next entry would not fit. A lock on the file makes one of several processes do it.</summary>
    private void Rotate(int next)
    {
        var size = FileStatus.Of(_file!).Size;
        if (size == 0 || size + next <= _maxBytes)
        {
            return;
        }

        if (LibC.Flock(_file!, LibC.LockExclusive | LibC.LockNonBlocking) != 0)
        {
            // Another process does it. This entry goes into the full file.
            return;
        }

        // Another process may have begun a new file meanwhile.
        if (
            FileStatus.OfPath(_path, followLink: false) is { } named
            && named.Inode == _inode
            && LibC.Rename(_path, _path + ".1") != 0
        )
        {
            // Without the right to rename it, not writing is the only way to keep the bound.
            _reason = $"the file is full and can't be moved to {_path}.1 ({LibC.LastError()})";
            Close();
            return;
        }

        Open();
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
    }
}
