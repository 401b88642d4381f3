using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;

namespace Notify.Scripts;

/// <summary>The reading end of a process's stream, and what came through it.</summary>
internal sealed unsafe class OutputPipe : IDisposable
{
    private const int ReadSize = 1 << 16;

    private readonly Action<ReadOnlySpan<byte>>? _onRead;
    private readonly SafeFileHandle _reader;
    private readonly byte[] _buffer = new byte[ReadSize];
    private bool _open = true;

    /// <param name="onRead">Called with all data, piece by piece.</param>
    internal OutputPipe(Action<ReadOnlySpan<byte>>? onRead)
    {
        _onRead = onRead;
        var ends = stackalloc int[2];
        if (LibC.Pipe(ends, LibC.OpenCloseOnExec) != 0)
        {
            throw new IOException($"Can't create a pipe: {LibC.LastError()}.");
        }

        _reader = new SafeFileHandle(ends[0], ownsHandle: true);
        Writer = new SafeFileHandle(ends[1], ownsHandle: true);

        // Only this end: the script needs an ordinary, blocking stdout.
        _ = LibC.FileControl(_reader, LibC.SetStatusFlags, LibC.OpenNonBlocking);
    }

    internal SafeFileHandle Writer { get; }

    internal OutputTail Tail { get; } = new(ScriptProcess.KeptOutput);

    /// <summary>The descriptor for poll; negative after the stream's end.</summary>
    internal int Descriptor => _open ? (int)_reader.DangerousGetHandle() : -1;

    internal void CloseWriter() => Writer.Dispose();

    /// <summary>Takes up to one buffer of available data; false if there is no more now.</summary>
    internal bool ReadSome()
    {
        fixed (byte* start = _buffer)
        {
            var read = LibC.Read(_reader, start, ReadSize);
            if (read > 0)
            {
                Tail.Append(_buffer.AsSpan(0, (int)read));
                _onRead?.Invoke(_buffer.AsSpan(0, (int)read));
                return true;
            }

            _open = read < 0 && Marshal.GetLastPInvokeError() is LibC.WouldBlock or LibC.Interrupted;
            return false;
        }
    }

    /// <summary>Takes what the process printed before its end. Bounded, in case another process goes on printing.</summary>
    internal void Drain()
    {
        while (_open && Tail.Total <= ScriptProcess.MaxOutput && ReadSome()) { }
    }

    public void Dispose()
    {
        Writer.Dispose();
        _reader.Dispose();
    }
}
