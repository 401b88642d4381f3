using Notify.Formatting;
using Xunit;

namespace Notify.Tests.Formatting;

public sealed class MarkupReaderTests
{
    private static string? Shown(FormattedText? text) => text?.ToString();

    [Theory]
    [InlineData("<b>a</b> <strong>b</strong> &lt;&amp;&#9731;&#x41;", "a b <&☃A [bold 0+1, bold 2+1]")]
    [InlineData("<i>a<u>b</u></i><s>c</s>", "abc [italic 0+2, underline 1+1, strikethrough 2+1]")]
    [InlineData("<a href=\"https://example.com/?a=1&amp;b=2\">x</a>", "x [text_link 0+1]")]
    [InlineData("<a href='javascript:x'>x</a>", "x")]
    [InlineData("<pre><code class=\"language-sql\">x</code></pre>", "x [pre 0+1]")]
    [InlineData("<code>x</code> <pre>y</pre>", "x y [code 0+1, pre 2+1]")]
    [InlineData("<blockquote expandable>x</blockquote>", "x [expandable_blockquote 0+1]")]
    [InlineData("<span class=\"tg-spoiler\">x</span><tg-spoiler>y</tg-spoiler>", "xy [spoiler 0+1, spoiler 1+1]")]
    [InlineData("<b>x<code>y</code>z</b>", "xyz [bold 0+1, code 1+1, bold 2+1]")]
    [InlineData("<b>x<b>y</b></b>", "xy [bold 0+2]")]
    [InlineData("R&D &nbsp; a > b", "R&D &nbsp; a > b")]
    [InlineData("<b></b>x", "x")]
    [InlineData("<i    aba>x</i>", "x [italic 0+1]")]
    [InlineData("<b aba   =   caba>x</b>", "x [bold 0+1]")]
    [InlineData("<blockquote   cite=\"\" askdlbas nj12b3>x</blockquote>", "x [blockquote 0+1]")]
    [InlineData("<blockquote   expandable   asd>x</blockquote>", "x [expandable_blockquote 0+1]")]
    [InlineData("<blockquote   expandable=false>x</blockquote>", "x [expandable_blockquote 0+1]")]
    [InlineData("<blockquote Expandable>x</blockquote>", "x [blockquote 0+1]")]
    [InlineData("<a href>example.com</a>", "example.com [text_link 0+11]")]
    [InlineData("<a HREF='https://example.com/'>x</a>", "x")]
    [InlineData("<span class='tg-spoiler' class='x'>x</span>", "x [spoiler 0+1]")]
    public void Html_is_read_as_telegram_reads_it(string html, string shown) =>
        Assert.Equal(shown, Shown(HtmlReader.Read(html)));

    [Theory]
    [InlineData("a < b")]
    [InlineData("<b>a")]
    [InlineData("a</b>")]
    [InlineData("<b>a</i>")]
    [InlineData("<br>")]
    [InlineData("<div>x</div>")]
    [InlineData("<b")]
    [InlineData("<a href=https://example.com>x</a>")]
    [InlineData("<span>x</span>")]
    [InlineData("<i   =aba>x</i>")]
    [InlineData("<b />x</b>")]
    [InlineData("<b aba/>x</b>")]
    [InlineData("<b 'x'>x</b>")]
    [InlineData("<i    aba  =  ")]
    [InlineData("<i aba")]
    [InlineData("<bloc\u212Aquote>x</bloc\u212Aquote>")]
    public void Html_that_telegram_refuses_is_not_read(string html) => Assert.Null(HtmlReader.Read(html));

    [Theory]
    [InlineData(
        "*a* _b_ __c__ ~d~ ||e|| `f`",
        "a b c d e f [bold 0+1, italic 2+1, underline 4+1, strikethrough 6+1, spoiler 8+1, code 10+1]"
    )]
    [InlineData("*a _b_*", "a b [bold 0+3, italic 2+1]")]
    [InlineData("1\\.5 \\- x", "1.5 - x")]
    [InlineData("```python\nx = 1\n```", "x = 1\n [pre 0+6]")]
    [InlineData("[a b](https://example.com/x\\)y)", "a b [text_link 0+3]")]
    [InlineData(">[a](https://example.com/)", "a [blockquote 0+1, text_link 0+1]")]
    [InlineData("![👍](tg://emoji?id=5368324170671202286)", "👍")]
    [InlineData(">x\n**>a\n>b||\nc", "x\na\nb\nc [blockquote 0+2, expandable_blockquote 2+4]")]
    [InlineData(">a\n>b\nc", "a\nb\nc [blockquote 0+4]")]
    [InlineData(">||a||", "a [blockquote 0+1, spoiler 0+1]")]
    [InlineData("**>a\n>b||", "a\nb [expandable_blockquote 0+3]")]
    public void Markdown_v2_is_read_as_telegram_reads_it(string markdown, string shown) =>
        Assert.Equal(shown, Shown(MarkdownV2Reader.Read(markdown)));

    [Theory]
    [InlineData("1.5")]
    [InlineData("a-b")]
    [InlineData("*a")]
    [InlineData("a_b")]
    [InlineData("(x)")]
    [InlineData("[a](b")]
    [InlineData("*a\n>b*")]
    [InlineData("![x](https://example.com/)")]
    [InlineData("```\nx\n```>y")]
    public void Markdown_v2_that_telegram_refuses_is_not_read(string markdown) =>
        Assert.Null(MarkdownV2Reader.Read(markdown));
}
