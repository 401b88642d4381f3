using System.Text;
using FsCheck.Xunit;
using Notify.Formatting;
using Xunit;

namespace Notify.Tests.Formatting;

public sealed class TerminalTextTests
{
    [Fact]
    public void Formatting_becomes_ansi_codes()
    {
        var text = LegacyMarkdown.Parse("*b* _i_ `c` [t](https://example.com/)");
        Assert.Equal(
            "\e[0;1mb\e[0m \e[0;3mi\e[0m \e[0;2mc\e[0m \e[0;4mt\e[0m (https://example.com/)\e[0m",
            TerminalText.Render(text, colour: true)
        );
    }

    [Fact]
    public void No_code_reaches_over_a_line_end()
    {
        Assert.Equal(
            "\e[0;1ma\e[0m\n\e[0;1mb\e[0m c",
            TerminalText.Render(LegacyMarkdown.Parse("*a\nb* c"), colour: true)
        );
        var quote = new FormattedText(
            "a\nb",
            [new TextEntity(EntityKind.Blockquote, 0, 3), new TextEntity(EntityKind.Bold, 0, 3)]
        );
        Assert.Equal("│ \e[0;1ma\e[0m\n│ \e[0;1mb\e[0m", TerminalText.Render(quote, colour: true));
    }

    [Fact]
    public void Without_colour_links_and_quotes_can_still_be_told()
    {
        var text = new FormattedText(
            "see page\nline 1\nline 2\nend",
            [
                new TextEntity(EntityKind.TextLink, 4, 4, "https://example.com/"),
                new TextEntity(EntityKind.ExpandableBlockquote, 9, 13),
            ]
        );
        Assert.Equal(
            "see page (https://example.com/)\n│ line 1\n│ line 2\nend",
            TerminalText.Render(text, colour: false)
        );
    }

    [Fact]
    public void An_address_that_is_shown_anyway_is_not_said_twice() =>
        Assert.Equal(
            "https://example.com",
            TerminalText.Render(LegacyMarkdown.Parse("[https://example.com](https://example.com/)"), colour: false)
        );

    [Fact]
    public void A_script_cannot_send_escape_sequences_to_the_terminal()
    {
        Assert.Equal(
            "]0;title\n[2J31m",
            TerminalText.Render(FormattedText.Plain("\e]0;title\a\n\e[2J\u009B31m\u007F"), colour: true)
        );
        Assert.Equal(
            "x (https://example.com/?[2J)",
            TerminalText.Render(
                new FormattedText("x", [new TextEntity(EntityKind.TextLink, 0, 1, "https://example.com/\e[2J")]),
                colour: false
            )
        );
    }

    [Property(Arbitrary = [typeof(Inputs)], MaxTest = 1000)]
    public void Nothing_a_terminal_obeys_is_left_of_any_text(Tangled input)
    {
        var shown = TerminalText.Render(LegacyMarkdown.Parse(input.Text), colour: false);
        Assert.DoesNotContain(shown, c => c != '\n' && char.IsControl(c));
        Assert.Equal(shown, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(shown)));
        var coloured = TerminalText.Render(LegacyMarkdown.Parse(input.Text), colour: true);
        Assert.All(coloured.Split('\e')[1..], code => Assert.Matches(@"^\[0(;[0-9])*m", code));
    }
}
