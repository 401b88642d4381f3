using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Notify.Tests;

/// <summary>What goes for each page in each of its states.</summary>
internal static class Looks
{
    /// <summary>Keeps a picture of the page, and checks that axe finds nothing and that it fits its width.</summary>
    public static async Task AreRightAsync(IPage page, string picture, bool isFull = false)
    {
        await page.EvaluateAsync("document.fonts.ready");
        await Browser.SnapAsync(page, picture, isFull);
        var findings = (await page.RunAxe()).Violations.Select(v =>
            $"{v.Id}: {string.Join("; ", v.Nodes.Select(n => n.Html))}"
        );
        Assert.True(!findings.Any(), $"axe on {picture}: {string.Join(Environment.NewLine, findings)}");
        Assert.Equal(
            0,
            await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        );
    }
}
