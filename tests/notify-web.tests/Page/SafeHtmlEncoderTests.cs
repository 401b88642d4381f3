using System.Net;
using Notify.Formatting;
using Notify.Testing;
using Notify.Web.Page;

namespace Notify.Tests.Page;

/// <summary>Untrusted text on a page.</summary>
public sealed class SafeHtmlEncoderTests
{
    private readonly SafeHtmlEncoder _encoder = new();

    [Fact]
    public void A_page_holds_nothing_that_a_browser_obeys_instead_of_showing_it()
    {
        foreach (var text in SafeOutput.EveryCharacter)
        {
            using var written = new StringWriter();
            _encoder.Encode(written, text, 0, text.Length);
            Check(written.ToString());
            Check(_encoder.Encode(text));
            foreach (var mode in Enum.GetValues<ParseMode>())
            {
                using var page = new StringWriter();
                MessageHtml.Read(text, mode).WriteTo(page, _encoder);
                Check(page.ToString());
            }
        }
    }

    [Fact]
    public void References_in_a_message_are_no_way_around_it()
    {
        using var page = new StringWriter();
        MessageHtml.Read("<b>a&#8238;b&#x2066;c</b>", ParseMode.Html).WriteTo(page, _encoder);

        Assert.Equal("<strong>a b c</strong>", page.ToString());
    }

    [Theory]
    [InlineData("a<b>\"&'", "a&lt;b&gt;&quot;&amp;&#x27;")]
    [InlineData("invoice_\u202Efdp.exe", "invoice_fdp.exe")]
    [InlineData("Orders \u202E", "Orders ")]
    [InlineData("\u202E", "")]
    [InlineData("two\nlines", "two&#xA;lines")]
    [InlineData("\U0001F468\u200D\U0001F469", "&#x1F468;&#x200D;&#x1F469;")]
    public void All_else_is_encoded_as_ever(string text, string html) => Assert.Equal(html, _encoder.Encode(text));

    private static void Check(string html) =>
        SafeOutput.Check(
            WebUtility
                .HtmlDecode(html)
                .Replace("\t", "", StringComparison.Ordinal)
                .Replace("\r", "", StringComparison.Ordinal),
            keepsLines: true
        );
}
