namespace Notify.Posix;

/// <summary>Whether a person sits at the other end.</summary>
public static class Terminal
{
    /// <summary>Whether stdout is a terminal. Asked of the kernel, since <see cref="Console"/> takes milliseconds to be set up.</summary>
    public static bool IsOutput => LibC.IsTerminal(1) == 1;

    /// <summary>Whether standard input is a terminal, so that a person types it.</summary>
    public static bool IsInput => LibC.IsTerminal(0) == 1;
}
