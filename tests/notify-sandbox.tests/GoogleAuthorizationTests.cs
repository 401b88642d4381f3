using System.Net;
using System.Text.Json;
using Notify.Sandbox;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>What is asked for when a person is sent to Google: what is refused, who is told, and what is only a hint.</summary>
public sealed class GoogleAuthorizationTests : GoogleProtocol
{
    protected override SandboxOptions Options =>
        new() { Time = Time, GoogleRedirects = ["https://notify.test:8443/dash/signin-google"] };

    [Theory]
    [InlineData("client_id", "another.apps.googleusercontent.com", "invalid_client")]
    [InlineData("client_id", null, "invalid_request")]
    [InlineData("redirect_uri", null, "invalid_request")]
    [InlineData("redirect_uri", "/signin-google", "invalid_request")]
    [InlineData("redirect_uri", "https://evil.example/signin-google", "redirect_uri_mismatch")]
    [InlineData("redirect_uri", "https://notify.test:8443/dash/signin-google/more", "redirect_uri_mismatch")]
    [InlineData("redirect_uri", "https://notify.test/dash/signin-google", "redirect_uri_mismatch")]
    [InlineData("redirect_uri", "http://127.0.0.1@evil.example/", "redirect_uri_mismatch")]
    [InlineData("redirect_uri", "http://evil.example@127.0.0.1/", "redirect_uri_mismatch")]
    [InlineData("redirect_uri", "http://127.0.0.1.evil.example/", "redirect_uri_mismatch")]
    [InlineData("redirect_uri", "http://127.0.0.1:9/#fragment", "invalid_request")]
    [InlineData("redirect_uri", "javascript:alert(1)", "redirect_uri_mismatch")]
    public async Task Where_it_is_not_known_that_this_is_the_client_the_person_is_told_and_sent_nowhere(
        string parameter,
        string? value,
        string error
    )
    {
        using var answer = await GoAsync((parameter, value));
        Assert.Equal((HttpStatusCode.BadRequest, null), (answer.StatusCode, answer.Headers.Location));
        var page = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.Contains($"Error 400: {error}", page, StringComparison.Ordinal);
        Assert.Contains("not Google", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:9/any/path?and=query")]
    [InlineData("http://localhost:9/")]
    [InlineData("http://[::1]:9/")]
    [InlineData("https://127.0.0.1:9/")]
    [InlineData("https://notify.test:8443/dash/signin-google")]
    public async Task People_may_be_sent_to_any_address_of_this_machine_and_to_those_that_were_registered(
        string redirect
    )
    {
        using var page = await GoAsync(("redirect_uri", redirect));
        using var answer = await (await PickerForm.ReadAsync(page, Cancellation)).ChooseAsync(
            Http,
            "dana@example.com",
            Cancellation
        );
        Assert.StartsWith(redirect, answer.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("scope", "email profile", "invalid_scope")]
    [InlineData("scope", null, "invalid_scope")]
    [InlineData("scope", "openid calendar", "invalid_scope")]
    [InlineData("response_type", "token", "unsupported_response_type")]
    [InlineData("response_type", "id_token", "unsupported_response_type")]
    [InlineData("response_type", null, "invalid_request")]
    [InlineData("code_challenge_method", "plain", "invalid_request")]
    [InlineData("request", "eyJhbGciOiJub25lIn0.e30.", "request_not_supported")]
    [InlineData("prompt", "none", "login_required")]
    public async Task What_is_wrong_with_the_clients_request_is_told_to_the_client(
        string parameter,
        string? value,
        string error
    )
    {
        using var answer = await GoAsync((parameter, value));
        var told = SentBack(answer);
        Assert.Equal((error, "the state", Issuer), (told["error"], told["state"], told["iss"]));
        Assert.DoesNotContain("error_uri", told.Keys);
    }

    [Fact]
    public async Task A_choice_is_sent_back_with_the_state_and_a_code_that_tells_nothing()
    {
        using var page = await GoAsync();
        using var answer = await (await PickerForm.ReadAsync(page, Cancellation)).ChooseAsync(
            Http,
            "dana@example.com",
            Cancellation
        );
        var told = SentBack(answer);
        Assert.Equal(["code", "iss", "state"], told.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("the state", Issuer), (told["state"], told["iss"]));
        Assert.Matches("^4/0[A-Za-z0-9_-]{43}$", told["code"]);
    }

    [Fact]
    public async Task A_client_may_have_the_answer_posted()
    {
        using var page = await GoAsync(("response_mode", "form_post"));
        using var answer = await (await PickerForm.ReadAsync(page, Cancellation)).ChooseAsync(
            Http,
            "dana@example.com",
            Cancellation
        );
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var form = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.Contains($"action=\"{Redirect}\"", form, StringComparison.Ordinal);
        Assert.Contains("name=\"code\"", form, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_person_who_cancels_is_sent_back_too()
    {
        using var page = await GoAsync();
        using var answer = await (await PickerForm.ReadAsync(page, Cancellation)).CancelAsync(Http, Cancellation);
        var told = SentBack(answer);
        Assert.Equal(("access_denied", "the state"), (told["error"], told["state"]));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("login_hint", "olga@partner.example")]
    [InlineData("hd", "partner.example")]
    public async Task Hints_put_an_account_first_and_take_none_away(string hint, string value)
    {
        using var plain = await GoAsync();
        using var hinted = await GoAsync(
            hint.Length == 0 ? [("prompt", "select_account"), ("some_parameter", "of the future")] : [(hint, value)]
        );
        var usual = (await PickerForm.ReadAsync(plain, Cancellation)).Accounts;
        var accounts = (await PickerForm.ReadAsync(hinted, Cancellation)).Accounts;
        Assert.Equal(5, usual.Count);
        Assert.Equal(usual.Order(StringComparer.Ordinal), accounts.Order(StringComparer.Ordinal));
        Assert.Equal(hint.Length == 0 ? "dana@example.com" : "olga@partner.example", accounts[0]);
    }

    [Fact]
    public async Task A_hinted_address_that_is_not_in_the_list_is_typed_already()
    {
        using var answer = await GoAsync(("login_hint", "\"><script>@example.com"));
        var page = (await PickerForm.ReadAsync(answer, Cancellation)).Page;
        Assert.Contains("value=\"&quot;&gt;&lt;script&gt;@example.com\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_signs_nobody_in()
    {
        using var answer = await GoAsync(("sandbox_account", "dana@example.com"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await PickerForm.ReadAsync(answer, Cancellation);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("two@at@example.com")]
    [InlineData("with blank@example.com")]
    [InlineData("")]
    public async Task What_is_no_address_is_asked_for_again(string typed)
    {
        using var page = await GoAsync();
        using var answer = await (await PickerForm.ReadAsync(page, Cancellation)).TypeAsync(Http, typed, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(
            "That is no e-mail address.",
            (await PickerForm.ReadAsync(answer, Cancellation)).Page,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("GET", null, "https://dash.example.com", 200)]
    [InlineData("GET", null, "null", 200)]
    [InlineData("GET", "evil.example", null, 403)]
    [InlineData("POST", null, "https://dash.example.com", 403)]
    [InlineData("POST", null, "null", 403)]
    [InlineData("POST", null, "own", 200)]
    [InlineData("POST", null, null, 200)]
    public async Task Other_sites_may_send_people_here_and_not_press_the_pages_buttons(
        string method,
        string? host,
        string? origin,
        int status
    )
    {
        using var page = await GoAsync();
        var address = page.RequestMessage!.RequestUri!;
        using var request = new HttpRequestMessage(
            new HttpMethod(method),
            method == "GET" ? address : new Uri(address, address.AbsolutePath)
        );
        if (method == "POST")
        {
            request.Content = new StringContent(
                address.Query[1..],
                new System.Net.Http.Headers.MediaTypeHeaderValue("application/x-www-form-urlencoded")
            );
        }

        if (host is not null)
        {
            request.Headers.Host = host;
        }

        if (origin is not null)
        {
            request.Headers.Add("Origin", origin == "own" ? Issuer : origin);
        }

        using var answer = await Http.SendAsync(request, Cancellation);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task The_page_has_no_script_and_may_not_be_framed_or_kept()
    {
        using var answer = await GoAsync(("redirect_uri", "https://notify.test:8443/dash/signin-google"));
        Assert.Equal(
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' https://notify.test:8443",
            Assert.Single(answer.Headers.GetValues("Content-Security-Policy"))
        );
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        Assert.DoesNotContain(
            "script",
            (await PickerForm.ReadAsync(answer, Cancellation)).Page,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_discovery_document_says_what_there_is()
    {
        var document = await GetJsonAsync("/.well-known/openid-configuration");
        Assert.Equal(Issuer, document.GetProperty("issuer").GetString());
        Assert.Equal(
            [$"{Issuer}/o/oauth2/v2/auth", $"{Issuer}/token", $"{Issuer}/oauth2/v3/certs", $"{Issuer}/v1/userinfo"],
            new[] { "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint" }.Select(name =>
                document.GetProperty(name).GetString()
            )
        );
        Assert.Equal(["code"], Texts("response_types_supported"));
        Assert.Equal(["authorization_code"], Texts("grant_types_supported"));
        Assert.Equal(["RS256"], Texts("id_token_signing_alg_values_supported"));
        Assert.Equal(["S256"], Texts("code_challenge_methods_supported"));
        Assert.Equal(["email", "openid", "profile"], Texts("scopes_supported"));
        Assert.Equal(["client_secret_basic", "client_secret_post"], Texts("token_endpoint_auth_methods_supported"));

        IEnumerable<string> Texts(string name) =>
            document.GetProperty(name).EnumerateArray().Select(t => t.GetString()!).Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task The_keys_are_public_ones()
    {
        var key = Assert.Single((await GetJsonAsync("/oauth2/v3/certs")).GetProperty("keys").EnumerateArray());
        Assert.Equal(
            ["alg", "e", "kid", "kty", "n", "use"],
            key.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal)
        );
        Assert.Equal(
            ("RS256", "RSA", "sig"),
            (key.GetProperty("alg").GetString(), key.GetProperty("kty").GetString(), key.GetProperty("use").GetString())
        );
        Assert.Equal(JsonValueKind.Array, (await GetJsonAsync("/oauth2/v3/certs")).GetProperty("keys").ValueKind);
    }

    private string Issuer => Sandbox.GoogleAddress.ToString().TrimEnd('/');
}
