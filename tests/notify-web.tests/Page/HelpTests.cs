using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Notify.Testing;
using Notify.Web.Help;

namespace Notify.Tests.Page;

/// <summary>The analysts' pages on the dashboard.</summary>
public sealed partial class HelpTests
{
    private static readonly string[] Paths = ["/help", "/help/notifications", "/help/desktop"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_link_of_every_page_leads_somewhere_also_below_a_path()
    {
        await using var scene = await WebScene.SetAsync();
        scene.Environment["NOTIFY_WEB_URL"] = scene.Environment["NOTIFY_WEB_URL"] + "/data";
        await scene.StartAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();
        var pages = new Dictionary<string, WebAnswer>(StringComparer.Ordinal);
        async Task<WebAnswer> GetAsync(string path) =>
            pages.TryGetValue(path, out var known) ? known : pages[path] = await visitor.GetAsync(path, Cancellation);

        foreach (var path in Paths)
        {
            var page = await GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, page.Status);
            var links = Link()
                .Matches(page.Body)
                .Select(match => WebUtility.HtmlDecode(match.Groups["to"].Value))
                .ToList();
            Assert.NotEmpty(links);
            foreach (var link in links.Where(link => !link.StartsWith("https://", StringComparison.Ordinal)))
            {
                var (target, id) = link.Split('#') is [var before, var after] ? (before, after) : (link, "");
                Assert.True(
                    target.Length == 0 || target.StartsWith("/data/", StringComparison.Ordinal),
                    $"{path}: {link}"
                );
                var there = target.Length == 0 ? page : await GetAsync(target["/data".Length..]);
                Assert.True(there.Status == HttpStatusCode.OK, $"{path}: {link} is {there.Status}");
                Assert.True(
                    id.Length == 0 || there.Body.Contains($" id=\"{id}\"", StringComparison.Ordinal),
                    $"{path}: {link} leads to no place of its page"
                );
            }
        }

        Assert.Contains("href=\"/data/help/desktop\"", pages["/help/notifications"].Body, StringComparison.Ordinal);
        Assert.Contains("/data/docs/send-api.md", pages["/help/notifications"].Body, StringComparison.Ordinal);
        Assert.Contains("#when-nothing-came\"", pages["/help"].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_pages_need_a_login_and_hold_nothing_inline_and_each_code_has_its_button()
    {
        await using var scene = await WebScene.BeginAsync();
        var stranger = scene.NewVisitor();
        var (visitor, _, _) = await scene.LogInAnalystAsync();

        foreach (var path in Paths)
        {
            Assert.DoesNotContain(
                "Recipes",
                (await stranger.GetAsync(path, Cancellation)).Body,
                StringComparison.Ordinal
            );
            var page = await visitor.GetAsync(path, Cancellation);
            Assert.StartsWith(
                "default-src 'none'; script-src 'self'; style-src 'self';",
                page["Content-Security-Policy"],
                StringComparison.Ordinal
            );
            Assert.DoesNotMatch("<script(?![^>]* src=)|<style|<[^>]* (style|on[a-z]+)=", page.Body);
            Assert.DoesNotContain("|---", page.Body, StringComparison.Ordinal);
            var codes = Code().Matches(page.Body).Select(match => match.Groups["id"].Value).ToList();
            Assert.Equal(path == "/help", codes.Count == 0);
            Assert.All(
                codes,
                id =>
                    Assert.Single(
                        Regex.Matches(page.Body, $" data-copy=\"{id}\"", RegexOptions.None, TimeSpan.FromSeconds(5))
                    )
            );
        }

        Assert.Contains(
            "<a class=\"top-link\" id=\"nav-help\" href=\"/help\">Help</a>",
            (await visitor.GetAsync("/", Cancellation)).Body,
            StringComparison.Ordinal
        );
        Assert.Equal(HttpStatusCode.NotFound, (await visitor.GetAsync("/help/operations", Cancellation)).Status);
    }

    [Fact]
    public async Task Markup_in_a_page_is_text()
    {
        await using var scene = await WebScene.BeginAsync();
        var pages = scene.Web.Services.GetRequiredService<HelpPages>();

        var page = pages.Render(
            "page",
            "# A\n\n<script>alert(1)</script>\n\na <b onclick=x>b</b> [c](javascript:alert(1)) [d](other.md#x) [e](page.md#a)\n\n```\n<i>\n```\n",
            ["page"]
        );

        Assert.DoesNotMatch("<(script|b|i)[ >]|href=\"javascript", page.Html);
        Assert.Contains("d (<code>/data/docs/other.md</code>)", page.Html, StringComparison.Ordinal);
        Assert.Contains("href=\"/help/page#a\"", page.Html, StringComparison.Ordinal);
        Assert.Contains("<code id=\"code-1\">&lt;i&gt;</code>", page.Html, StringComparison.Ordinal);
    }

    [GeneratedRegex("<a [^>]*href=\"(?<to>[^\"]*)\"", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Link();

    [GeneratedRegex("<pre[^>]*><code id=\"(?<id>[^\"]*)\"", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Code();
}
