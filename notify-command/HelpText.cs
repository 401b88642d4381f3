using System.Text;

namespace Notify.Command;

/// <summary>What <c>--help</c> prints.</summary>
internal static class HelpText
{
    private const int Indent = 24;

    /// <summary>All of it.</summary>
    internal static string Text { get; } = Write();

    private static string Write()
    {
        var text = new StringBuilder(
            """
            Sends a notification to you: to your Telegram chat and your desktops.

              notify [OPTION…] [TEXT…]
              notify run [OPTION…] -- COMMAND…    runs a command, and tells how it ended
              notify done --pid NUMBER            tells when a process of yours ends

            Options stand before the text. From its first word on, all is text: notify [OK] done --really
            Without TEXT, or for -, the text comes from stdin: make 2>&1 | notify --pre

            """
        );
        Add(text, "Options:", Options.OfSend);
        Add(text, "Options of notify run:", Options.OfRun);
        Add(text, "Options of notify done:", Options.OfDone);
        return text.Append(
                """

                Exit status: 0 accepted, 64 wrong options, 65 the text or a file can't be sent, 69 the bot is not there,
                75 try again, 77 not allowed or not linked. notify run keeps that of its command.

                """
            )
            .ToString();
    }

    private static void Add(StringBuilder text, string heading, IEnumerable<Option> options)
    {
        text.Append('\n').Append(heading).Append('\n');
        foreach (var option in options)
        {
            var form = "  " + option.Form;
            text.Append(form.Length < Indent ? form.PadRight(Indent) : form + "\n" + new string(' ', Indent))
                .Append(option.Meaning)
                .Append('\n');
        }
    }
}
