using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;
using Notify.Sandbox;

namespace Notify.Tests;

/// <summary>What a code is worth, to whom, how often and for how long.</summary>
public sealed class GoogleTokenTests : GoogleProtocol
{
    protected override SandboxOptions Options => new() { Time = Time, KeptGoogleTokens = 3 };

    [Fact]
    public async Task A_code_brings_an_ID_token_and_an_access_token_by_the_sandboxs_clock()
    {
        var (status, answer) = await RedeemAsync(await CodeAsync());
        Assert.Equal((HttpStatusCode.OK, "Bearer"), (status, answer.GetProperty("token_type").GetString()));
        Assert.InRange(answer.GetProperty("expires_in").GetInt32(), 3599, 3600);
        var claims = Payload(answer);
        Assert.Equal(
            ("the nonce", Time.GetUtcNow().ToUnixTimeSeconds()),
            (claims.GetProperty("nonce").GetString(), claims.GetProperty("iat").GetInt64())
        );
        Assert.Matches("^ya29\\.[A-Za-z0-9_-]{43}$", answer.GetProperty("access_token").GetString());
        var person = await GetJsonAsync("/v1/userinfo", answer.GetProperty("access_token").GetString());
        Assert.Equal(
            ["email", "email_verified", "family_name", "given_name", "hd", "name", "sub"],
            person.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal)
        );
        Assert.Equal(
            (claims.GetProperty("sub").GetString(), JsonValueKind.True),
            (person.GetProperty("sub").GetString(), person.GetProperty("email_verified").ValueKind)
        );
    }

    [Theory]
    [InlineData("openid", "")]
    [InlineData("openid email", "email email_verified hd")]
    [InlineData("openid profile", "family_name given_name hd name")]
    public async Task A_scope_brings_its_claims_and_no_others(string scope, string expected)
    {
        var (_, answer) = await RedeemAsync(await CodeAsync(("scope", scope)));
        var claims = Payload(answer)
            .EnumerateObject()
            .Select(p => p.Name)
            .Except(["iss", "azp", "aud", "sub", "at_hash", "nonce", "iat", "exp"])
            .Order(StringComparer.Ordinal);
        Assert.Equal(expected, string.Join(' ', claims));
    }

    [Fact]
    public async Task PKCE_and_the_nonce_may_be_left_out()
    {
        var code = await CodeAsync(("code_challenge", null), ("code_challenge_method", null), ("nonce", null));
        var (status, answer) = await RedeemAsync(code, ("code_verifier", null));
        Assert.Equal((HttpStatusCode.OK, false), (status, Payload(answer).TryGetProperty("nonce", out _)));
    }

    [Theory]
    [InlineData("client_secret", "another", 401, "invalid_client")]
    [InlineData("client_secret", null, 401, "invalid_client")]
    [InlineData("client_id", "another.apps.googleusercontent.com", 401, "invalid_client")]
    [InlineData("redirect_uri", "http://127.0.0.1:9/another", 400, "invalid_grant")]
    [InlineData("redirect_uri", null, 400, "invalid_request")]
    [InlineData("code_verifier", "another-verifier-of-a-length-that-is-long-enough-for-it", 400, "invalid_grant")]
    [InlineData("code_verifier", null, 400, "invalid_request")]
    [InlineData("code", "4/0AnotherCode", 400, "invalid_grant")]
    [InlineData("grant_type", "client_credentials", 400, "unsupported_grant_type")]
    [InlineData("grant_type", "password", 400, "unsupported_grant_type")]
    public async Task A_request_that_is_not_the_clients_or_not_the_codes_gets_nothing(
        string parameter,
        string? value,
        int status,
        string error
    )
    {
        var answer = await RedeemAsync(await CodeAsync(), (parameter, value));
        Assert.Equal((status, error), ((int)answer.Status, answer.Json.GetProperty("error").GetString()));
        Assert.Equal(["error", "error_description"], answer.Json.EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public async Task A_code_is_good_once()
    {
        var code = await CodeAsync();
        Assert.Equal(HttpStatusCode.OK, (await RedeemAsync(code)).Status);
        var again = await RedeemAsync(code);
        Assert.Equal(
            (HttpStatusCode.BadRequest, "invalid_grant"),
            (again.Status, again.Json.GetProperty("error").GetString())
        );
    }

    [Fact]
    public async Task Of_many_who_come_with_one_code_at_once_one_gets_the_token()
    {
        var code = await CodeAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => RedeemAsync(code)));
        Assert.Single(answers, a => a.Status == HttpStatusCode.OK);
    }

    [Fact]
    public async Task Somebody_without_the_secret_cannot_use_a_code_up()
    {
        var code = await CodeAsync();
        await RedeemAsync(code, ("client_secret", "another"));
        Assert.Equal(HttpStatusCode.OK, (await RedeemAsync(code)).Status);
    }

    [Fact]
    public async Task A_code_is_good_for_five_minutes_and_an_access_token_for_an_hour()
    {
        var code = await CodeAsync();
        Time.Advance(TimeSpan.FromSeconds(299));
        var token = (await RedeemAsync(code)).Json.GetProperty("access_token").GetString();
        code = await CodeAsync();
        Time.Advance(TimeSpan.FromSeconds(301));
        Assert.Equal("invalid_grant", (await RedeemAsync(code)).Json.GetProperty("error").GetString());
        await GetJsonAsync("/v1/userinfo", token);
        Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await Assert.ThrowsAsync<HttpRequestException>(() => GetJsonAsync("/v1/userinfo", token))).StatusCode
        );
    }

    [Fact]
    public async Task The_client_may_name_itself_in_a_header()
    {
        using var content = new FormUrlEncodedContent(
            new Dictionary<string, string>
            {
                ["grant_type"] = "authorization_code",
                ["code"] = await CodeAsync(("code_challenge", null), ("code_challenge_method", null)),
                ["redirect_uri"] = Redirect,
            }
        );
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Sandbox.GoogleAddress, "/token"));
        request.Content = content;
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(
                Encoding.UTF8.GetBytes(
                    $"{SandboxOptions.SampleGoogleClientId}:{SandboxOptions.SampleGoogleClientSecret}"
                )
            )
        );
        using var answer = await Http.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Nobody_gets_the_claims_without_an_access_token()
    {
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (
                await Assert.ThrowsAsync<HttpRequestException>(() => GetJsonAsync("/v1/userinfo", "ya29.another"))
            ).StatusCode
        );
        await Assert.ThrowsAsync<HttpRequestException>(() => GetJsonAsync("/v1/userinfo"));
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (
                await Assert.ThrowsAsync<HttpRequestException>(async () =>
                    await GetJsonAsync("/v1/userinfo", await CodeAsync())
                )
            ).StatusCode
        );
    }

    [Fact]
    public async Task Codes_are_kept_up_to_a_number_and_the_oldest_go_first()
    {
        var codes = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            codes.Add(await CodeAsync());
        }

        Assert.Equal(HttpStatusCode.BadRequest, (await RedeemAsync(codes[0])).Status);
        foreach (var code in codes.Skip(1))
        {
            Assert.Equal(HttpStatusCode.OK, (await RedeemAsync(code)).Status);
        }
    }

    private static JsonElement Payload(JsonElement answer) =>
        JsonDocument
            .Parse(Base64UrlEncoder.Decode(answer.GetProperty("id_token").GetString()!.Split('.')[1]))
            .RootElement;
}
