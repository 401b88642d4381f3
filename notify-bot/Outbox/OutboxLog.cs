using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Notify.Bot.Outbox;

/// <summary>What was taken from a log of changes.</summary>
/// <param name="Laid">Images of pages that were laid over the file.</param>
/// <param name="Passed">Places in the log that did not fit: damaged, or left over from before it was begun anew.</param>
internal sealed record LaidLog(long Laid, long Passed);

/// <summary>
/// SQLite's log of changes, <c>outbox.db-wal</c>, which holds what was accepted last (https://www.sqlite.org/fileformat2.html#the_write_ahead_log). Without a word, SQLite begins one
/// with a damaged header anew, or one beside an empty file, and stops at the first damaged page of any.
/// </summary>
internal static class OutboxLog
{
    private const int HeaderSize = 32;

    private const int FrameHeaderSize = 24;

    private const int FrameSize = FrameHeaderSize + OutboxRecovery.PageSize;

    /// <summary>The lowest bit says in which order the bytes of a word are summed up: 1 is the largest first.</summary>
    private const uint Magic = 0x377f0682;

    private const int SaltAt = 8;

    private const int SumAt = 16;

    /// <summary>So many frames in a row of earlier logs are the end of this one: 1 MB.</summary>
    private const int MostForeign = 256;

    /// <summary>The log of an outbox.</summary>
    internal static string Of(string path) => path + "-wal";

    /// <summary>
    /// Whether SQLite would pass over something in the log that was on disk. Costs nothing after an end in order, which leaves no log; after another it is read once more, as SQLite
    /// itself reads it.
    /// </summary>
    /// <exception cref="IOException">The log can't be read.</exception>
    internal static bool WouldBeLost(string path)
    {
        if (new FileInfo(Of(path)) is not { Exists: true, Length: > 0 and var length })
        {
            return false;
        }

        if (new FileInfo(path).Length == 0)
        {
            return true;
        }

        return length > HeaderSize && (ReadHeader(Of(path)) is not { } header || GoesOnBehindDamage(Of(path), header));
    }

    /// <summary>
    /// Does what SQLite would: lays the pages of the log over those of a file, up to the last change that is whole. Of a damaged log those are taken that fit the one before them;
    /// the one after a damaged one can't be checked, and is taken where it belongs to the same log.
    /// </summary>
    /// <exception cref="IOException">A file can't be read or written.</exception>
    internal static LaidLog LayOver(string log, string file)
    {
        var header = ReadHeader(log);
        var bigEndian = header?.BigEndian ?? !BitConverter.IsLittleEndian;
        using var source = Open(log);
        var taken = new List<(long Frame, uint Page)>();
        var (whole, pages) = (0, 0L);
        if ((header?.Salt ?? FindSalt(source, bigEndian)) is { } salt)
        {
            foreach (var frame in Frames(source, salt, header?.Sum, bigEndian).Where(f => f.Fits && f.Page > 0))
            {
                taken.Add((frame.Number, frame.Page));
                if (frame.Pages > 0)
                {
                    (whole, pages) = (taken.Count, frame.Pages);
                }
            }
        }

        using var target = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        var bytes = new byte[FrameSize];
        foreach (var (number, page) in taken.Take(whole).Where(t => t.Page <= pages))
        {
            ReadFrame(source, number, bytes);
            target.Position = (page - 1L) * OutboxRecovery.PageSize;
            target.Write(bytes.AsSpan(FrameHeaderSize));
        }

        if (whole > 0)
        {
            target.SetLength(pages * OutboxRecovery.PageSize);
            ForgetSize(target);
        }

        return new LaidLog(whole, CountOf(source) - whole);
    }

    /// <summary>
    /// Whether whole changes come behind a place at which SQLite would stop. One may: where the power fails, the change that was being written may lack any of its pages. Each is on disk
    /// before the next begins, so two are more than that.
    /// </summary>
    private static bool GoesOnBehindDamage(string log, Header header)
    {
        using var source = Open(log);
        var (stopped, changes, foreign) = (false, 0, 0);
        foreach (var frame in Frames(source, header.Salt, header.Sum, header.BigEndian))
        {
            stopped |= !frame.Fits;
            foreign = frame.Belongs ? 0 : foreign + 1;
            if (foreign > MostForeign)
            {
                return false;
            }

            if (stopped && frame is { Fits: true, Pages: > 0 } && ++changes > 1)
            {
                return true;
            }
        }

        return false;
    }

    private static FileStream Open(string log) =>
        new(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);

    private static long CountOf(FileStream log) => Math.Max(0, log.Length - HeaderSize) / FrameSize;

