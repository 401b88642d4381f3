using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;

namespace Notify.Files;

/// <summary>
/// A log file that never grows beyond a bound: when it is full it becomes <c>NAME.1</c>, in place of the one before, and a new one
/// begins. Several processes may write to it at once.
/// </summary>
/// <remarks>
/// <para>
/// An entry is a line <c>2026-01-30T19:20:00.125Z text</c>; further lines of a text are indented by four spaces. So whatever a text holds,
/// a line that starts with a time was written by the program. Other control characters and those that turn the direction
/// of text are written as <c>\u001b</c>.
/// </para>
/// <para>
/// Writing never throws and never waits for another process. What can't be written (a full disk, a missing right) is counted, and said in the log as soon
/// as that can be written again. Each entry is one <c>write</c> of an <c>O_APPEND</c> file, so entries of different processes do not mix.
/// An entry costs a few microseconds; it is not forced to disk. Safe for several threads.
/// </para>
/// </remarks>
public sealed class BoundedLog : IDisposable
{
    /// <summary>Bytes that the file may have unless the caller says otherwise; with the older file it is twice that on disk.</summary>
    public const long DefaultMaxBytes = 1_000_000;

    /// <summary>Characters of one entry that are kept; how many were left out is said at its end.</summary>
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

    /// <summary>Names the log; the file is opened, or made with <paramref name="mode"/> whatever the umask, with the first entry.</summary>
    /// <param name="path">Where. Its folder must be there. A symbolic link, or anything but a regular file, is not written to.</param>
    /// <param name="time">Whose time the entries carry.</param>
    /// <param name="maxBytes">The size in bytes beyond which a new file begins.</param>
    /// <param name="mode">The mode of a new file.</param>
    public BoundedLog(
        string path,
        TimeProvider time,
        long maxBytes = DefaultMaxBytes,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        _path = Path.GetFullPath(path);
        _time = time;
        _maxBytes = maxBytes;
        _mode = mode;
    }

    /// <summary>How many entries could not be written since this object was made.</summary>
    public long Dropped { get; private set; }

    /// <summary>Writes one entry with the time it is now.</summary>
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

    /// <summary>Begins a new file if this one is over its bound. For a log that another program appends to, such as a shell's <c>&gt;&gt;</c>.</summary>
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
        var kept = Math.Min(text.TrimEnd().Length, MaxEntryLength);
        for (var i = 0; i < kept; i++)
        {
            var c = text[i];
            if (c == '\r' && i + 1 < kept && text[i + 1] == '\n')
            {
                continue;
            }

            if (c == '\n')
            {
                entry.Append("\n    ");
            }
            else if (c != '\t' && IsDangerous(c))
            {
                entry.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            }
            else
            {
                entry.Append(c);
            }
        }

        if (text.Length > MaxEntryLength)
        {
            entry.Append(CultureInfo.InvariantCulture, $" ... ({text.Length - MaxEntryLength} more characters)");
        }

        entry.Append('\n');
    }

    private static bool IsDangerous(char c) =>
        char.IsControl(c)
        || char.GetUnicodeCategory(c) is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || c is '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

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

        // A disk that fills up in the middle of an entry leaves a part of it; the next one begins on a line of its own.
        _tornLine |= count > 0;
        _reason = count < 0 ? LibC.LastError() : "No space left on device";
        return false;
    }

    /// <summary>Opens the file, or the one that has taken its place since: another process has begun a new one, or an operator has moved it away.</summary>
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

    /// <summary>Begins a new file where the next entry would not fit. Locked on the file itself, so that of several processes one does it.</summary>
    private void Rotate(int next)
    {
        var size = FileStatus.Of(_file!).Size;
        if (size == 0 || size + next <= _maxBytes)
        {
            return;
        }

        if (LibC.Flock(_file!, LibC.LockExclusive | LibC.LockNonBlocking) != 0)
        {
            // Another process is at it: this entry still goes into the file that is full.
            return;
        }

        // Whoever waited for nothing here finds the name moved on to a new file already.
        if (
            FileStatus.OfPath(_path, followLink: false) is { } named
            && named.Inode == _inode
            && LibC.Rename(_path, _path + ".1") != 0
        )
        {
            // Without the right to move it in its folder the bound can't be kept in any other way than by not writing.
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
