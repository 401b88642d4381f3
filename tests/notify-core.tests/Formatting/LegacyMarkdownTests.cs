using Notify.Formatting;
using Xunit;

namespace Notify.Tests.Formatting;

public sealed class LegacyMarkdownTests
{
    private static TextEntity E(EntityKind kind, int offset, int length, string? url = null, string? language = null) =>
        new(kind, offset, length, url, language);

    private static void Reads(string markdown, string text, params TextEntity[] entities) =>
        Assert.Equal(new FormattedText(text, entities), LegacyMarkdown.Parse(markdown));

    [Fact]
    public void Bold_italic_code_block_and_link_become_entities()
    {
        Reads("*b* _i_ `c`", "b i c", E(EntityKind.Bold, 0, 1), E(EntityKind.Italic, 2, 1), E(EntityKind.Code, 4, 1));
        Reads("```\nrow\n```", "row\n", E(EntityKind.Pre, 0, 4));
        Reads(
            "see [report](https://example.com/a?b=1)!",
            "see report!",
            E(EntityKind.TextLink, 4, 6, "https://example.com/a?b=1")
        );
        Reads("[report](example.com)", "report", E(EntityKind.TextLink, 0, 6, "http://example.com/"));
        Reads("[report]( http://example.com )", "report", E(EntityKind.TextLink, 0, 6, "http://example.com/"));
    }

    [Fact]
    public void Names_with_underscores_stay_whole_and_plain() // case C01
    {
        const string Message = "Table stg_orders is 3 h late.\nOwner: dana_k\nJob: load_stg";
        Reads(Message, Message);
        Reads("daily_active_users", "daily_active_users");
        Reads("_daily_active_users_ grew", "daily_active_users grew", E(EntityKind.Italic, 0, 18));
        Reads("größe_ölstand_µ", "größe_ölstand_µ");
        Reads("__init__", "__init__");
    }

    [Fact]
    public void Products_and_powers_stay_plain()
    {
        Reads("2*3*4", "2*3*4");
        Reads("2**3**4", "2**3**4");
    }

    [Fact]
    public void A_marker_without_a_partner_is_a_plain_character()
    {
        Reads("*", "*");
        Reads("Drop *** in rate", "Drop *** in rate");
        Reads("a `b", "a `b");
        Reads("```sql\nselect 1", "```sql\nselect 1");
        Reads("_x *b*", "_x b", E(EntityKind.Bold, 3, 1));
        Reads("[WARN] disk", "[WARN] disk");
        Reads("[a](no end", "[a](no end");
    }

    [Theory]
    [InlineData("[a](javascript:alert)")]
    [InlineData("[a](file:///etc/passwd)")]
    [InlineData("[a](http://)")]
    [InlineData("[a](http://ho st.com)")]
    [InlineData("[a](localhost)")]
    [InlineData("[](http://example.com)")]
    public void A_link_that_cannot_be_opened_stays_as_it_was_written(string markdown) => Reads(markdown, markdown);

    [Fact]
    public void A_backslash_takes_the_meaning_from_a_marker_and_from_nothing_else()
    {
        Reads(@"\*a\* \_ \` \[x](y) C:\dir", "*a* _ ` [x](y) C:\\dir");
        Reads(@"*a\_b*", @"a\_b", E(EntityKind.Bold, 0, 4));
    }

    [Fact]
    public void A_block_may_name_its_language()
    {
        Reads("```python\nx = 1\n```", "x = 1\n", E(EntityKind.Pre, 0, 6, language: "python"));
        Reads("```python```", "python", E(EntityKind.Pre, 0, 6));
    }

    [Fact]
    public void Offsets_count_utf16_units()
    {
        Reads("🟥 *é* _👨‍👩‍👧_", "🟥 é 👨‍👩‍👧", E(EntityKind.Bold, 3, 1), E(EntityKind.Italic, 5, 8));
    }
}
