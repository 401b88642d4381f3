using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;

namespace Notify.Command;

/// <summary>
/// Writes to stdout and stderr by the system's calls. <see cref="Console"/> sets a terminal up for itself before its first byte, which programs beside it would
/// notice, and takes milliseconds for that.
/// </summary>
internal static unsafe class StandardStream
{
    internal const int Input = 0;
    internal const int Output = 1;
    internal const int Errors = 2;

    /// <summary>
    /// Whether this program was started with it. If it was closed, the runtime opens something of its own under its number, which ends with the program.
    /// </summary>
    internal static bool IsOpen(int descriptor)
    {
        using var handle = new SafeFileHandle(descriptor, ownsHandle: false);
        var flags = LibC.FileControl(handle, LibC.GetDescriptorFlags, 0);
        return flags >= 0 && (flags & LibC.CloseOnExec) == 0;
    }

    /// <summary>Writes a text. If nobody can read it, it is lost.</summary>
    internal static void Write(int descriptor, string text)
    {
        if (!IsOpen(descriptor))
        {
            return;
        }

        using var handle = new SafeFileHandle(descriptor, ownsHandle: false);
        _ = Write(handle, Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Writes all bytes, and waits where that takes time.</summary>
    /// <returns>0, or why the rest could not be written (errno).</returns>
    internal static int Write(SafeFileHandle target, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint written;
            fixed (byte* start = bytes)
            {
                written = LibC.Write(target, start, (nuint)bytes.Length);
            }

            if (written >= 0)
            {
                bytes = bytes[(int)written..];
                continue;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case LibC.Interrupted:
                    break;
                case LibC.WouldBlock:
                    var poll = new LibC.PollDescriptor
                    {
                        Descriptor = (int)target.DangerousGetHandle(),
                        Wanted = LibC.PollOut,
                    };
                    _ = LibC.Poll(&poll, 1, -1);
                    break;
                case var error:
                    return error;
            }
        }

        return 0;
    }
}
