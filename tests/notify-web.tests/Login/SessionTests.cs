using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Time.Testing;
using Notify.Testing;
using Notify.Web.Login;

namespace Notify.Tests.Login;

/// <summary>How long a login lasts, and what ends it.</summary>
public sealed class SessionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_cookie_is_for_this_site_alone_and_out_of_reach_of_scripts()
    {
        await using var scene = await WebScene.BeginAsync();
        var (_, email) = await scene.AddAnalystAsync();
        var visitor = scene.NewVisitor();

        var done = await visitor.ComeBackAsync(await visitor.ChooseAsync(email, Cancellation), Cancellation);

        var cookie = done["Set-Cookie"].Split("notify-session=")[1];
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
        // Plain http on this machine; NginxTests have it with TLS.
        Assert.DoesNotContain("secure", cookie.Split("; ")[1..], StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_session_survives_a_restart_by_keys_that_only_the_dashboard_can_read()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();

        await scene.StartAsync();

        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/", Cancellation)).Status);
        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(scene.State));
        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(Path.Combine(scene.State, "keys")));
        Assert.All(
            Directory.EnumerateFiles(Path.Combine(scene.State, "keys")),
            key => Assert.Equal((UnixFileMode)0b110_000_000, File.GetUnixFileMode(key))
        );
    }

    [Fact]
    public async Task A_session_ends_after_a_day_without_use_and_not_before()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var scene = await WebScene.BeginAsync(time);
        var (visitor, _, _) = await scene.LogInAnalystAsync();

        for (var day = 0; day < 3; day++)
        {
            time.Advance(TimeSpan.FromHours(23.9));
            Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/api/telegram/status", Cancellation)).Status);
        }

        var copy = visitor.Copy();
        time.Advance(TimeSpan.FromHours(24.1));
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await visitor.GetAsync("/api/telegram/status", Cancellation)).Status
        );
        Assert.Equal("/login", (await copy.GetAsync("/", Cancellation))["Location"]);
    }

    [Fact]
    public async Task A_session_ends_thirty_days_after_the_login_however_much_it_is_used()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var scene = await WebScene.BeginAsync(time);
        var (visitor, user, _) = await scene.LogInAnalystAsync();

        for (var used = TimeSpan.Zero; used < TimeSpan.FromDays(29.5); used += TimeSpan.FromHours(12))
        {
            time.Advance(TimeSpan.FromHours(12));
            Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/api/telegram/status", Cancellation)).Status);
        }

        using var stream = await visitor.OpenAsync("/api/events", Cancellation);
        var end = stream.Content.ReadAsStringAsync(Cancellation);
        var copy = visitor.Copy();
        var began = time.GetUtcNow().AddDays(-29.5);
        time.Advance(TimeSpan.FromHours(11.9));
        var token = await visitor.PostAsync("/api/desktop/token", null, Cancellation);
        Assert.InRange(token.Json.GetProperty("expires_at").GetDateTimeOffset(), time.GetUtcNow(), began.AddDays(30));
        time.Advance(TimeSpan.FromHours(0.2));

        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await visitor.GetAsync("/api/telegram/status", Cancellation)).Status
        );
        Assert.Equal("/login", (await copy.GetAsync("/", Cancellation))["Location"]);
        await end;

        // A new login is a new session.
        Assert.Equal(HttpStatusCode.OK, (await visitor.LogInAsync($"{user}@example.com", Cancellation)).Status);
    }

    [Fact]
    public void A_session_of_an_earlier_version_counts_from_its_last_issue_and_the_next_issue_does_not_extend_it()
    {
        var issued = new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);
        var properties = new AuthenticationProperties { IssuedUtc = issued, ExpiresUtc = issued.AddDays(1) };
        Assert.Equal(issued.AddDays(1), SessionLife.EndOf(properties));

        SessionLife.KeepBegin(properties);
        (properties.IssuedUtc, properties.ExpiresUtc) = (issued.AddDays(29.5), issued.AddDays(30.5));
        SessionLife.KeepBegin(properties);

        Assert.Equal(issued.AddDays(30), SessionLife.EndOf(properties));
    }

    [Fact]
    public async Task A_page_that_is_only_left_open_keeps_no_session_alive()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var scene = await WebScene.BeginAsync(time);
        var (visitor, _, _) = await scene.LogInAnalystAsync();

        for (var hour = 0; hour < 5; hour++)
        {
            time.Advance(TimeSpan.FromHours(4));
            using var stream = await visitor.OpenAsync("/api/events", Cancellation);
            Assert.Equal(HttpStatusCode.OK, stream.StatusCode);
            Assert.NotEqual(
                HttpStatusCode.Unauthorized,
                (await visitor.GetAsync("/fragments/telegram", Cancellation)).Status
            );
            Assert.Equal(HttpStatusCode.OK, (await visitor.PostAsync("/api/desktop/token", null, Cancellation)).Status);
            Assert.NotEqual(
                HttpStatusCode.Unauthorized,
                (await visitor.GetAsync("/api/notifications/images/of-a-chart-that-came", Cancellation)).Status
            );
        }

        time.Advance(TimeSpan.FromHours(4.1));
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await visitor.GetAsync("/api/telegram/status", Cancellation)).Status
        );
    }

    [Fact]
    public async Task Who_leaves_the_group_is_out_at_the_next_request_and_comes_back_with_the_group()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, user, _) = await scene.LogInAnalystAsync();

        await ChangeGroupAsync("--delete", user.Value);
        var refused = await visitor.GetAsync("/api/telegram/status", Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.Status);
        Assert.Equal("/login", (await visitor.GetAsync("/", Cancellation))["Location"]);
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await scene.NewVisitor().LogInAsync($"{user}@example.com", Cancellation)).Status
        );

        await ChangeGroupAsync("--add", user.Value);
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/api/telegram/status", Cancellation)).Status);
    }

    [Fact]
    public async Task A_stream_is_cut_when_its_user_leaves_the_group()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, user, _) = await scene.LogInAnalystAsync();
        using var stream = await visitor.OpenAsync("/api/events", Cancellation);
        var end = stream.Content.ReadAsStringAsync(Cancellation);

        await ChangeGroupAsync("--delete", user.Value);

        await end;
    }

    [Fact]
    public async Task Logging_out_ends_the_session_for_a_copied_cookie_too_also_after_a_restart_and_at_a_second_process()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();
        var settings = scene.AtAnotherPort();
        await using var second = await scene.AnotherAsync(settings);
        var thief = visitor.Copy();
        using var atSecond = new WebVisitor(new Uri(settings["NOTIFY_WEB_URL"]));
        atSecond.Cookies.Add(thief.Cookies.GetAllCookies());
        Assert.Equal(HttpStatusCode.OK, (await thief.GetAsync("/api/telegram/status", Cancellation)).Status);
        Assert.Equal(HttpStatusCode.OK, (await atSecond.GetAsync("/api/telegram/status", Cancellation)).Status);

        var answer = await visitor.LogOutAsync(Cancellation);

        Assert.Equal(HttpStatusCode.Redirect, answer.Status);
        Assert.Null(visitor.SessionCookie);
        Assert.Equal(HttpStatusCode.Unauthorized, (await thief.GetAsync("/api/telegram/status", Cancellation)).Status);
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await atSecond.GetAsync("/api/telegram/status", Cancellation)).Status
        );
        await scene.StartAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, (await thief.GetAsync("/api/telegram/status", Cancellation)).Status);
    }

    [Fact]
    public async Task A_stream_is_cut_when_its_session_is_logged_out()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();
        using var stream = await visitor.OpenAsync("/api/events", Cancellation);

        await visitor.LogOutAsync(Cancellation);

        await stream.Content.ReadAsStringAsync(Cancellation);
    }

    [Fact]
    public async Task The_list_of_ended_sessions_forgets_what_could_not_count_any_more()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var scene = await WebScene.BeginAsync(time);
        var (_, email) = await scene.AddAnalystAsync();
        var list = Path.Combine(scene.State, "ended_sessions");
        foreach (var _ in Enumerable.Range(0, 3))
        {
            var visitor = scene.NewVisitor();
            await visitor.LogInAsync(email, Cancellation);
            await visitor.LogOutAsync(Cancellation);
        }

        Assert.Equal(3, File.ReadAllLines(list).Length);
        Assert.Equal((UnixFileMode)0b110_000_000, File.GetUnixFileMode(list));
        time.Advance(TimeSpan.FromHours(25));
        var last = scene.NewVisitor();
        await last.LogInAsync(email, Cancellation);
        await last.LogOutAsync(Cancellation);

        Assert.Single(File.ReadAllLines(list));
    }

    [Fact]
    public async Task On_a_full_disk_logging_out_still_ends_the_session_and_the_log_tells_the_admin_what_is_wrong()
    {
        await using var scene = await WebScene.SetAsync();
        using var disk = TestDisk.Small();
        scene.Environment["NOTIFY_WEB_STATE_DIR"] = disk["state"];
        await scene.StartAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();
        var thief = visitor.Copy();
        disk.Fill();

        var answer = await visitor.LogOutAsync(Cancellation);

        Assert.Equal(HttpStatusCode.Redirect, answer.Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await thief.GetAsync("/api/telegram/status", Cancellation)).Status);
        Assert.Contains("ended_sessions can't be written", scene.Log.ToString(), StringComparison.Ordinal);
        await scene.Web.DisposeAsync();
    }

    [Fact]
    public async Task Nobody_is_logged_out_by_a_link_or_by_another_site()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();

        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await visitor.GetAsync("/logout", Cancellation)).Status);
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (
                await visitor.PostAsync(
                    "/logout",
                    null,
                    Cancellation,
                    request =>
                    {
                        request.Headers.Remove("Origin");
                        request.Headers.Add("Origin", "https://evil.example");
                    }
                )
            ).Status
        );
        visitor.Token = null;
        Assert.Equal(HttpStatusCode.BadRequest, (await visitor.PostAsync("/logout", null, Cancellation)).Status);
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/", Cancellation)).Status);
    }

    private static async Task ChangeGroupAsync(string change, string user)
    {
        using (await TestAccount.KeepAccountsAsTheyAreAsync())
        {
            using var process = Process.Start(
                new ProcessStartInfo("gpasswd", [change, user, WebScene.Group])
                {
                    UseShellExecute = false,
                    RedirectStandardOutput = true,
                }
            )!;
            await process.WaitForExitAsync(Cancellation);
            Assert.Equal(0, process.ExitCode);
        }
    }
}
