using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Notify.Sandbox.Telegram;
using Notify.Sandbox.Telegram.Text;

namespace Notify.Tests;

public sealed class FormattingTests
{
    [Theory]
    [InlineData("*bold* _italic_ `code`", "bold italic code", "bold 0+4|italic 5+6|code 12+4")]
    [InlineData("```python\nprint(1)\n```", "print(1)", "pre(python) 0+8")]
    [InlineData("```\na\n```", "a", "pre 0+1")]
    [InlineData("[link](example.com/A)", "link", "text_link(http://example.com/A) 0+4")]
    [InlineData("[link](HTTPS://Example.com)", "link", "text_link(https://example.com/) 0+4")]
    [InlineData("[local](http://localhost/)", "local", "")]
    [InlineData(@"\*not bold\* \_x\_ \`c\` \[l]", "*not bold* _x_ `c` [l]", "")]
    [InlineData("a\\b", "a\\b", "")]
    [InlineData("*a _b* c_ d_", "a _b c d", "bold 0+4|italic 6+2")]
    [InlineData("*a _b* c_", null, "Can't find end of the entity starting at byte offset 8")]
    [InlineData("daily_active_users", "dailyactiveusers", "italic 5+6")]
    [InlineData("ä stg_orders", null, "Can't find end of the entity starting at byte offset 6")]
    [InlineData("Drop *** in conv_rate", null, "Can't find end of the entity starting at byte offset 7")]
    [InlineData("`a", null, "Can't find end of the entity starting at byte offset 0")]
    [InlineData("😀 *b*", "😀 b", "bold 3+1")]
    public void Legacy_Markdown(string markup, string? text, string expected) =>
        Check("Markdown", markup, text, expected);

    [Theory]
    [InlineData(
        "*bold _both_* __under__ ~gone~ ||hidden||",
        "bold both under gone hidden",
        "bold 0+9|italic 5+4|underline 10+5|strikethrough 16+4|spoiler 21+6"
    )]
    [InlineData(">one\n>two\nafter", "one\ntwo\nafter", "blockquote 0+8")]
    [InlineData(">one\n>two||", "one\ntwo", "expandable_blockquote 0+7")]
    [InlineData("**>one\n>two||", "one\ntwo", "expandable_blockquote 0+7")]
    [InlineData("`a_b*c`", "a_b*c", "code 0+5")]
    [InlineData(@"1\.5 \!", "1.5 !", "")]
    [InlineData("1.5", null, "Character '.' is reserved and must be escaped with the preceding '\\'")]
    [InlineData("a|b", null, "Character '|' is reserved and must be escaped with the preceding '\\'")]
    [InlineData("*a", null, "Can't find end of Bold entity at byte offset 0")]
    [InlineData("ä[a", null, "Can't find end of TextUrl entity at byte offset 2")]
    [InlineData("[a](b", null, "Can't find end of a URL at byte offset 4")]
    [InlineData(">*a\nb*", null, "Can't find end of Bold entity at byte offset 1")]
    [InlineData("_a__", null, "Can't find end of Underline entity at byte offset 2")]
    public void MarkdownV2(string markup, string? text, string expected) => Check("MarkdownV2", markup, text, expected);

