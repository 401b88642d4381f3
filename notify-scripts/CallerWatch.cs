using System.Text;

namespace Notify.Scripts;

/// <summary>
/// Ends this program when its caller is gone. The bot can't signal it, because sudo runs as root between them. So the bot writes <see cref="ScriptProgram.EndsWithCaller"/> to
/// stdin and keeps it open. Other callers, such as a shell with a closed stdin, are not watched.
/// </summary>
internal static class CallerWatch
{
    /// <summary>Calls <paramref name="isGone"/> when such a caller closes stdin.</summary>
    internal static void Begin(Action isGone)
    {
        if (!Console.IsInputRedirected)
        {
            // A terminal: its input is for the shell.
            return;
        }

        new Thread(() => Watch(isGone)) { IsBackground = true, Name = "caller" }.Start();
    }

    private static void Watch(Action isGone)
    {
        var wish = Encoding.ASCII.GetBytes(ScriptProgram.EndsWithCaller + "\n");
        var said = new byte[wish.Length];
        try
        {
            using var input = Console.OpenStandardInput();
            if (
                input.ReadAtLeast(said, said.Length, throwOnEndOfStream: false) < said.Length
                || !said.AsSpan().SequenceEqual(wish)
            )
            {
                return;
            }

            while (input.ReadByte() >= 0)
            {
                // Other input is ignored.
            }
        }
        catch (IOException)
        {
            // An unreadable stdin tells nothing.
            return;
        }

        isGone();
    }
}
