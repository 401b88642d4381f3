using System.Buffers;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;

namespace Notify.Schedules;

/// <summary>
/// A script's own settings: the lines <c># notify: KEY VALUE</c> of the comments at its top, up to the first line that is neither
/// blank nor a comment. At most <see cref="MaxBytes"/> count.
/// </summary>
public sealed record ScriptHeader
{
    /// <summary>How far the comments at the top reach, in bytes.</summary>
    public const int MaxBytes = 8192;

    /// <summary>How far comments are searched for settings that come too late to count, in bytes.</summary>
    public const int MaxSearchedBytes = 65536;

    /// <summary>When rounds run it: <c>at</c>, <c>every</c>, <c>manual</c>.</summary>
    public Schedule Schedule { get; internal init; } = new Schedule.EachRound();

    /// <summary>The clock of the times: <c>timezone</c>. This system knows it. Null without such a line.</summary>
    public TimeZoneName? TimeZone { get; internal init; }

    /// <summary>How many failed runs in a row are tried again: <c>retry</c>, 0 to 10.</summary>
    public int Retries { get; internal init; }

    /// <summary>Time limit of a run: <c>timeout</c>, one second to 24 hours. The operator's maximum is the caller's to apply.</summary>
    public TimeSpan? TimeLimit { get; internal init; }

    /// <summary>Memory limit of a run in bytes: <c>memory</c>, 16 MiB to 1 TiB. The operator's maximum is the caller's to apply.</summary>
    public long? MemoryLimit { get; internal init; }

    /// <summary>Whether its alerts are incidents: <c>incident</c>.</summary>
    public bool Incident { get; internal init; }

    /// <summary>Lines that can't be read. A script with one is broken and must not be run.</summary>
    public IReadOnlyList<HeaderNote> Problems { get; internal init; } = [];

    /// <summary>Lines that count, but should be changed.</summary>
    public IReadOnlyList<HeaderNote> Warnings { get; internal init; } = [];

    /// <summary>Reads the settings.</summary>
    /// <param name="start">The script, or its beginning. Bytes after the limit are left out.</param>
    /// <param name="zones">Names of time zones. One object serves many scripts.</param>
    public static ScriptHeader Read(ReadOnlySpan<byte> start, ZoneNames zones)
    {
        ArgumentNullException.ThrowIfNull(zones);
        // A line that the limit cuts does not count.
        var end = start.Length > MaxBytes ? start[..MaxBytes].LastIndexOf((byte)'\n') + 1 : start.Length;
        var late = start[end..Math.Min(start.Length, MaxSearchedBytes)];
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        var text = start[..end];
        return new HeaderReader(zones).Read(
            Encoding.UTF8.GetString(text.StartsWith(mark) ? text[mark.Length..] : text),
            late
        );
    }

    /// <summary>Reads the settings of a file. A link is followed, as Python follows it.</summary>
    /// <exception cref="IOException">It can't be opened or read, or is not a regular file.</exception>
    public static ScriptHeader ReadFile(string path, ZoneNames zones)
    {
        var descriptor = LibC.Open(path, LibC.OpenReadOnly | LibC.OpenNonBlocking | LibC.OpenCloseOnExec, 0);
        if (descriptor < 0)
        {
            throw new IOException($"Can't open {path}: {LibC.LastError()}.");
        }

        using var file = new SafeFileHandle(descriptor, ownsHandle: true);
        if (FileStatus.Of(file).Kind != FileKind.Regular)
        {
            throw new IOException($"{path} is not a regular file.");
        }

        var start = ArrayPool<byte>.Shared.Rent(MaxSearchedBytes);
        try
        {
            return Read(start.AsSpan(0, RandomAccess.Read(file, start.AsSpan(0, MaxSearchedBytes), 0)), zones);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(start);
        }
    }
}

/// <summary>A remark about a <c># notify:</c> line.</summary>
/// <param name="Line">Its number, from 1.</param>
/// <param name="Text">The line, cut and without hidden characters.</param>
/// <param name="Sentence">What is wrong, and the nearest right form.</param>
public sealed record HeaderNote(int Line, string Text, string Sentence)
{
    /// <summary>All of it, for people.</summary>
    public string Message => $"Line {Line}, \"{Text}\": {Sentence}";
}