    [Theory]
    [InlineData(
        "<b>bold <i>both</i></b> <u>u</u> <s>s</s>",
        "bold both u s",
        "bold 0+9|italic 5+4|underline 10+1|strikethrough 12+1"
    )]
    [InlineData("<span class=\"tg-spoiler\">a</span><tg-spoiler>b</tg-spoiler>", "ab", "spoiler 0+2")]
    [InlineData("<pre><code class=\"language-sql\">select</code></pre>", "select", "pre(sql) 0+6")]
    [InlineData("<code class=\"language-sql\">select</code>", "select", "code 0+6")]
    [InlineData("<blockquote expandable>a</blockquote>", "a", "expandable_blockquote 0+1")]
    [InlineData("<blockquote>a</blockquote>", "a", "blockquote 0+1")]
    [InlineData("<i    aba>a</i>", "a", "italic 0+1")]
    [InlineData("<blockquote   cite=\"\" askdlbas nj12b3>a</blockquote>", "a", "blockquote 0+1")]
    [InlineData("<blockquote   expandable   asd>a</blockquote>", "a", "expandable_blockquote 0+1")]
    [InlineData("<blockquote   expandable=false>a</blockquote>", "a", "expandable_blockquote 0+1")]
    [InlineData("<a HREF='https://example.com/'>a</a>", "a", "")]
    [InlineData("<i   =aba>a</i>", null, "Empty attribute name in the tag \"i\" at byte offset 0")]
    [InlineData("<b aba/>a</b>", null, "Empty attribute name in the tag \"b\" at byte offset 0")]
    [InlineData(
        "<a href='tg://user?id=5'>a</a> <a>example.com</a>",
        "a example.com",
        "text_mention(5) 0+1|text_link(http://example.com/) 2+11"
    )]
    [InlineData("1 &lt; 2 &amp;&amp; &quot;x&quot; &#39;&#x1F600; &nbsp; & a", "1 < 2 && \"x\" '😀 &nbsp; & a", "")]
    [InlineData("<b>a", null, "Can't find end tag corresponding to start tag \"b\"")]
    [InlineData("a</b>", null, "Unexpected end tag at byte offset 1")]
    [InlineData("<b>a</i>", null, "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\"")]
    [InlineData("ä <br>", null, "Unsupported start tag \"br\" at byte offset 3")]
    [InlineData("1 < 2", null, "Unsupported start tag \"\" at byte offset 2")]
    [InlineData("<span>a</span>", null, "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0")]
    [InlineData("<b", null, "Unclosed start tag at byte offset 0")]
    [InlineData(
        "&#xd83d;&#xde00;",
        null,
        "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units"
    )]
    public void HTML(string markup, string? text, string expected) => Check("HTML", markup, text, expected);

    [Property(MaxTest = 500)]
    public Property Whatever_the_markup_the_entities_lie_in_the_text_and_nest() =>
        Prop.ForAll(
            Arb.From(Gen.Elements("Markdown", "MarkdownV2", "HTML")),
            MarkupLike,
            (mode, markup) =>
            {
                FormattedText formatted;
                try
                {
                    formatted = MessageText.Normalize(MessageText.Parse(markup, mode, []), mayBeEmpty: true);
                }
                catch (BotApiRefusal refusal)
                {
                    return refusal.Code == 400;
                }

                return formatted.Entities.All(e => e.Length > 0 && e.Offset >= 0 && e.End <= formatted.Text.Length)
                    && Nest(formatted.Entities);
            }
        );

    [Property(MaxTest = 500)]
    public Property Any_entities_given_are_put_right_or_refused() =>
        Prop.ForAll(
            Arb.From(Entities),
            entities =>
            {
                const string Text = "The quick brown 😀 jumps over the lazy dog";
                try
                {
                    var formatted = MessageText.Normalize(new FormattedText(Text, entities), mayBeEmpty: false);
                    return formatted.Text == Text
                        && Nest(formatted.Entities)
                        && !formatted.Entities.Any(e => e.Length == 0);
                }
                catch (BotApiRefusal refusal)
                {
                    return refusal.Message.StartsWith("Bad Request: entity begin", StringComparison.Ordinal)
                        && entities.Any(e => e.Length > 0 && (e.Offset is 17 || e.End is 17 || e.End > Text.Length));
                }
            }
        );

    [Fact]
    public void Styles_that_cross_are_cut_so_that_they_nest()
    {
        var formatted = MessageText.Normalize(
            new FormattedText(
                "0123456789abcdef",
                [new(EntityType.Bold, 0, 10), new(EntityType.Italic, 5, 10), new(EntityType.Code, 12, 2)]
            ),
            mayBeEmpty: false
        );
        Assert.Equal("bold 0+5|italic 5+7|bold 5+5|code 12+2|italic 14+1", Describe(formatted.Entities));
    }

    [Fact]
    public void Of_two_links_that_overlap_the_first_stays()
    {
        var formatted = MessageText.Normalize(
            new FormattedText(
                "0123456789",
                [new(EntityType.TextLink, 0, 6, "http://a.b/"), new(EntityType.TextLink, 4, 6, "http://c.d/")]
            ),
            mayBeEmpty: false
        );
        Assert.Equal("text_link(http://a.b/) 0+6", Describe(formatted.Entities));
    }

