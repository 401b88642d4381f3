using FsCheck.Xunit;
using Microsoft.Extensions.Logging;
using Notify.Files;
using Notify.Formatting;
using Notify.Hosting;
using Notify.Linking;
using Notify.Settings;
using Notify.Testing;
using Notify.Tests.Files;
using Notify.Tests.Formatting;
using Notify.Text;
using Xunit;

namespace Notify.Tests.Text;

/// <summary>Untrusted text at the exits of the programs: log, terminal, chat.</summary>
public sealed class SafeTextTests
{
    private const string Family = "👨‍👩‍👧‍👦 ❤️ 🏴‍☠️";
    private const string RightToLeft = "שלום مرحبا ۱۲۳";

    [Property(Arbitrary = [typeof(Inputs)], MaxTest = 3000)]
    public void No_exit_lets_through_what_is_obeyed_instead_of_shown(Tangled input, int insertAt)
    {
        // The direction characters at a place of any text, as themselves and as references of HTML.
        var at = Math.Abs(insertAt % (input.Text.Length + 1));
        var text =
            input.Text[..at]
            + "\u061C\u200E\u200F\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069\u2028\u0085\e\u009B&#x2066;&#8238;&#x206&#x2069;7;"
            + input.Text[at..];

        SafeOutput.Check(SafeText.Line(text), keepsLines: false);
        SafeOutput.Check(SafeText.Line(text, 20), keepsLines: false);
        SafeOutput.Check(SafeText.Quoted(text), keepsLines: false);
        SafeOutput.Check(SafeText.Lines(text), keepsLines: true);
        SafeOutput.Check(SafeText.Message(text, 30), keepsLines: true);
        SafeOutput.Check(SettingsReader.Shown(text), keepsLines: false);
        SafeOutput.Check(UserName.Refusal(text), keepsLines: false);
        SafeOutput.Check(new UnreadableFile("links", "line 1", null, text).ToString(), keepsLines: false);
        foreach (var mode in Enum.GetValues<ParseMode>())
        {
            var content = new NotificationContent
            {
                Title = text,
                Message = text,
                ParseMode = mode,
            };
            if (NotificationRenderer.TryRender(content, out var messages))
            {
                foreach (var message in messages)
                {
                    SafeOutput.Check(message.Text.Text, keepsLines: true);
                    SafeOutput.Check(message.Markup?.Text ?? "", keepsLines: true);
                    SafeOutput.Check(HtmlReader.Read(message.Markup?.Text ?? "")?.Text ?? "", keepsLines: true);
                }
            }
        }

        SafeOutput.Check(TerminalText.Render(LegacyMarkdown.Parse(text), colour: false), keepsLines: true);
        SafeOutput.Check(Logged(text), keepsLines: true);
    }

    [Property(Arbitrary = [typeof(Inputs)], MaxTest = 50)]
    public void A_log_file_holds_nothing_that_is_obeyed(Tangled input)
    {
        using var folder = new ScratchFolder();
        using (var log = new BoundedLog(folder["a.log"], TimeProvider.System))
        {
            log.Write(input.Text + "\u202E\u2066\u061C\uD83D");
        }

        SafeOutput.Check(File.ReadAllText(folder["a.log"]), keepsLines: true);
    }

    [Fact]
    public void Emoji_of_several_parts_and_letters_from_right_to_left_stay_in_messages()
    {
        Assert.Equal(Family, SafeText.Message(Family));
        Assert.Equal(Family, TelegramText.Clean(Family));
        Assert.Equal(Family, TerminalText.Render(FormattedText.Plain(Family), colour: false));
        Assert.Equal(RightToLeft, SafeText.Message(RightToLeft));
        Assert.Equal(RightToLeft, TelegramText.Clean(RightToLeft));
        Assert.Equal(RightToLeft, SafeText.Lines(RightToLeft));
    }

    [Theory]
    [InlineData("a\r\n\tb", "a   b", "a\n    b", "a\n    b")]
    [InlineData("pay\u200Bpal\u202E", "pay?pal?", "pay?pal?", "paypal")]
    [InlineData("a\u2028b", "a?b", "a?b", "a\nb")]
    [InlineData("new\U000E1000", "new?", "new?", "new\U000E1000")]
    public void Each_reader_gets_lines_as_it_needs_them(string text, string line, string lines, string message)
    {
        Assert.Equal(line, SafeText.Line(text));
        Assert.Equal(lines, SafeText.Lines(text));
        Assert.Equal(message, SafeText.Message(text));
    }

    [Fact]
    public void Half_a_pair_becomes_the_sign_of_a_character_that_is_none()
    {
        var text = $"a{(char)0xD83D}b";

        Assert.Equal(
            ["a\uFFFDb", "a\uFFFDb", "a\uFFFDb"],
            [SafeText.Line(text), SafeText.Lines(text), SafeText.Message(text)]
        );
    }

    private static string Logged(string text)
    {
        var console = new StringWriter();
        using var log = new ServiceLog(console, underJournal: false);
        log.CreateLogger("Notify.Test")
            .Log(LogLevel.Error, new EventId(1), text, new InvalidOperationException(text), (said, _) => said);
        return console.ToString();
    }
}
