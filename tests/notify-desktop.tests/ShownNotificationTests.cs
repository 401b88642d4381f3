using Notify.Contracts;
using Notify.Desktop;
using Notify.Testing;
using Notify.Text;

namespace Notify.Tests;

/// <summary>What is left of a text that anybody may have written, before a terminal or a desktop gets it.</summary>
public sealed class ShownNotificationTests
{
    [Theory]
    [InlineData("\u001b[31mred\u0007", "[31mred")]
    [InlineData("invoice_\u202Efdp.exe", "invoice_fdp.exe")]
    [InlineData("\u2066left\u2069 \u200Fright", "left right")]
    [InlineData("pay\u200Bpal\uFEFF\u2060", "paypal")]
    [InlineData("tag\U000E0041", "tag")]
    [InlineData(
        "\U0001F468\u200D\U0001F469\u200D\U0001F467 family",
        "\U0001F468\u200D\U0001F469\u200D\U0001F467 family"
    )]
    [InlineData("e\u0301t\u00e9", "e\u0301t\u00e9")]
    [InlineData("one\r\ntwo\u2028three", "one\ntwo\nthree")]
    public void Nothing_in_it_is_obeyed_or_unseen(string written, string shown) =>
        Assert.Equal(shown, SafeText.Message(written, 100));

    [Theory]
    [InlineData(200, 200, false)]
    [InlineData(201, 200, true)]
    [InlineData(5, 200, false)]
    public void A_text_is_cut_only_where_it_is_too_long(int length, int longest, bool isCut)
    {
        var shown = SafeText.Message(new string('x', length), longest);

        Assert.Equal(Math.Min(length, longest) + (isCut ? 3 : 0), shown.Length);
        Assert.Equal(isCut, shown.EndsWith("...", StringComparison.Ordinal));
    }

    [Fact]
    public void A_cut_never_goes_through_a_character()
    {
        for (var longest = 1; longest < 10; longest++)
        {
            var shown = SafeText.Message("a\U0001F680\U0001F680\U0001F680\U0001F680\U0001F680", longest);

            Assert.InRange(shown.Length, 1, longest + 3);
            Assert.DoesNotContain('\uFFFD', string.Concat(shown.EnumerateRunes().Select(r => r.ToString())));
        }
    }

    [Fact]
    public void A_notification_holds_nothing_that_a_terminal_or_a_desktop_obeys()
    {
        foreach (var text in SafeOutput.EveryCharacter)
        {
            var shown = ShownNotification.Of(new GatewayMessage(null, Title: text, Message: text));

            SafeOutput.Check(shown.Title, keepsLines: false);
            SafeOutput.Check(shown.ForTerminal(), keepsLines: true);
            SafeOutput.Check(shown.EscapedBody(), keepsLines: true);
        }
    }
}
