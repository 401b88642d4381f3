using System.Text;

namespace Notify.Scripts;

/// <summary>
/// How the bot's end reaches a script that runs as somebody else: the bot may not signal it, but it holds the helper's input open. A helper
/// that was given the word ends its script when that input ends. Without the word, as from a shell or cron, the input means nothing.
/// </summary>
public static class HelperLifeline
{
    /// <summary>The line that says that the input is a lifeline.</summary>
    public const string Word = "lifeline";

    /// <summary>Watches this process's input and cancels when it was a lifeline and has ended.</summary>
    public static void Watch(CancellationTokenSource end)
    {
        if (!Console.IsInputRedirected)
        {
            return;
        }

        var thread = new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            var said = new byte[Word.Length + 1];
            if (input.ReadAtLeast(said, said.Length, throwOnEndOfStream: false) < said.Length || Encoding.ASCII.GetString(said) != Word + "\n")
            {
                return;
            }

            while (input.Read(said) > 0)
            {
                // Nothing more is said on it.
            }

            end.Cancel();
        })
        {
            IsBackground = true,
            Name = "lifeline",
        };
        thread.Start();
    }
}
