using Microsoft.Win32.SafeHandles;

namespace Notify.Posix;

/// <summary>Finds out whether a person is at the terminal.</summary>
public static class Terminal
{
    /// <summary>Whether stdout is a terminal. Asks the kernel, because <see cref="Console"/> takes milliseconds to set up.</summary>
    public static bool IsOutput => LibC.IsTerminal(1) == 1;

    /// <summary>Whether stdin is a terminal, where a person types.</summary>
    public static bool IsInput => LibC.IsTerminal(0) == 1;

    /// <summary>
    /// Whether this process is in the foreground of its terminal. What a person types there, such as Ctrl-C, then goes to this process and its children
    /// alike.
    /// </summary>
    public static bool IsInForeground
    {
        get
        {
            var descriptor = LibC.Open(
                "/dev/tty",
                LibC.OpenReadOnly | LibC.OpenNonBlocking | LibC.OpenCloseOnExec | NoControllingTerminal,
                0
            );
            if (descriptor < 0)
            {
                return false;
            }

            using var terminal = new SafeFileHandle(descriptor, ownsHandle: true);
            return LibC.GetForegroundGroup(terminal) == LibC.GetProcessGroup();
        }
    }

    private const int NoControllingTerminal = 0x100; // O_NOCTTY
}
