using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Notify.Contracts;
using Notify.Linking;
using Notify.Testing;

namespace Notify.Tests.Api;

/// <summary><c>/api/telegram</c>: the link, by code and by one tap.</summary>
public sealed class TelegramTests
{
    private static readonly ChatId Phone = new(7001);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_code_links_once_and_its_link_can_be_seen_and_taken_away()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, user, _) = await scene.LogInAnalystAsync();
        Assert.Equal("""{"linked":false}""", (await visitor.GetAsync("/api/telegram/status", Cancellation)).Body);
        var code = (await scene.Links.IssueCodeAsync(Phone, Cancellation)).Code;

        var linked = await VerifyAsync(visitor, code);

        Assert.Equal(HttpStatusCode.OK, linked.Status);
        Assert.True(linked.Json.GetProperty("ok").GetBoolean());
        Assert.StartsWith("Linked.", linked.Json.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(Phone, scene.Links.Find(user)!.Chat);
        var status = (await visitor.GetAsync("/api/telegram/status", Cancellation)).Json;
        Assert.True(status.GetProperty("linked").GetBoolean());
        Assert.Equal(
            scene.Links.Find(user)!.LinkedAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            status.GetProperty("linked_at").GetString()
        );
        Assert.Equal(HttpStatusCode.BadRequest, (await VerifyAsync(visitor, code)).Status);

        Assert.Equal("""{"ok":true}""", (await visitor.PostAsync("/api/telegram/unlink", null, Cancellation)).Body);
        Assert.Null(scene.Links.Find(user));
        var again = await visitor.PostAsync("/api/telegram/unlink", null, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, again.Status);
        Assert.Contains("no linked Telegram chat", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_reader_s_time_zone_is_kept_with_the_link_where_there_is_one_and_it_is_one()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, user, _) = await scene.LogInAnalystAsync();
        Task<WebAnswer> SayAsync(string zone) =>
            visitor.PostAsync("/api/telegram/timezone", new { timezone = zone }, Cancellation);
        var early = await SayAsync("Europe/Prague");
        Assert.Equal(
            (HttpStatusCode.BadRequest, true),
            (early.Status, early.Error.StartsWith("You have no linked Telegram chat", StringComparison.Ordinal))
        );
        await scene.Links.LinkAsync(user, Phone, Cancellation);

        Assert.Equal("""{"ok":true}""", (await SayAsync("Europe/Prague")).Body);
        foreach (var wrong in (string[])["Mars/Olympus", "../../etc/passwd", "", new string('x', 1000)])
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await SayAsync(wrong)).Status);
        }

        Assert.Equal("Europe/Prague", scene.Links.Find(user)!.TimeZone?.Value);
    }

    [Theory]
    [InlineData("{0} {1}")]
    [InlineData(" {0}-{1}\n")]
    [InlineData("{0}\u00a0\u2013\u00a0{1}")]
    public async Task A_code_is_taken_as_people_paste_it(string form)
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();
        var code = (await scene.Links.IssueCodeAsync(Phone, Cancellation)).Code;

        var answer = await VerifyAsync(
            visitor,
            string.Format(CultureInfo.InvariantCulture, form, code[..3], code[3..])
        );

        Assert.Equal(HttpStatusCode.OK, answer.Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("12345")]
    [InlineData("1234567")]
    [InlineData("12345a")]
    [InlineData("../../etc/passwd")]
    public async Task What_cannot_be_a_code_is_said_to_be_none_and_is_no_try(string text)
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();
        foreach (var _ in Enumerable.Range(0, 8))
        {
            var answer = await VerifyAsync(visitor, text);
            Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
            Assert.Contains("six digits", answer.Error, StringComparison.Ordinal);
        }

        Assert.Equal(
            HttpStatusCode.OK,
            (await VerifyAsync(visitor, (await scene.Links.IssueCodeAsync(Phone, Cancellation)).Code)).Status
        );
    }

    [Fact]
    public async Task An_expired_code_is_told_from_a_wrong_one_by_nothing()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var scene = await WebScene.BeginAsync(time);
        var (visitor, user, _) = await scene.LogInAnalystAsync();
        var code = (await scene.Links.IssueCodeAsync(Phone, Cancellation)).Code;
        time.Advance(TimeSpan.FromMinutes(11));

        var expired = await VerifyAsync(visitor, code);
        var wrong = await VerifyAsync(visitor, Another(code));

        Assert.Equal(HttpStatusCode.BadRequest, expired.Status);
        Assert.Equal((expired.Status, expired.Body), (wrong.Status, wrong.Body));
        Assert.Null(scene.Links.Find(user));
    }

    [Fact]
    public async Task After_five_wrong_codes_not_even_the_right_one_is_taken_from_any_session_of_the_user_until_the_time_that_is_said()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var scene = await WebScene.BeginAsync(time);
        var (visitor, user, _) = await scene.LogInAnalystAsync();
        var second = scene.NewVisitor();
        await second.LogInAsync($"{user}@example.com", Cancellation);
        var (bob, _, _) = await scene.LogInAnalystAsync("bob");
        var code = (await scene.Links.IssueCodeAsync(Phone, Cancellation)).Code;
        foreach (var _ in Enumerable.Range(0, 5))
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await VerifyAsync(visitor, Another(code))).Status);
        }

        time.Advance(TimeSpan.FromMinutes(4));
        foreach (var session in new[] { visitor, second })
        {
            var refused = await VerifyAsync(session, code);
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.Status);
            Assert.Equal("360", refused["Retry-After"]);
            Assert.Equal("Too many wrong codes were tried. Wait 6 minutes, then try again.", refused.Error);
        }

        // Another user is not concerned.
        Assert.Equal(HttpStatusCode.BadRequest, (await VerifyAsync(bob, Another(code))).Status);
        time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(
            HttpStatusCode.OK,
            (await VerifyAsync(visitor, (await scene.Links.IssueCodeAsync(Phone, Cancellation)).Code)).Status
        );
    }

    [Fact]
    public async Task The_chat_comes_from_the_code_alone()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, user, _) = await scene.LogInAnalystAsync();
        var code = (await scene.Links.IssueCodeAsync(Phone, Cancellation)).Code;

        await visitor.PostAsync(
            "/api/telegram/verify?chat_id=666&user=root",
            new
            {
                code,
                chat_id = 666,
                user = "root",
            },
            Cancellation
        );

        Assert.Equal(Phone, scene.Links.Find(user)!.Chat);
        Assert.Single(scene.Links.All());
    }

    [Fact]
    public async Task A_code_that_two_dashboards_try_at_once_links_once()
    {
        await using var scene = await WebScene.BeginAsync();
        var (alice, aliceName, _) = await scene.LogInAnalystAsync();
        var (_, bobName, _) = await scene.LogInAnalystAsync("bob");
        var settings = scene.AtAnotherPort();
        await using var second = await scene.AnotherAsync(settings);
        var bob = scene.NewVisitor(new Uri(settings["NOTIFY_WEB_URL"]));
        await bob.LogInAsync($"{bobName}@example.com", Cancellation);

        foreach (var chat in Enumerable.Range(7001, 20))
        {
            var code = (await scene.Links.IssueCodeAsync(new ChatId(chat), Cancellation)).Code;
            var answers = await Task.WhenAll(VerifyAsync(alice, code), VerifyAsync(bob, code));

            Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
            var holder = answers[0].Status == HttpStatusCode.OK ? aliceName : bobName;
            Assert.Equal(holder, scene.Links.Find(new ChatId(chat))!.User);
            // The loser's try was a wrong one; it must not end the test at the fifth.
            File.Delete(Path.Combine(scene.Data, "wrong_codes.json"));
        }
    }

    [Fact]
    public async Task A_one_tap_link_opens_the_bots_chat_for_ten_minutes_and_the_one_before_is_void()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var scene = await WebScene.BeginAsync(time);
        var (visitor, user, _) = await scene.LogInAnalystAsync();

        var first = (await visitor.PostAsync("/api/telegram/link", null, Cancellation)).Json;
        var second = (await visitor.PostAsync("/api/telegram/link", null, Cancellation)).Json;

        Assert.Matches(
            @"^https://t\.me/NotifyTestBot\?start=[A-Za-z0-9_-]{22}$",
            first.GetProperty("url").GetString()!
        );
        Assert.InRange(
            second.GetProperty("expires_at").GetDateTimeOffset() - time.GetUtcNow(),
            TimeSpan.FromSeconds(599),
            TimeSpan.FromSeconds(600)
        );
        Assert.IsType<Redemption.UnknownOrExpired>(
            await scene.Links.RedeemAsync(Payload(first), Phone, false, Cancellation)
        );
        Assert.IsType<Redemption.Redeemed>(await scene.Links.RedeemAsync(Payload(second), Phone, false, Cancellation));
        Assert.Equal(Phone, scene.Links.Find(user)!.Chat);
        Assert.True(
            (await visitor.GetAsync("/api/telegram/status", Cancellation)).Json.GetProperty("linked").GetBoolean()
        );
    }

    [Fact]
    public async Task A_dead_link_says_why_and_since_when()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, user, _) = await scene.LogInAnalystAsync();
        await scene.Links.LinkAsync(user, Phone, Cancellation);
        await scene.Links.MarkDeadAsync(Phone, DeadLinkReason.Blocked, Cancellation);

        var dead = (await visitor.GetAsync("/api/telegram/status", Cancellation)).Json.GetProperty("dead");

        Assert.Equal("blocked", dead.GetProperty("reason").GetString());
        Assert.Equal(scene.Links.Find(user)!.Dead!.Since, dead.GetProperty("since").GetDateTimeOffset());
    }

    [Fact]
    public async Task State_that_cannot_be_read_is_never_taken_for_not_linked()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();
        await File.WriteAllTextAsync(Path.Combine(scene.Data, "telegram_users.json"), "[]", Cancellation);

        foreach (
            var answer in new[]
            {
                await visitor.GetAsync("/api/telegram/status", Cancellation),
                await visitor.PostAsync("/api/telegram/unlink", null, Cancellation),
            }
        )
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
            Assert.Contains("State unreadable: telegram_users.json", answer.Error, StringComparison.Ordinal);
            Assert.NotEmpty(answer["Retry-After"]);
        }
    }

    internal static Task<WebAnswer> VerifyAsync(WebVisitor visitor, string code) =>
        visitor.PostAsync("/api/telegram/verify", new { code }, Cancellation);

    private static string Another(string code) =>
        (int.Parse(code, CultureInfo.InvariantCulture) ^ 1).ToString("D6", CultureInfo.InvariantCulture);

    private static string Payload(JsonElement offer) => offer.GetProperty("url").GetString()!.Split('=')[1];
}
