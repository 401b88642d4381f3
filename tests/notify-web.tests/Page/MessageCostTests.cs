using System.Text.Encodings.Web;
using Notify.Formatting;
using Notify.Testing;
using Notify.Web.Page;

namespace Notify.Tests.Page;

/// <summary>A history full of markup that is hard to read costs the page no more than its length says.</summary>
public sealed class MessageCostTests
{
    public static TheoryData<HostileText> Known => [.. HostileText.Known];

    [Theory]
    [MemberData(nameof(Known), DisableDiscoveryEnumeration = true)]
    public void What_is_hard_to_read_costs_no_more_than_its_length_says(HostileText text)
    {
        foreach (var mode in Enum.GetValues<ParseMode>())
        {
            // Elements are many times as long as their markers, so less memory than this would be no bound of the reader's. The page itself shows 40,960 characters of a text.
            var excess = ThreadCost.FindExcess(
                text,
                250_000,
                source => Show(source, mode),
                TimeSpan.FromSeconds(2),
                150_000_000
            );

            Assert.True(excess is null, $"showing as {mode}: {excess}, for {text}");
        }
    }

    private static void Show(string source, ParseMode mode)
    {
        var html = MessageHtml.Read(TelegramText.Clean(source), mode);
        _ = html.IsLong;
        html.WriteTo(TextWriter.Null, HtmlEncoder.Default);
    }
}
