using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;
using Notify.Sandbox;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>The OpenID protocol spoken by hand, with a clock that the test sets: what a well-behaved client never sends, and what it never sees.</summary>
public abstract class GoogleProtocol : IAsyncLifetime
{
    /// <summary>Nobody listens there; the answers that would go there are read before.</summary>
    protected const string Redirect = "http://127.0.0.1:9/signin-google";

    private readonly string _verifier = Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(32));

    private protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 30, 19, 20, 0, TimeSpan.Zero));

    protected SandboxServer Sandbox { get; private set; } = null!;

    protected SandboxControl Control { get; private set; } = null!;

    /// <summary>Follows no redirects.</summary>
    protected HttpClient Http { get; } =
        new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(60) };

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected virtual SandboxOptions Options => new() { Time = Time };

    public async ValueTask InitializeAsync()
    {
        Sandbox = await SandboxServer.StartAsync(Options, Cancellation);
        Control = new SandboxControl(Sandbox);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        Control.Dispose();
        await Sandbox.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Goes to the page with a request that is right but for what is changed; null leaves a parameter out.</summary>
    protected Task<HttpResponseMessage> GoAsync(params IReadOnlyList<(string Name, string? Value)> changes)
    {
        var query = Fields(
                [
                    ("client_id", SandboxOptions.SampleGoogleClientId),
                    ("redirect_uri", Redirect),
                    ("response_type", "code"),
                    ("scope", "openid email profile"),
                    ("state", "the state"),
                    ("nonce", "the nonce"),
                    ("code_challenge", Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(_verifier)))),
                    ("code_challenge_method", "S256"),
                ],
                changes
            )
            .Select(f => $"{f.Key}={Uri.EscapeDataString(f.Value)}");
        return Http.GetAsync(
            new Uri(Sandbox.GoogleAddress, "/o/oauth2/v2/auth?" + string.Join('&', query)),
            Cancellation
        );
    }

    /// <summary>Chooses an account and gives the code.</summary>
    protected async Task<string> CodeAsync(params IReadOnlyList<(string Name, string? Value)> changes)
    {
        using var page = await GoAsync(changes);
        using var answer = await (await PickerForm.ReadAsync(page, Cancellation)).ChooseAsync(
            Http,
            "dana@example.com",
            Cancellation
        );
        return SentBack(answer)["code"];
    }

    /// <summary>Redeems a code with a request that is right but for what is changed; null leaves a parameter out.</summary>
    protected async Task<(HttpStatusCode Status, JsonElement Json)> RedeemAsync(
        string code,
        params IReadOnlyList<(string Name, string? Value)> changes
    )
    {
        using var content = new FormUrlEncodedContent(
            Fields(
                [
                    ("grant_type", "authorization_code"),
                    ("code", code),
                    ("redirect_uri", Redirect),
                    ("client_id", SandboxOptions.SampleGoogleClientId),
                    ("client_secret", SandboxOptions.SampleGoogleClientSecret),
                    ("code_verifier", _verifier),
                ],
                changes
            )
        );
        using var answer = await Http.PostAsync(new Uri(Sandbox.GoogleAddress, "/token"), content, Cancellation);
        return (answer.StatusCode, await JsonAsync(answer));
    }

    protected async Task<JsonElement> GetJsonAsync(string path, string? accessToken = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Sandbox.GoogleAddress, path));
        if (accessToken is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        }

        using var answer = await Http.SendAsync(request, Cancellation);
        answer.EnsureSuccessStatusCode();
        return await JsonAsync(answer);
    }

    /// <summary>What the client is told by where the person is sent.</summary>
    protected static IReadOnlyDictionary<string, string> SentBack(HttpResponseMessage answer)
    {
        var location = answer.Headers.Location;
        Assert.True(location is not null, $"Not sent back but {(int)answer.StatusCode}.");
        Assert.StartsWith(Redirect, location.ToString(), StringComparison.Ordinal);
        return (location.Query.Length > 0 ? location.Query : location.Fragment)[1..]
            .Split('&')
            .Select(p => p.Split('=', 2))
            .ToDictionary(p => p[0], p => Uri.UnescapeDataString(p[1].Replace('+', ' ')), StringComparer.Ordinal);
    }

    protected static async Task<JsonElement> JsonAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement;

    private static Dictionary<string, string> Fields(
        IReadOnlyList<(string Name, string? Value)> usual,
        IReadOnlyList<(string Name, string? Value)> changes
    )
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in (IEnumerable<(string, string?)>)[.. usual, .. changes])
        {
            fields.Remove(name);
            if (value is not null)
            {
                fields.Add(name, value);
            }
        }

        return fields;
    }
}
