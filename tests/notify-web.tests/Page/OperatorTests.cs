using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Notify.Contracts;
using Notify.Testing;

namespace Notify.Tests.Page;

/// <summary>The operators' pages: for members of the trusted group of this moment, and for nobody else. The bot is a stand-in.</summary>
public sealed class OperatorTests
{
    private const string Trusted = "data-ops";

    private static readonly HttpMethod[] Methods =
    [
        HttpMethod.Get,
        HttpMethod.Head,
        HttpMethod.Post,
        HttpMethod.Put,
        HttpMethod.Patch,
        HttpMethod.Delete,
        HttpMethod.Options,
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task For_everybody_else_each_address_answers_as_one_at_which_there_is_nothing()
    {
        await using var scene = await WebScene.BeginAsync();
        await using var bot = await OperatorBot.StartAsync(scene, Cancellation);
        bot.Users = [OperatorBot.Well("bob")];
        var (alice, _, _) = await scene.LogInAnalystAsync();
        await alice.GetAsync("/help", Cancellation);
        var stranger = scene.NewVisitor();
        var paths = OperatorPaths(scene);
        Assert.True(paths.Count >= 10, string.Join(' ', paths));

        foreach (var path in paths)
        {
            foreach (var method in Methods)
            {
                foreach (var content in Contents(method))
                {
                    foreach (var visitor in new[] { alice, stranger })
                    {
                        var unknown = await AskAsync(visitor, method, Unknown(path), content(visitor));
                        var hidden = await AskAsync(visitor, method, path, content(visitor));

                        Assert.True(
                            Comparable(unknown, Unknown(path)) == Comparable(hidden, path),
                            $"{method} {path}: {hidden}\nbut {Unknown(path)}: {unknown}"
                        );
                        Assert.NotEqual(HttpStatusCode.OK, hidden.Status);
                    }
                }
            }
        }

        Assert.Equal(HttpStatusCode.NotFound, (await alice.GetAsync("/operator", Cancellation)).Status);
        Assert.DoesNotContain(
            "/operator",
            (await alice.GetAsync("/help", Cancellation)).Body,
            StringComparison.Ordinal
        );
        Assert.Empty(bot.Calls);
    }

    [Fact]
    public async Task An_open_page_loses_its_rights_with_the_group()
    {
        await using var scene = await WebScene.BeginAsync();
        await using var bot = await OperatorBot.StartAsync(scene, Cancellation);
        bot.Users = [OperatorBot.Well("bob")];
        var (olga, account) = await LogInOperatorAsync(scene);
        Assert.Contains(
            "href=\"/operator\"",
            (await olga.GetAsync("/help", Cancellation)).Body,
            StringComparison.Ordinal
        );
        Assert.Equal(HttpStatusCode.OK, (await olga.GetAsync("/operator/users/bob/unlink", Cancellation)).Status);

        await account.LeaveAsync(Trusted);

        bot.Calls.Clear();
        Assert.NotEqual(HttpStatusCode.OK, (await PressAsync(olga, "/operator/users/bob/unlink")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await olga.GetAsync("/operator", Cancellation)).Status);
        Assert.Empty(bot.Calls);

        await account.JoinAsync(Trusted);
        Assert.Equal(HttpStatusCode.OK, (await olga.GetAsync("/operator", Cancellation)).Status);
    }

    [Fact]
    public async Task Each_call_names_the_operator_to_the_bot()
    {
        await using var scene = await WebScene.BeginAsync();
        await using var bot = await OperatorBot.StartAsync(scene, Cancellation);
        bot.Users = [OperatorBot.Well("bob")];
        var (olga, account) = await LogInOperatorAsync(scene);

        foreach (var path in OperatorPaths(scene))
        {
            Assert.Equal(HttpStatusCode.OK, (await olga.GetAsync(path, Cancellation)).Status);
        }

        await PressAsync(olga, "/operator/users/bob/test");
        Assert.NotEmpty(bot.Calls);
        Assert.All(bot.Calls, call => Assert.Contains($"operator={account.Name}", call, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("test", "POST /operator/users/bob/test")]
    [InlineData("unlink", "POST /operator/users/bob/unlink")]
    [InlineData("retry", "POST /operator/queue/bob/retry")]
    [InlineData("drop", "POST /operator/queue/bob/drop")]
    public async Task An_act_asks_first_and_then_names_what_was_done(string act, string call)
    {
        await using var scene = await WebScene.BeginAsync();
        await using var bot = await OperatorBot.StartAsync(scene, Cancellation);
        bot.Users = [OperatorBot.Well("bob") with { Waiting = 3 }];
        var (olga, account) = await LogInOperatorAsync(scene);
        var path = $"/operator/users/bob/{act}";

        var question = await olga.GetAsync(path, Cancellation);

        Assert.Equal(HttpStatusCode.OK, question.Status);
        Assert.Matches("<form method=\"post\"", question.Body);
        Assert.DoesNotContain(bot.Calls, asked => asked.StartsWith("POST", StringComparison.Ordinal));

        var done = await PressAsync(olga, path);

        Assert.Equal(HttpStatusCode.OK, done.Status);
        Assert.Contains($"Did {act} to bob.", done.Text, StringComparison.Ordinal);
        Assert.Equal([$"{call}?operator={account.Name}"], Posts(bot));
    }

    [Fact]
    public async Task An_act_from_another_site_or_without_the_page_is_not_done()
    {
        await using var scene = await WebScene.BeginAsync();
        await using var bot = await OperatorBot.StartAsync(scene, Cancellation);
        bot.Users = [OperatorBot.Well("bob")];
        var (olga, _) = await LogInOperatorAsync(scene);
        const string Path = "/operator/users/bob/unlink";
        await olga.GetAsync(Path, Cancellation);

        Assert.Equal(HttpStatusCode.Forbidden, (await PressAsync(olga, Path, origin: "https://evil.example")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await PressAsync(olga, Path, token: "")).Status);
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (await PressAsync(olga, Path, token: scene.Visitors[0].Token + "x")).Status
        );
        using var text = new HttpRequestMessage(HttpMethod.Post, olga.At(Path))
        {
            Content = new StringContent("x", System.Text.Encoding.UTF8, "text/plain"),
        };
        Assert.NotEqual(HttpStatusCode.OK, (await olga.SendAsync(text, Cancellation)).Status);
        Assert.Empty(Posts(bot));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("bobby")]
    public async Task Nobody_is_forgotten_before_their_name_is_typed(string? typed)
    {
        await using var scene = await WebScene.BeginAsync();
        await using var bot = await OperatorBot.StartAsync(scene, Cancellation);
        bot.Users = [OperatorBot.Well("bob")];
        var (olga, account) = await LogInOperatorAsync(scene);
        const string Path = "/operator/users/bob/forget";
        Assert.Contains("can’t be undone", (await olga.GetAsync(Path, Cancellation)).Text, StringComparison.Ordinal);

        var refused = await PressAsync(olga, Path, name: typed);

        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains("nothing was done", refused.Text, StringComparison.Ordinal);
        Assert.Empty(Posts(bot));

        Assert.Equal(HttpStatusCode.OK, (await PressAsync(olga, Path, name: "bob")).Status);
        Assert.Equal([$"POST /operator/users/bob/forget?operator={account.Name}"], Posts(bot));
    }

    [Fact]
    public async Task What_the_bot_refuses_is_said_with_its_words_and_status()
    {
        await using var scene = await WebScene.BeginAsync();
        await using var bot = await OperatorBot.StartAsync(scene, Cancellation);
        bot.Users = [OperatorBot.Well("bob")];
        var (olga, _) = await LogInOperatorAsync(scene);
        await olga.GetAsync("/operator/users/bob/test", Cancellation);
        bot.Refusal = (409, "bob has no linked phone.");

        var refused = await PressAsync(olga, "/operator/users/bob/test");

        Assert.Equal(HttpStatusCode.Conflict, refused.Status);
        Assert.Contains("bob has no linked phone.", refused.Text, StringComparison.Ordinal);

        // The bot's 404 is the answer to somebody who is no operator any more.
        bot.Refusal = (404, "There is no such path.");
        Assert.Equal(HttpStatusCode.NotFound, (await olga.GetAsync("/operator", Cancellation)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await PressAsync(olga, "/operator/users/bob/test")).Status);
    }

    [Fact]
    public async Task Without_a_bot_each_page_says_what_is_wrong()
    {
        await using var scene = await WebScene.BeginAsync();
        var (olga, _) = await LogInOperatorAsync(scene);

        foreach (var path in OperatorPaths(scene))
        {
            var page = await olga.GetAsync(path, Cancellation);

            Assert.True(page.Status == HttpStatusCode.OK, $"{path}: {page}");
            Assert.Contains("notify-bot doctor", page.Text, StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await PressAsync(olga, "/operator/users/bob/unlink")).Status);
    }

    [Fact]
    public async Task Users_are_paged_searched_and_filtered_and_those_who_need_help_come_first()
    {
        await using var scene = await WebScene.BeginAsync();
        await using var bot = await OperatorBot.StartAsync(scene, Cancellation);
        bot.Users =
        [
            .. Enumerable
                .Range(0, 120)
                .Select(i => OperatorBot.Well(string.Create(CultureInfo.InvariantCulture, $"user{i:000}"))),
        ];
        bot.Users =
        [
            .. bot.Users.Select(user =>
                user.User switch
                {
                    "user070" => user with { Failing = ["stock.py"] },
                    "user080" => user with { Dead = DeadLinkReason.Blocked },
                    "user090" => user with { Failed24h = 2 },
                    "user100" => user with { LinkedAt = null },
                    _ => user,
                }
            ),
        ];
        bot.Silent = ["user110"];
        var (olga, _) = await LogInOperatorAsync(scene);

        Assert.Equal(
            ["user070", "user080", "user090", "user110", "user000", "user001"],
            (await UsersAsync(olga, "/operator")).Take(6)
        );
        Assert.Equal(50, (await UsersAsync(olga, "/operator")).Count);
        Assert.Equal(20, (await UsersAsync(olga, "/operator?p=3")).Count);
        Assert.Equal(20, (await UsersAsync(olga, "/operator?p=99")).Count);
        Assert.Equal(50, (await UsersAsync(olga, "/operator?p=x")).Count);
        Assert.Equal(["user100"], await UsersAsync(olga, "/operator?only=unlinked"));
        Assert.Equal(["user080"], await UsersAsync(olga, "/operator?only=dead"));
        Assert.Equal(["user110"], await UsersAsync(olga, "/operator?only=silent"));
        Assert.Equal(["user070"], await UsersAsync(olga, "/operator?only=failing"));
        Assert.Equal(["user080"], await UsersAsync(olga, "/operator?q=er08&only=dead"));
        Assert.Equal(10, (await UsersAsync(olga, "/operator?q=er08")).Count);

        var next = await olga.GetAsync("/operator?q=user&p=2", Cancellation);
        Assert.Contains("Page 2 of 3", next.Text, StringComparison.Ordinal);
        Assert.Contains("href=\"/operator?q=user&amp;p=3\"", next.Body, StringComparison.Ordinal);
        var nobody = await olga.GetAsync("/operator?q=" + Uri.EscapeDataString("\"><script>"), Cancellation);
        Assert.Contains("No user matches.", nobody.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", nobody.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_queue_failures_and_audit_are_shown_without_any_text_of_others()
    {
        await using var scene = await WebScene.BeginAsync();
        await using var bot = await OperatorBot.StartAsync(scene, Cancellation);
        var now = TimeProvider.System.GetUtcNow();
        bot.Checks = [new("socket", true, null, null), new("disk", false, "It is nearly full.", "df -h /srv/notify")];
        bot.Users = [OperatorBot.Well("bob") with { Waiting = 2, Failing = ["<b>.py"] }];
        bot.Queue = [new("bob", 2, now - TimeSpan.FromMinutes(5), now, "rate limited")];
        bot.Failures =
        [
            new("f1", "bob", "stock.py", now, DeliveryState.Failed, "blocked"),
            new("f2", "carol", null, now, DeliveryState.Unknown, null),
        ];
        bot.Acts =
        [
            .. Enumerable
                .Range(0, 60)
                .Select(i => new OperatorActAnswer(
                    100 - i,
                    now,
                    "olga",
                    "drop",
                    "bob",
                    string.Create(CultureInfo.InvariantCulture, $"Dropped {100 - i}.")
                )),
        ];
        var (olga, _) = await LogInOperatorAsync(scene);

        var desk = await olga.GetAsync("/operator", Cancellation);
        Assert.Contains("1 of 2 checks not fine", desk.Text, StringComparison.Ordinal);
        Assert.Contains("df -h /srv/notify", desk.Text, StringComparison.Ordinal);
        Assert.Contains("disk 41 % full", desk.Text, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;.py", desk.Body, StringComparison.Ordinal);
        Assert.Contains(
            "rate limited",
            (await olga.GetAsync("/operator/queue", Cancellation)).Text,
            StringComparison.Ordinal
        );

        var failed = await olga.GetAsync("/operator/failed", Cancellation);
        Assert.Contains(">f1<", failed.Body, StringComparison.Ordinal);
        Assert.Contains(">f2<", failed.Body, StringComparison.Ordinal);
        var blocked = await olga.GetAsync("/operator/failed?reason=blocked", Cancellation);
        Assert.DoesNotContain(">f2<", blocked.Body, StringComparison.Ordinal);

        var audit = await olga.GetAsync("/operator/audit", Cancellation);
        Assert.Contains("Dropped 100.", audit.Text, StringComparison.Ordinal);
        Assert.Contains("Dropped 51.", audit.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Dropped 50.", audit.Text, StringComparison.Ordinal);
        Assert.Contains("/operator/audit?before=51", audit.Body, StringComparison.Ordinal);
        var older = await olga.GetAsync("/operator/audit?before=51", Cancellation);
        Assert.Contains("Dropped 50.", older.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("rel=\"next\"", older.Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await olga.GetAsync("/operator/users/nobody", Cancellation)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await olga.GetAsync("/operator/users/bob/read", Cancellation)).Status);
    }

    /// <summary>A person of both groups who has logged in.</summary>
    private static async Task<(WebVisitor Visitor, TestAccount Account)> LogInOperatorAsync(WebScene scene)
    {
        var account = await scene.AddAccountAsync("olga", WebScene.Group, Trusted);
        var visitor = scene.NewVisitor();
        await visitor.LogInAsync(await scene.AddGoogleAsync($"{account.Name}@example.com"), Cancellation);
        await visitor.GetAsync("/help", Cancellation);
        return (visitor, account);
    }

    /// <summary>Every address of the operators' pages that the dashboard has.</summary>
    private static List<string> OperatorPaths(WebScene scene) =>
        [
            .. scene
                .Web.Services.GetServices<EndpointDataSource>()
                .SelectMany(source => source.Endpoints)
                .OfType<RouteEndpoint>()
                .Select(endpoint => "/" + endpoint.RoutePattern.RawText!.TrimStart('/'))
                .Where(path => path.StartsWith("/operator", StringComparison.OrdinalIgnoreCase))
                .SelectMany(path =>
                    path.Contains("{act}", StringComparison.Ordinal)
                        ? Enum.GetValues<OperatorAct>()
                            .Select(act => path.Replace("{act}", act.Word(), StringComparison.Ordinal))
                        : [path]
                )
                .Select(path => path.Replace("{user}", "bob", StringComparison.Ordinal))
                .Distinct(StringComparer.Ordinal),
        ];

    /// <summary>An address of the same depth at which there is nothing.</summary>
    private static string Unknown(string path) => path.Replace("/operator", "/nowhere", StringComparison.Ordinal);

    /// <summary>Without a body, with the page's token and JSON, and as a form with the token.</summary>
    private static IEnumerable<Func<WebVisitor, HttpContent?>> Contents(HttpMethod method)
    {
        yield return _ => null;
        if (method != HttpMethod.Get && method != HttpMethod.Head)
        {
            yield return _ => JsonContent.Create(new { name = "bob" });
            yield return visitor => Form(visitor.Token, "bob");
        }
    }

    private static async Task<WebAnswer> AskAsync(
        WebVisitor visitor,
        HttpMethod method,
        string path,
        HttpContent? content
    )
    {
        using var request = new HttpRequestMessage(method, visitor.At(path)) { Content = content };
        request.Headers.Add("Origin", visitor.Address.GetLeftPart(UriPartial.Authority));
        if (visitor.Token is { } token && content is JsonContent)
        {
            request.Headers.Add("X-Notify-Token", token);
        }

        return await visitor.SendAsync(request, Cancellation);
    }

    /// <summary>What somebody sees of an answer, without what differs in each: the address, the token, cookies, the date.</summary>
    private static string Comparable(WebAnswer answer, string path)
    {
        var headers = answer
            .Headers.Where(header => header.Key is not ("Date" or "Set-Cookie" or "Content-Length"))
            .Select(header => $"{header.Key}: {header.Value}")
            .Order(StringComparer.Ordinal);
        var text = $"{answer.Status}\n{string.Join('\n', headers)}\n{answer.Body}"
            .Replace(Uri.EscapeDataString(path), "PATH", StringComparison.Ordinal)
            .Replace(path, "PATH", StringComparison.Ordinal);
        return Regex.Replace(
            text,
            "(CfDJ8[A-Za-z0-9_-]+)|((state|nonce|code_challenge)=[^&\\s]+)",
            "",
            RegexOptions.ExplicitCapture,
            TimeSpan.FromSeconds(1)
        );
    }

    /// <summary>Presses the button of a question, as a browser without JavaScript does.</summary>
    private static async Task<WebAnswer> PressAsync(
        WebVisitor visitor,
        string path,
        string? name = null,
        string? token = null,
        string? origin = null
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, visitor.At(path))
        {
            Content = Form(token ?? visitor.Token, name),
        };
        request.Headers.Add("Origin", origin ?? visitor.Address.GetLeftPart(UriPartial.Authority));
        return await visitor.SendAsync(request, Cancellation);
    }

    private static FormUrlEncodedContent Form(string? token, string? name)
    {
        List<KeyValuePair<string, string>> fields = [KeyValuePair.Create("__RequestVerificationToken", token ?? "")];
        if (name is not null)
        {
            fields.Add(KeyValuePair.Create("name", name));
        }

        return new FormUrlEncodedContent(fields);
    }

    private static async Task<List<string>> UsersAsync(WebVisitor visitor, string path)
    {
        var page = await visitor.GetAsync(path, Cancellation);
        Assert.True(page.Status == HttpStatusCode.OK, page.ToString());
        return
        [
            .. Regex
                .Matches(
                    page.Body,
                    "href=\"/operator/users/(?<user>[^\"]+)\"",
                    RegexOptions.None,
                    TimeSpan.FromSeconds(1)
                )
                .Select(found => found.Groups["user"].Value),
        ];
    }

    private static IEnumerable<string> Posts(OperatorBot bot) =>
        bot.Calls.Where(call => call.StartsWith("POST", StringComparison.Ordinal));
}
