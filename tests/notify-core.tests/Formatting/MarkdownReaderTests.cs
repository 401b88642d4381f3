using Notify.Formatting;
using Xunit;

namespace Notify.Tests.Formatting;

public sealed class MarkdownReaderTests
{
    [Fact]
    public void A_table_of_pipes_becomes_an_aligned_block_between_the_other_lines()
    {
        var read = MarkdownReader.Parse(
            "*Stale*\n\n| table | rows |\n|-------|-----:|\n| orders | 12 |\n| `users` | n/a |\nSee *more*"
        );
        Assert.Equal("Stale\n\ntable   rows\n------------\norders    12\nusers    n/a\nSee more", read.Text);
        Assert.Equal(
            [
                (EntityKind.Bold, "Stale"),
                (EntityKind.Pre, "table   rows\n------------\norders    12\nusers    n/a"),
                (EntityKind.Bold, "more"),
            ],
            read.Entities.Select(entity => (entity.Kind, read.Text.Substring(entity.Offset, entity.Length)))
        );
    }

    [Theory]
    [InlineData("a | b\n-|-\n1 | 2", "a  b\n----\n1  2")]
    [InlineData("| a |\n| - |\n| 1 |", "a\n-\n1")]
    [InlineData("| a | b |\n|---|---|\n| 1 |\n| 1 | 2 | 3 |", "a  b\n--------\n1\n1  2 | 3")]
    [InlineData(@"| a |" + "\n|---|\n" + @"| x\|y |", "a\n---\nx|y")]
    [InlineData("| a |\n|---|\n| [t](https://e.org) |", "a\n------------------\n[t](https://e.org)")]
    public void Pipes_at_the_ends_are_optional_and_no_cell_is_lost(string markdown, string text) =>
        Assert.Equal(text, MarkdownReader.Parse(markdown).Text);

    [Theory]
    [InlineData("a | b\nc | d")]
    [InlineData("| a | b |\n|---|\n| 1 | 2 |")]
    [InlineData("---|---")]
    [InlineData("a\n---\nb")]
    [InlineData("||\n|-|")]
    public void Other_pipes_stay_as_they_are(string markdown) =>
        Assert.Equal(LegacyMarkdown.Parse(markdown), MarkdownReader.Parse(markdown));

    [Fact]
    public void A_table_in_a_block_of_code_stays_as_it_is()
    {
        const string Code = "```\n| a | b |\n|---|---|\n| 1 | 2 |\n```";
        Assert.Equal(LegacyMarkdown.Parse(Code), MarkdownReader.Parse(Code));
    }

    [Fact]
    public void A_wide_table_becomes_lines_of_column_and_value()
    {
        var read = MarkdownReader.Parse(
            "| table | what is wrong with it |\n|---|---|\n| orders | four partitions are missing today |"
        );
        Assert.Equal("table: orders\nwhat is wrong with it: four partitions\n  are missing today", read.Text);
        Assert.Empty(read.Entities);
    }
}
