using System.Net;

namespace Notify.Tests.Page;

/// <summary>The frame of all pages: each has an address of its own and says where one is.</summary>
public sealed class FrameTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/", "Overview", "id=\"telegram\"")]
    [InlineData("/notifications", "Notifications", "id=\"notifications\"")]
    [InlineData("/scripts", "Scripts", "id=\"scripts\"")]
    [InlineData("/settings", "Settings", "id=\"desktop\"")]
    public async Task Each_page_has_an_address_and_marks_itself_in_the_navigation(
        string address,
        string name,
        string card
    )
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();

        var page = await visitor.GetAsync(address, Cancellation);

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains($"<title>{name} · ", WebUtility.HtmlDecode(page.Body), StringComparison.Ordinal);
        Assert.Matches(
            $"<a id=\"nav-[a-z]*\" href=\"[^\"]*\" aria-current=\"page\"><svg .*</svg>{name}</a>",
            page.Body
        );
        Assert.Single(page.Body.Split("aria-current")[1..]);
        Assert.Contains(card, page.Body, StringComparison.Ordinal);
        Assert.Contains("name=\"notify-position\"", page.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/notifications")]
    [InlineData("/scripts")]
    [InlineData("/settings")]
    public async Task Without_a_login_a_page_leads_to_the_login(string address)
    {
        await using var scene = await WebScene.BeginAsync();

        var page = await scene.NewVisitor().GetAsync(address, Cancellation);

        Assert.DoesNotContain("data-fragment", page.Body, StringComparison.Ordinal);
        Assert.NotEqual(HttpStatusCode.OK, page.Status);
    }
}
