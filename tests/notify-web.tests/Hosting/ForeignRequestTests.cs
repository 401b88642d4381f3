using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Notify.Testing;

namespace Notify.Tests.Hosting;

/// <summary>Requests that do not come from the dashboard's own page, or not from who is logged in.</summary>
public sealed class ForeignRequestTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_login_everything_under_api_is_401_whatever_else_is_wrong_with_it_and_leaves_no_cookie()
    {
        await using var scene = await WebScene.BeginAsync();
        var visitor = scene.NewVisitor();
        var paths = scene
            .Web.Services.GetServices<EndpointDataSource>()
            .SelectMany(source => source.Endpoints)
            .OfType<RouteEndpoint>()
            .Select(endpoint => "/" + endpoint.RoutePattern.RawText!.TrimStart('/'))
            .Where(path => path.StartsWith("/api/", StringComparison.Ordinal))
            .Select(path =>
                path.Replace("{name}", "a.py", StringComparison.Ordinal).Replace("{id}", "x", StringComparison.Ordinal)
            )
            .Concat([
                "/api",
                "/api/nothing",
                "/API/telegram/status",
                "/api/scripts/..%2f..%2fetc%2fpasswd/run",
                "/fragments/telegram",
            ])
            .Distinct(StringComparer.Ordinal)
            .ToList();
        Assert.True(paths.Count > 12, string.Join(' ', paths));

        foreach (var path in paths)
        {
            foreach (
                var method in new[]
                {
                    HttpMethod.Get,
                    HttpMethod.Post,
                    HttpMethod.Put,
                    HttpMethod.Delete,
                    HttpMethod.Options,
                }
            )
            {
                using var request = new HttpRequestMessage(method, visitor.At(path));
                request.Headers.Add("Origin", "https://evil.example");
                request.Headers.Host = "evil.example";
                request.Headers.ExpectContinue = method != HttpMethod.Get;
                request.Content =
                    method == HttpMethod.Get
                        ? null
                        : new StringContent(new string('x', 100_000), Encoding.UTF8, "text/plain");
                var answer = await visitor.SendAsync(request, Cancellation);

                Assert.True(answer.Status == HttpStatusCode.Unauthorized, $"{method} {path}: {answer}");
                Assert.Contains("not logged in", answer.Error, StringComparison.Ordinal);
                Assert.False(answer.Headers.ContainsKey("Set-Cookie"), path);
            }
        }
    }

    [Fact]
    public async Task A_cookie_that_somebody_made_up_is_no_login()
    {
        await using var scene = await WebScene.BeginAsync();
        var visitor = scene.NewVisitor();
        visitor.Cookies.Add(new Cookie("notify-session", "CfDJ8N" + new string('A', 200), "/", scene.Address.Host));

        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await visitor.GetAsync("/api/telegram/status", Cancellation)).Status
        );
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    [InlineData("http://127.0.0.1")]
    [InlineData("https://127.0.0.1:1")]
    public async Task What_another_sites_page_posts_is_refused_and_changes_nothing(string origin)
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, user, _) = await scene.LogInAnalystAsync();
        await scene.Links.LinkAsync(user, new ChatId(7001), Cancellation);

        var answer = await visitor.PostAsync(
            "/api/telegram/unlink",
            null,
            Cancellation,
            request =>
            {
                request.Headers.Remove("Origin");
                request.Headers.Add("Origin", origin);
            }
        );

        Assert.Equal(HttpStatusCode.Forbidden, answer.Status);
        Assert.Contains("another site", answer.Error, StringComparison.Ordinal);
        Assert.NotNull(scene.Links.Find(user));
    }

    [Theory]
    [InlineData("cross-site", HttpStatusCode.Forbidden)]
    [InlineData("same-site", HttpStatusCode.Forbidden)]
    [InlineData("none", HttpStatusCode.Forbidden)]
    [InlineData("same-origin", HttpStatusCode.OK)]
    public async Task Where_a_browser_says_no_origin_its_word_about_the_site_counts(string site, HttpStatusCode status)
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, user, _) = await scene.LogInAnalystAsync();
        await scene.Links.LinkAsync(user, new ChatId(7001), Cancellation);

        var answer = await visitor.PostAsync(
            "/api/telegram/unlink",
            null,
            Cancellation,
            request =>
            {
                request.Headers.Remove("Origin");
                request.Headers.Add("Sec-Fetch-Site", site);
            }
        );

        Assert.Equal(status, answer.Status);
    }

    [Fact]
    public async Task A_post_needs_the_token_of_a_page_of_this_very_session()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, user, _) = await scene.LogInAnalystAsync();
        var (bob, _, _) = await scene.LogInAnalystAsync("bob");
        await scene.Links.LinkAsync(user, new ChatId(7001), Cancellation);
        var token = visitor.Token;

        foreach (var wrong in new[] { null, "made up", bob.Token })
        {
            visitor.Token = wrong;
            var answer = await visitor.PostAsync("/api/telegram/unlink", null, Cancellation);
            Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
            Assert.Contains("Reload it", answer.Error, StringComparison.Ordinal);
        }

        // A page from before the last logout, in another tab.
        visitor.Token = token;
        await visitor.LogOutAsync(Cancellation);
        await visitor.LogInAsync($"{user}@example.com", Cancellation);
        visitor.Token = token;
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (await visitor.PostAsync("/api/telegram/unlink", null, Cancellation)).Status
        );
        Assert.NotNull(scene.Links.Find(user));

        await visitor.GetAsync("/", Cancellation);
        Assert.Equal(HttpStatusCode.OK, (await visitor.PostAsync("/api/telegram/unlink", null, Cancellation)).Status);
    }

    [Theory]
    [InlineData("/api/telegram/verify")]
    [InlineData("/api/telegram/unlink")]
    [InlineData("/api/telegram/link")]
    [InlineData("/api/scripts/a.py/run")]
    [InlineData("/api/scripts/a.py/mute")]
    public async Task What_changes_something_answers_405_to_GET(string path)
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, user, _) = await scene.LogInAnalystAsync();
        await scene.Links.LinkAsync(user, new ChatId(7001), Cancellation);

        var answer = await visitor.GetAsync(path, Cancellation);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.Status);
        Assert.Equal("POST", answer["Allow"]);
        Assert.Contains("use POST", answer.Error, StringComparison.Ordinal);
        Assert.NotNull(scene.Links.Find(user));
    }

    [Theory]
    [InlineData("/", "POST")]
    [InlineData("/", "PUT")]
    [InlineData("/", "FOO")]
    [InlineData("/login", "FOO")]
    [InlineData("/trouble", "POST")]
    public async Task A_page_is_for_GET_alone(string path, string method)
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();

        var answer = await visitor.PostAsync(
            path,
            null,
            Cancellation,
            request => request.Method = new HttpMethod(method)
        );

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.Status);
        Assert.Equal("GET, HEAD", answer["Allow"]);
        Assert.Contains("use GET", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_are_JSON_and_small()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();

        // Who asks first whether so much is wanted hears why not; who sends at once may find the connection closed.
        Task<WebAnswer> Verify(HttpContent content) =>
            visitor.PostAsync(
                "/api/telegram/verify",
                null,
                Cancellation,
                request =>
                {
                    request.Content = content;
                    request.Headers.ExpectContinue = content.Headers.ContentLength > 1_000_000;
                }
            );

        Assert.Equal(
            HttpStatusCode.UnsupportedMediaType,
            (await Verify(new StringContent("{\"code\":\"048213\"}", Encoding.UTF8, "text/plain"))).Status
        );
        Assert.Equal(
            HttpStatusCode.UnsupportedMediaType,
            (await Verify(new FormUrlEncodedContent([KeyValuePair.Create("code", "048213")]))).Status
        );
        Assert.Equal(
            HttpStatusCode.RequestEntityTooLarge,
            (
                await Verify(
                    new ByteArrayContent(new byte[10_000_000])
                    {
                        Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
                    }
                )
            ).Status
        );
        foreach (
            var wrong in new[]
            {
                "",
                "null",
                "[]",
                "{}",
                "{\"code\":48213}",
                "{\"code\":null}",
                "{\"code\":",
                new string('[', 5000),
                "\ufeff\0",
            }
        )
        {
            var answer = await Verify(new StringContent(wrong, Encoding.UTF8, "application/json"));
            Assert.True(answer.Status == HttpStatusCode.BadRequest, $"{wrong}: {answer}");
            Assert.NotEmpty(answer.Error);
        }
    }

    [Fact]
    public async Task A_body_whose_length_is_not_said_is_cut_off_at_the_same_size()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();

        var answer = await visitor.PostAsync(
            "/api/telegram/verify",
            null,
            Cancellation,
            request =>
            {
                request.Headers.TransferEncodingChunked = true;
                request.Content = JsonContent.Create(new { code = new string('1', 100_000) });
            }
        );

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.Status);
        Assert.Contains("too large", answer.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("127.0.0.1:1")]
    [InlineData("localhost")]
    public async Task A_name_that_somebody_else_made_point_here_is_not_answered_for(string host)
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();

        foreach (
            var path in new[] { "/", "/login", "/login/google", "/signin-oidc?code=x&state=y", "/api/telegram/status" }
        )
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, visitor.At(path));
            request.Headers.Host = host;
            var answer = await visitor.SendAsync(request, Cancellation);
            Assert.Equal(HttpStatusCode.MisdirectedRequest, answer.Status);
            Assert.Contains("does not answer for", answer.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Forwarded_headers_from_clients_change_nothing()
    {
        await using var scene = await WebScene.BeginAsync();
        var visitor = scene.NewVisitor();
        using var request = new HttpRequestMessage(HttpMethod.Get, visitor.At("/login/google"));
        foreach (
            var (name, value) in new[]
            {
                ("X-Forwarded-For", "10.0.0.1"),
                ("X-Forwarded-Host", "evil.example"),
                ("X-Forwarded-Proto", "https"),
                ("X-Forwarded-Prefix", "/evil"),
                ("X-Original-URL", "/evil"),
                ("X-Real-IP", "10.0.0.1"),
                ("Forwarded", "for=10.0.0.1;host=evil.example;proto=https"),
                ("X-Forwarded-User", "root"),
                ("REMOTE_USER", "root"),
            }
        )
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var begun = await visitor.SendAsync(request, Cancellation);

        Assert.Contains(
            Uri.EscapeDataString($"{scene.Address.AbsoluteUri}signin-oidc"),
            begun["Location"],
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("evil", begun["Location"] + begun["Set-Cookie"], StringComparison.Ordinal);
        Assert.DoesNotContain("secure", begun["Set-Cookie"], StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Every_answer_tells_browsers_to_run_nothing_but_this_sites_own_files()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();

        foreach (var path in new[] { "/", "/login", "/nothing", "/api/telegram/status", "/api/nothing", "/healthz" })
        {
            var answer = await visitor.GetAsync(path, Cancellation);
            Assert.StartsWith(
                "default-src 'none'; script-src 'self'; style-src 'self';",
                answer["Content-Security-Policy"],
                StringComparison.Ordinal
            );
            Assert.Contains("frame-ancestors 'none'", answer["Content-Security-Policy"], StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", answer["Content-Security-Policy"], StringComparison.Ordinal);
            Assert.Equal("nosniff", answer["X-Content-Type-Options"]);
            Assert.Equal("same-origin", answer["Referrer-Policy"]);
            Assert.Contains("no-store", answer["Cache-Control"], StringComparison.Ordinal);
            Assert.Equal("", answer["Server"]);
            Assert.DoesNotMatch("<script(?![^>]* src=)|<style| style=| on[a-z]+=", answer.Body);
        }
    }

    [Fact]
    public async Task What_is_not_there_is_a_page_for_people_and_a_sentence_for_scripts()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();

        var page = await visitor.GetAsync("/nothing", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, page.Status);
        Assert.Contains("There is nothing at this address", page.Text, StringComparison.Ordinal);
        Assert.Contains("text/html", page["Content-Type"], StringComparison.Ordinal);
        var answer = await visitor.GetAsync("/api/nothing", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        Assert.Contains("nothing at this address", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_that_sends_slowly_or_not_at_all_holds_up_nobody()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();
        var idle = new List<Socket>();
        try
        {
            foreach (var _ in Enumerable.Range(0, 500))
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(scene.Address.Host, scene.Address.Port, Cancellation);
                await socket.SendAsync("POST /api/telegram/verify HTTP/1.1\r\nHost: "u8.ToArray(), Cancellation);
                idle.Add(socket);
            }

            Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/api/telegram/status", Cancellation)).Status);
        }
        finally
        {
            idle.ForEach(socket => socket.Dispose());
        }
    }
}
