using System.Net;
using System.Text.Json;
using Notify.Sandbox;
using Notify.Sandbox.Google;

namespace Notify.Tests;

/// <summary>ASP.NET Core's OpenID Connect client lets people in with the sandbox's Google.</summary>
public sealed class GoogleLoginTests : GoogleSpecs
{
    [Fact]
    public async Task A_person_chooses_an_account_and_the_client_gets_Googles_claims()
    {
        var dana = await Client.LogInAsync("dana@example.com", Cancellation);
        var issuer = Sandbox.GoogleAddress.ToString().TrimEnd('/');
        Assert.Equal(
            """{"alg":"RS256","kid":"*","typ":"JWT"}""",
            $$"""{"alg":"{{dana.Header.GetProperty("alg")}}","kid":"*","typ":"{{dana.Header.GetProperty("typ")}}"}"""
        );
        var claims = dana.Payload;
        Assert.Equal(
            [
                "iss",
                "azp",
                "aud",
                "sub",
                "hd",
                "email",
                "email_verified",
                "at_hash",
                "nonce",
                "name",
                "given_name",
                "family_name",
                "iat",
                "exp",
            ],
            claims.EnumerateObject().Select(c => c.Name)
        );
        Assert.Equal(
            (
                issuer,
                SandboxOptions.SampleGoogleClientId,
                SandboxOptions.SampleGoogleClientId,
                "example.com",
                "dana@example.com",
                "Dana Sample",
                "Dana",
                "Sample"
            ),
            (
                Text("iss"),
                Text("aud"),
                Text("azp"),
                Text("hd"),
                Text("email"),
                Text("name"),
                Text("given_name"),
                Text("family_name")
            )
        );
        Assert.Equal(JsonValueKind.True, claims.GetProperty("email_verified").ValueKind);
        Assert.Matches("^1[0-9]{20}$", Text("sub"));
        Assert.Equal(3600, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());

        string Text(string name) => claims.GetProperty(name).GetString()!;
    }

    [Theory]
    [InlineData("uma@example.com", "false", "example.com")]
    [InlineData("olga@partner.example", "true", "partner.example")]
    [InlineData("pia@example.com", "true", null)]
    [InlineData("nobody-here@example.com", "true", "example.com")]
    public async Task The_samples_are_one_of_each_kind_that_a_dashboard_must_tell_apart(
        string email,
        string isVerified,
        string? domain
    )
    {
        var account = await Client.LogInAsync(email, Cancellation);
        Assert.Equal(
            (email, isVerified, domain),
            (account.Claims["email"], account.Claims["email_verified"], account.Claims.GetValueOrDefault("hd"))
        );
    }

    [Theory]
    [InlineData("some.body@shop.example", "some.body@shop.example", "shop.example", "Some Body")]
    [InlineData("somebody@gmail.com", "somebody@gmail.com", null, "Somebody")]
    [InlineData(" UMA@Example.com ", "uma@example.com", "example.com", "Uma Unverified")]
    public async Task Somebody_else_types_their_address(string typed, string email, string? domain, string name)
    {
        var account = await Client.LogInByTypingAsync(typed, Cancellation);
        Assert.Equal(
            (email, domain, name),
            (account.Claims["email"], account.Claims.GetValueOrDefault("hd"), account.Claims["name"])
        );
    }

    [Fact]
    public async Task Somebody_who_cancels_is_sent_back_with_access_denied()
    {
        var (status, text) = await Client.TryAsync(
            (page, visitor) => page.CancelAsync(visitor, Cancellation),
            Cancellation
        );
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Contains("access_denied", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_subject_stays_the_same_for_an_address_and_differs_between_addresses()
    {
        var dana = (await Client.LogInAsync("dana@example.com", Cancellation)).Claims["sub"];
        Assert.NotEqual(dana, (await Client.LogInAsync("uma@example.com", Cancellation)).Claims["sub"]);
        await using var another = await SandboxServer.StartAsync(new SandboxOptions(), Cancellation);
        await using var client = await GoogleClientApp.StartAsync(another.GoogleAddress, Cancellation);
        Assert.Equal(dana, (await client.LogInByTypingAsync("Dana@example.com", Cancellation)).Claims["sub"]);
    }

    [Fact]
    public async Task The_client_may_ask_for_the_claims_with_the_access_token_too()
    {
        await using var client = await GoogleClientApp.StartAsync(
            Sandbox.GoogleAddress,
            Cancellation,
            options => options.GetClaimsFromUserInfoEndpoint = true
        );
        Assert.Equal("dana@example.com", (await client.LogInAsync("dana@example.com", Cancellation)).Claims["email"]);
    }

    [Fact]
    public async Task Accounts_come_and_go_by_the_control_API()
    {
        await Control.Google.AddAccountAsync(
            new GoogleAccount("new@example.com", Hd: "example.com", Name: "Nora New"),
            Cancellation
        );
        Assert.Equal("Nora New", (await Client.LogInAsync("new@example.com", Cancellation)).Claims["name"]);
        await Control.Google.RemoveAccountAsync("new@example.com", Cancellation);
        var (status, text) = await Client.TryAsync(
            (page, visitor) => page.ChooseAsync(visitor, "new@example.com", Cancellation),
            Cancellation
        );
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("no longer among the accounts", text, StringComparison.Ordinal);
        await Control.Google.ClearAccountsAsync(Cancellation);
        Assert.Empty((await Client.ComeAsync(Cancellation)).Accounts);
    }

    [Fact]
    public async Task A_client_secret_that_is_wrong_lets_nobody_in()
    {
        await using var client = await GoogleClientApp.StartAsync(
            Sandbox.GoogleAddress,
            Cancellation,
            options => options.ClientSecret = "another"
        );
        var (status, text) = await client.TryAsync(Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Contains("invalid_client", text, StringComparison.Ordinal);
    }
}