    [Fact]
    public void Only_a_hundred_entities_keep_their_formatting()
    {
        var text = string.Concat(Enumerable.Repeat("ab ", 150));
        var formatted = MessageText.Normalize(
            new FormattedText(
                text,
                [.. Enumerable.Range(0, 150).Select(i => new MessageEntity(EntityType.Bold, i * 3, 2))]
            ),
            mayBeEmpty: false
        );
        Assert.Equal(100, formatted.Entities.Count);
        Assert.Equal(299, formatted.Entities[^1].End);
    }

    [Theory]
    [InlineData("  *a* \n ", "a", "bold 0+1")]
    [InlineData("* a*", " a", "bold 0+2")]
    [InlineData("a\r\nb\tc\u202e", "a\nb c", "")]
    public void A_text_is_cleaned_and_trimmed(string markup, string text, string expected) =>
        Check("Markdown", markup, text, expected);

    [Theory]
    [InlineData("see https://example.com/a?b=c. Or example.com!", "url 4+25|url 34+11")]
    [InlineData(
        "/start@NotifyTestBot now, mail a.b@example.org, ask @somebody #tag",
        "bot_command 0+20|email 31+15|mention 52+9|hashtag 62+4"
    )]
    [InlineData("1/2 and path/to/file", "")]
    public void Links_and_commands_are_found_in_plain_text(string text, string expected) =>
        Check("", text, text, expected);

    private static void Check(string mode, string markup, string? text, string expected)
    {
        FormattedText Read() => MessageText.Normalize(MessageText.Parse(markup, mode, []), mayBeEmpty: false);
        if (text is null)
        {
            Assert.Equal("Bad Request: can't parse entities: " + expected, Assert.Throws<BotApiRefusal>(Read).Message);
            return;
        }

        var formatted = Read();
        Assert.Equal((text, expected), (formatted.Text, Describe(formatted.Entities)));
    }

    private static string Describe(IEnumerable<MessageEntity> entities) =>
        string.Join(
            '|',
            entities.Select(e =>
                $"{e.ApiName}{(e.Argument is { } argument ? $"({argument})" : "")} {e.Offset}+{e.Length}"
            )
        );

    private static bool Nest(IReadOnlyList<MessageEntity> entities) =>
        entities.All(a =>
            entities.All(b =>
                a.End <= b.Offset
                || b.End <= a.Offset
                || (a.Offset >= b.Offset && a.End <= b.End)
                || (b.Offset >= a.Offset && b.End <= a.End)
            )
        );

    private static Arbitrary<string> MarkupLike =>
        Arb.From(
            Gen.Elements(
                    "*",
                    "_",
                    "__",
                    "`",
                    "```",
                    "||",
                    "~",
                    "[",
                    "](a.bc)",
                    ")",
                    ">",
                    "\n",
                    "\\",
                    "<b>",
                    "</b>",
                    "<i>",
                    "</i>",
                    "<pre>",
                    "</pre>",
                    "<code class=\"language-x\">",
                    "</code>",
                    "<blockquote expandable>",
                    "</blockquote>",
                    "<a href=\"x.yz\">",
                    "</a>",
                    "&lt;",
                    "&#55357;",
                    "😀",
                    "a",
                    " ",
                    "word",
                    "!",
                    ".",
                    "/cmd",
                    "@name_x",
                    "\r"
                )
                .ListOf()
                .Select(parts => string.Concat(parts))
        );

    private static Gen<List<MessageEntity>> Entities =>
        (
            from type in Gen.Elements(
                EntityType.Bold,
                EntityType.Italic,
                EntityType.Spoiler,
                EntityType.Code,
                EntityType.Pre,
                EntityType.Blockquote,
                EntityType.ExpandableBlockquote
            )
            from offset in Gen.Choose(0, 41)
            from length in Gen.Choose(0, 20)
            select new MessageEntity(type, offset, length)
        )
            .ListOf()
            .Select(entities => entities.ToList());
}
