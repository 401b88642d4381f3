using Microsoft.Win32.SafeHandles;
using Notify.Posix;
using Notify.Scripts;

namespace Notify.Command;

/// <summary>One stream of a command: passed on to this process's own, while its end is kept.</summary>
internal sealed class Tee : IDisposable
{
    /// <summary>What stands in a pipe when the command has ended, at most: Linux gives no pipe more without privilege (pipe(7)).</summary>
    private const int MaxLeft = (1 << 20) / (1 << 16);

    private readonly OutputPipe _pipe;
    private readonly SafeFileHandle _target;
    private readonly OutputTail _tail;
    private bool _targetIsGone;
    private bool _unread;
    private bool _closed;

    /// <param name="descriptor">This process's own stream: 1 or 2.</param>
    /// <param name="tail">Keeps the end of both streams, in the order in which it came.</param>
    internal Tee(int descriptor, OutputTail tail)
    {
        _tail = tail;
        _target = new SafeFileHandle(descriptor, ownsHandle: false);
        _targetIsGone = !StandardStream.IsOpen(descriptor);
        _pipe = new OutputPipe(Take);
    }

    /// <summary>Why the rest could not be written, as on a full disk (errno). 0 if all was written, or if nobody reads it any more.</summary>
    internal int LostBy { get; private set; }

    /// <summary>The end for the command.</summary>
    internal SafeFileHandle Writer => _pipe.Writer;

    /// <summary>The descriptor for poll; negative when nothing more comes.</summary>
    internal int Descriptor => _closed ? -1 : _pipe.Descriptor;

    /// <summary>Closes this process's copy of the command's end.</summary>
    internal void Started() => _pipe.CloseWriter();

    /// <summary>Takes what is there, up to a buffer.</summary>
    internal void ReadSome()
    {
        _ = _pipe.ReadSome();
        CloseIfUnread();
    }

    /// <summary>Takes what the command left. What its children in the background print later is not waited for.</summary>
    internal void Drain()
    {
        for (var i = 0; i < MaxLeft && !_closed && _pipe.ReadSome(); i++)
        {
            CloseIfUnread();
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _pipe.Dispose();
        _target.Dispose();
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        _tail.Append(bytes);
        if (!_targetIsGone && StandardStream.Write(_target, bytes) is var error and not 0)
        {
            // As without a tee, the command is to notice that nobody reads it. If the terminal is gone, it goes on.
            (_targetIsGone, _unread) = (true, error == LibC.BrokenPipe);
            LostBy = error is LibC.BrokenPipe or LibC.InputOutputError ? 0 : error;
        }
    }

    private void CloseIfUnread()
    {
        if (_unread && !_closed)
        {
            _closed = true;
            _pipe.Dispose();
        }
    }
}
