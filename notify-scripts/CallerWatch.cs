using System.Text;

namespace Notify.Scripts;

/// <summary>
/// Ends this program when its caller is gone. The bot can't signal it, since sudo runs as root between them; so the bot writes <see cref="ScriptProgram.EndsWithCaller"/> to
/// stdin and keeps it open. A caller that does not write that, such as a shell with a closed stdin, is not watched.
/// </summary>
internal static class CallerWatch
{
    /// <summary>Calls <paramref name="isGone"/> once the caller that asked for it has closed stdin.</summary>
    internal static void Begin(Action isGone)
    {
        if (!Console.IsInputRedirected)
        {
            // A terminal: what is typed there is for the shell.
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
                // Nothing else is said.
            }
        }
        catch (IOException)
        {
            // A stdin that can't be read says nothing.
            return;
        }

        isGone();
    }
}
