using System.Net;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Time.Testing;
using Notify.Sandbox.Google;
using Notify.Testing;

namespace Notify.Tests.Login;

/// <summary>What the provider, or somebody between, can do to a login.</summary>
public sealed class ProviderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(GoogleFaultKind.WrongNonce)]
    [InlineData(GoogleFaultKind.NoNonce)]
    [InlineData(GoogleFaultKind.WrongAudience)]
    [InlineData(GoogleFaultKind.WrongIssuer)]
    [InlineData(GoogleFaultKind.ExpiredToken)]
    [InlineData(GoogleFaultKind.NotYetValid)]
    [InlineData(GoogleFaultKind.BadSignature)]
    [InlineData(GoogleFaultKind.AlgNone)]
    public async Task A_token_that_is_not_right_lets_nobody_in(GoogleFaultKind fault)
    {
        await using var scene = await WebScene.BeginAsync();
        var (_, email) = await scene.AddAnalystAsync();
        await scene.Control.Google.AddFaultAsync(fault, Cancellation);
        var visitor = scene.NewVisitor();

        var page = await visitor.LogInAsync(email, Cancellation);

        Assert.Equal(1, (await scene.Control.Google.FaultsAsync(Cancellation)).Single().Hits);
        Assert.Equal(HttpStatusCode.BadRequest, page.Status);
        AssertAPage(page, "The login failed");
        Assert.Null(visitor.SessionCookie);
        Assert.Equal(HttpStatusCode.OK, (await visitor.LogInAsync(email, Cancellation)).Status);
    }

    [Fact]
    public async Task While_the_provider_is_away_the_dashboard_starts_and_says_so_and_lets_people_in_when_it_is_back()
    {
        await using var scene = await WebScene.SetAsync();
        var (_, email) = await scene.AddAnalystAsync();
        await scene.Control.Google.BeginOutageAsync(Cancellation);
        await scene.StartAsync();
        var visitor = scene.NewVisitor();

        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/login", Cancellation)).Status);
        var page = await visitor.GetAsync("/login/google", Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.Status);
        AssertAPage(page, "Google can't be reached");
        Assert.Contains("href=\"/login/google\"", page.Body, StringComparison.Ordinal);

        await scene.Control.Google.EndOutageAsync(Cancellation);
        Assert.Equal(HttpStatusCode.OK, (await visitor.LogInAsync(email, Cancellation)).Status);
    }

    [Fact]
    public async Task A_stranger_who_comes_back_with_junk_writes_no_entry_of_their_own_and_does_not_fill_the_log()
    {
        await using var scene = await WebScene.BeginAsync(new FakeTimeProvider(TimeProvider.System.GetUtcNow()));
        var visitor = scene.NewVisitor();
        var begun = new Uri((await visitor.GetAsync("/login/google", Cancellation))["Location"]);
        var state = QueryHelpers.ParseQuery(begun.Query)["state"].ToString();

        await visitor.GetAsync(
            $"/signin-oidc?state={Uri.EscapeDataString(state)}&error=x%0AWARNING 9999 forged line%E2%80%AE",
            Cancellation
        );
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(
                HttpStatusCode.BadRequest,
                (await visitor.GetAsync("/signin-oidc?state=junk&error=x", Cancellation)).Status
            );
        }

        var lines = scene.Log.ToString().Split('\n');
        Assert.Contains(
            lines,
            line =>
                line.StartsWith("WARNING 4112 ", StringComparison.Ordinal)
                && line.Contains("x WARNING 9999 forged line?", StringComparison.Ordinal)
        );
        Assert.DoesNotContain(lines, line => line.StartsWith("WARNING 9999", StringComparison.Ordinal));
        Assert.Equal(5, lines.Count(line => line.StartsWith("WARNING 4112 ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Who_is_logged_in_stays_so_while_the_provider_is_away()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();
        await scene.Control.Google.BeginOutageAsync(Cancellation);

        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/", Cancellation)).Status);
    }

    [Fact]
    public async Task A_provider_that_goes_away_in_the_middle_of_a_login_is_said_and_the_next_try_works()
    {
        await using var scene = await WebScene.BeginAsync();
        var (_, email) = await scene.AddAnalystAsync();
        var visitor = scene.NewVisitor();
        var back = await visitor.ChooseAsync(email, Cancellation);
        await scene.Control.Google.BeginOutageAsync(Cancellation);

        var page = await visitor.ComeBackAsync(back, Cancellation);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.Status);
        AssertAPage(page, "Google can't be reached");
        await scene.Control.Google.EndOutageAsync(Cancellation);
        Assert.Equal(HttpStatusCode.OK, (await visitor.LogInAsync(email, Cancellation)).Status);
    }

    [Fact]
    public async Task A_provider_that_fails_at_the_token_is_said()
    {
        await using var scene = await WebScene.BeginAsync();
        var (_, email) = await scene.AddAnalystAsync();
        await scene.Control.Google.AddFaultAsync(GoogleFaultKind.Token500, Cancellation);

        var page = await scene.NewVisitor().LogInAsync(email, Cancellation);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.Status);
        AssertAPage(page, "Google can't be reached");
    }

    [Fact]
    public async Task A_secret_that_the_provider_refuses_is_for_the_admin_to_fix()
    {
        await using var scene = await WebScene.SetAsync();
        scene.Environment["GOOGLE_CLIENT_SECRET"] = "one-of-another-client";
        await scene.StartAsync();
        var (_, email) = await scene.AddAnalystAsync();

        var page = await scene.NewVisitor().LogInAsync(email, Cancellation);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.Status);
        AssertAPage(page, "GOOGLE_CLIENT_SECRET is wrong");
        Assert.DoesNotContain("one-of-another-client", page.Body + scene.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_that_never_answers_is_not_waited_for()
    {
        await using var scene = await WebScene.BeginAsync();
        await scene.Control.Google.AddFaultAsync(
            new GoogleFault
            {
                Kind = GoogleFaultKind.Hang,
                Endpoint = GoogleEndpoint.Discovery,
                Times = 1,
            },
            Cancellation
        );

        // The visitor itself gives up after a hundred seconds.
        var page = await scene.NewVisitor().GetAsync("/login/google", Cancellation);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.Status);
        AssertAPage(page, "Google can't be reached");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_new_signing_key_is_taken_at_the_first_login_that_brings_it(bool keepsEarlier)
    {
        await using var scene = await WebScene.BeginAsync();
        var (_, email) = await scene.AddAnalystAsync();
        Assert.Equal(HttpStatusCode.OK, (await scene.NewVisitor().LogInAsync(email, Cancellation)).Status);

        await scene.Control.Google.RotateKeyAsync(Cancellation, keepsEarlier);

        Assert.Equal(HttpStatusCode.OK, (await scene.NewVisitor().LogInAsync(email, Cancellation)).Status);
        await scene.Control.Google.RotateKeyAsync(Cancellation, keepsEarlier);
        Assert.Equal(HttpStatusCode.OK, (await scene.NewVisitor().LogInAsync(email, Cancellation)).Status);
    }

    [Fact]
    public async Task Who_cancels_is_told_that_they_are_not_logged_in()
    {
        await using var scene = await WebScene.BeginAsync();
        var visitor = scene.NewVisitor();

        var page = await visitor.ComeBackAsync(await visitor.CancelAsync(Cancellation), Cancellation);

        Assert.Equal(HttpStatusCode.Forbidden, page.Status);
        AssertAPage(page, "You are not logged in");
        Assert.Null(visitor.SessionCookie);
    }

    [Theory]
    [InlineData("something_of_its_own", HttpStatusCode.BadRequest, "The login failed")]
    [InlineData("temporarily_unavailable", HttpStatusCode.ServiceUnavailable, "Google can't be reached")]
    public async Task An_error_that_the_provider_sends_the_browser_back_with_is_no_silence(
        string error,
        HttpStatusCode status,
        string heading
    )
    {
        await using var scene = await WebScene.BeginAsync();
        var visitor = scene.NewVisitor();
        var back = await visitor.CancelAsync(Cancellation);

        var page = await visitor.ComeBackAsync(
            new Uri(back.AbsoluteUri.Replace("error=access_denied", "error=" + error, StringComparison.Ordinal)),
            Cancellation
        );

        Assert.Equal(status, page.Status);
        AssertAPage(page, heading);
    }

    [Fact]
    public async Task No_address_is_left_open_that_a_logout_at_the_provider_would_need()
    {
        await using var scene = await WebScene.BeginAsync();

        Assert.Equal(
            HttpStatusCode.Redirect,
            (await scene.NewVisitor().GetAsync("/signout-callback-oidc", Cancellation)).Status
        );
        Assert.Equal(
            HttpStatusCode.Redirect,
            (await scene.NewVisitor().GetAsync("/signout-oidc", Cancellation)).Status
        );
    }

    [Fact]
    public async Task The_address_that_ends_a_login_works_once_and_for_the_browser_that_began_it()
    {
        await using var scene = await WebScene.BeginAsync();
        var (_, email) = await scene.AddAnalystAsync();
        var visitor = scene.NewVisitor();
        var back = await visitor.ChooseAsync(email, Cancellation);

        // Somebody who got hold of the address, and somebody who is to be logged in as the attacker.
        var thief = scene.NewVisitor();
        AssertAPage(await thief.ComeBackAsync(back, Cancellation), "The login failed");
        Assert.Null(thief.SessionCookie);

        var other = scene.NewVisitor();
        await other.ChooseAsync(email, Cancellation);
        AssertAPage(await other.ComeBackAsync(back, Cancellation), "The login failed");
        Assert.Null(other.SessionCookie);

        var copy = visitor.Copy();
        Assert.Equal(HttpStatusCode.Redirect, (await visitor.ComeBackAsync(back, Cancellation)).Status);
        Assert.NotNull(visitor.SessionCookie);
        Assert.Equal(HttpStatusCode.BadRequest, (await copy.ComeBackAsync(back, Cancellation)).Status);
        Assert.Null(copy.SessionCookie);
    }

    [Theory]
    [InlineData("returnUrl=https://evil.example/")]
    [InlineData("ReturnUrl=%2F%2Fevil.example")]
    [InlineData("redirect_uri=https://evil.example/")]
    public async Task No_parameter_sends_anybody_elsewhere(string query)
    {
        await using var scene = await WebScene.BeginAsync();
        var (_, email) = await scene.AddAnalystAsync();
        var visitor = scene.NewVisitor();
        await visitor.GetAsync($"/login?{query}", Cancellation);
        var begun = await visitor.GetAsync($"/login/google?{query}", Cancellation);
        Assert.StartsWith(scene.Sandbox.GoogleAddress.AbsoluteUri, begun["Location"], StringComparison.Ordinal);
        Assert.DoesNotContain("evil.example", begun["Location"], StringComparison.Ordinal);

        var back = await visitor.ChooseAsync(email, Cancellation);
        var done = await visitor.ComeBackAsync(new Uri(back + "&" + query), Cancellation);

        Assert.Equal("/", done["Location"]);
    }

    [Fact]
    public async Task The_request_to_the_provider_has_a_challenge_a_nonce_and_no_more_scopes_than_needed()
    {
        await using var scene = await WebScene.BeginAsync();

        var begun = await scene.NewVisitor().GetAsync("/login/google", Cancellation);

        var query = System.Web.HttpUtility.ParseQueryString(new Uri(begun["Location"]).Query);
        Assert.Equal("code", query["response_type"]);
        Assert.Equal("S256", query["code_challenge_method"]);
        Assert.NotEmpty(query["code_challenge"]!);
        Assert.NotEmpty(query["nonce"]!);
        Assert.Equal("openid email", query["scope"]);
        Assert.Equal($"{scene.Address.AbsoluteUri}signin-oidc", query["redirect_uri"]);
    }

    /// <summary>A page for people: no trace of what failed inside, no secret, nothing of the query.</summary>
    private static void AssertAPage(WebAnswer page, string title)
    {
        Assert.Contains(title, page.Text, StringComparison.Ordinal);
        Assert.Contains("text/html", page["Content-Type"], StringComparison.Ordinal);
        Assert.DoesNotMatch(@"   at |Exception|IDX\d|sample-secret", page.Body);
    }
}