    /// <summary>The frames of a log, in order: each is the image of a page, with its number.</summary>
    /// <param name="log">The log.</param>
    /// <param name="salt">What marks those of this log; others are of earlier ones, in the same file.</param>
    /// <param name="before">The sum that the first one continues; null where that is not known.</param>
    /// <param name="bigEndian">How sums are made.</param>
    private static IEnumerable<Frame> Frames(FileStream log, ulong salt, (uint, uint)? before, bool bigEndian)
    {
        var bytes = new byte[FrameSize];
        var count = CountOf(log);
        for (var number = 0L; number < count; number++)
        {
            ReadFrame(log, number, bytes);
            var belongs = Salt(bytes) == salt;
            var fits = belongs && (before is not { } sum || SumOf(sum, bytes, bigEndian) == Sum(bytes));
            before = belongs ? Sum(bytes) : null;
            yield return new Frame(number, belongs, fits, Word(bytes, 0), Word(bytes, 4));
        }
    }

    /// <summary>The first page may be an older one than others, and say that the file ends before them; zero says that it ends where it does.</summary>
    private static void ForgetSize(FileStream file)
    {
        file.Position = 28;
        file.Write(new byte[4]);
    }

    /// <returns>Null where it is damaged.</returns>
    private static Header? ReadHeader(string log)
    {
        using var file = Open(log);
        var bytes = new byte[HeaderSize];
        if (
            file.ReadAtLeast(bytes, HeaderSize, throwOnEndOfStream: false) < HeaderSize
            || (Word(bytes, 0) & ~1u) != Magic
        )
        {
            return null;
        }

        var bigEndian = (Word(bytes, 0) & 1) != 0;
        var sum = (Word(bytes, 24), Word(bytes, 28));
        return SumOf((0, 0), bytes.AsSpan(0, 24), bigEndian) == sum
            ? new Header(bigEndian, BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(16)), sum)
            : null;
    }

    /// <summary>The mark that the pages of this log have in common; that of the first two that fit each other. Those of earlier logs are behind them.</summary>
    private static ulong? FindSalt(FileStream log, bool bigEndian)
    {
        var count = CountOf(log);
        var frame = new byte[FrameSize];
        (ulong Salt, (uint, uint) Sum)? before = null;
        for (var i = 0L; i < count; i++)
        {
            ReadFrame(log, i, frame);
            if (before is { } last && last.Salt == Salt(frame) && SumOf(last.Sum, frame, bigEndian) == Sum(frame))
            {
                return last.Salt;
            }

            before = (Salt(frame), Sum(frame));
        }

        return null;
    }

    private static void ReadFrame(FileStream log, long number, byte[] frame)
    {
        log.Position = HeaderSize + (number * FrameSize);
        log.ReadExactly(frame);
    }

    private static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);

    private static ulong Salt(byte[] frame) => BinaryPrimitives.ReadUInt64BigEndian(frame.AsSpan(SaltAt));

    private static (uint, uint) Sum(byte[] frame) => (Word(frame, SumAt), Word(frame, SumAt + 4));

    /// <summary>The sum over a frame: of the first words of its header and of its page, on top of the sum of the frame before.</summary>
    private static (uint, uint) SumOf((uint, uint) before, byte[] frame, bool bigEndian) =>
        SumOf(SumOf(before, frame.AsSpan(0, SaltAt), bigEndian), frame.AsSpan(FrameHeaderSize), bigEndian);

    private static (uint, uint) SumOf((uint A, uint B) sum, ReadOnlySpan<byte> bytes, bool bigEndian)
    {
        var (a, b) = sum;
        var words = MemoryMarshal.Cast<byte, uint>(bytes);
        var swap = bigEndian == BitConverter.IsLittleEndian;
        for (var i = 0; i < words.Length; i += 2)
        {
            unchecked
            {
                a += (swap ? BinaryPrimitives.ReverseEndianness(words[i]) : words[i]) + b;
                b += (swap ? BinaryPrimitives.ReverseEndianness(words[i + 1]) : words[i + 1]) + a;
            }
        }

        return (a, b);
    }

    /// <param name="BigEndian">How sums are made.</param>
    /// <param name="Salt">What marks the frames of this log.</param>
    /// <param name="Sum">The sum that the first frame continues.</param>
    private sealed record Header(bool BigEndian, ulong Salt, (uint, uint) Sum);

    /// <param name="Number">Its place in the log.</param>
    /// <param name="Belongs">Whether it is of this log.</param>
    /// <param name="Fits">Whether it is as it was written, as far as that can be told.</param>
    /// <param name="Page">The number of the page.</param>
    /// <param name="Pages">How many pages the file has after it, where it is the last one of a change; else 0.</param>
    private readonly record struct Frame(long Number, bool Belongs, bool Fits, uint Page, uint Pages);
}
