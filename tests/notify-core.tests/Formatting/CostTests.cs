using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Notify.Formatting;
using Notify.Images;
using Notify.Scripts;
using Notify.Testing;
using Xunit;

namespace Notify.Tests.Formatting;

/// <summary>No text of a script, nor of anybody who may send, costs its reader more than its length says.</summary>
public sealed class CostTests
{
    /// <summary>The largest that a sender may send.</summary>
    private const int Largest = 1_000_000;

    private const long MaxAllocated = 100_000_000;

    private static readonly TimeSpan MaxCpu = TimeSpan.FromSeconds(2);

    public static TheoryData<HostileText> Known => [.. HostileText.Known];

    [Theory]
    [MemberData(nameof(Known), DisableDiscoveryEnumeration = true)]
    public void What_is_hard_to_read_costs_no_more_than_its_length_says(HostileText text) => AssertCheap(text);

    [Property(Arbitrary = [typeof(CostTests)], MaxTest = 30)]
    public void Whatever_markup_is_repeated_costs_no_more_than_its_length_says(HostileText text) => AssertCheap(text);

    [Fact]
    public void A_block_without_an_end_hides_the_cost_of_half_a_text_and_is_no_excess() =>
        AssertCheap(new HostileText([("```a ", 0.01), ("[1,</blockquote>](http://a.b/ccc)", 1), ("```", 0)]));

    [Fact]
    public void What_is_nested_more_deeply_than_a_message_can_show_is_plain_text()
    {
        static string Nested(string opening, int levels, string inner, string closing) =>
            string.Concat(Enumerable.Repeat(opening, levels))
            + inner
            + string.Concat(Enumerable.Repeat(closing, levels));

        Assert.Equal("x [italic 0+1, bold 0+1]", HtmlReader.Read(Nested("<b>", 99, "<i>x</i>", "</b>"))?.ToString());
        Assert.Equal("x [bold 0+1]", HtmlReader.Read(Nested("<b>", 100, "<i>x</i>", "</b>"))?.ToString());
        Assert.Equal("x [text_link 0+1]", HtmlReader.Read(Nested("<a href='t.me'>", 50_000, "x", "</a>"))?.ToString());
        Assert.Equal("x [bold 0+1]", HtmlReader.Read(Nested("<b>", 100_000, "x", "</b>"))?.ToString());
        Assert.Equal("t.me [text_link 0+4]", MarkdownV2Reader.Read(Nested("[", 100_000, "t\\.me", "]"))?.ToString());
        Assert.Null(HtmlReader.Read(Nested("<b>", 100_000, "x", "</i>")));
    }

    public static Arbitrary<HostileText> Texts()
    {
        var unit = Gen.Choose(1, 3)
            .SelectMany(count => Gen.Elements(HostileText.Pieces.ToArray()).ArrayOf(count))
            .Select(string.Concat);
        var run = from text in unit from weight in Gen.Elements(0, 1.0, 1.0, 1.0, 0.01, 20.0) select (text, weight);
        return Gen.Choose(1, 5)
            .SelectMany(count => run.ArrayOf(count))
            .Where(runs => runs.Any(it => it.weight > 0))
            .Select(runs => new HostileText(runs))
            .ToArbitrary();
    }

    private static void AssertCheap(HostileText text)
    {
        foreach (var mode in Enum.GetValues<ParseMode>())
        {
            AssertCheap(
                text,
                $"rendering as {mode}",
                source =>
                    NotificationRenderer.TryRender(
                        new NotificationContent
                        {
                            Title = "t",
                            Message = source,
                            ParseMode = mode,
                        },
                        out _
                    )
            );
        }

        AssertCheap(
            text,
            "rendering beside a chart",
            source =>
                NotificationRenderer.TryRender(
                    new NotificationContent
                    {
                        Message = source,
                        ParseMode = ParseMode.Html,
                        Image = new ImageInfo(ImageKind.Png, 640, 480, 10_000),
                    },
                    out _
                )
        );
        AssertCheap(
            text,
            "rendering a title",
            source => NotificationRenderer.TryRender(new NotificationContent { Title = source }, out _)
        );
        AssertCheap(
            text,
            "showing on a terminal",
            source => TerminalText.Render(LegacyMarkdown.Parse(TelegramText.Clean(source)), colour: true)
        );
        AssertCheap(text, "escaping", source => MarkupEscape.LegacyMarkdown(source));
        AssertCheap(
            text,
            "reading as a script's output",
            source => ScriptOutput.Read(Encoding.UTF8.GetBytes(source), out _)
        );
        AssertCheap(text, "repairing as JSON", source => LenientJson.Repair(Encoding.UTF8.GetBytes(source)));
    }

    private static void AssertCheap(HostileText text, string what, Action<string> work)
    {
        var excess = ThreadCost.FindExcess(text, Largest, work, MaxCpu, MaxAllocated);
        Assert.True(excess is null, $"{what}: {excess}, for {text}");
    }
}
