using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Notify.Testing;

/// <summary>What the dashboard answered.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">Of the answer and its content.</param>
/// <param name="Body">Its text.</param>
public sealed record WebAnswer(HttpStatusCode Status, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>The answer as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Body).RootElement.Clone();

    /// <summary>The sentence of an error.</summary>
    public string Error => Json.GetProperty("error").GetString()!;

    /// <summary>A header; empty where there is none.</summary>
    public string this[string header] => Headers.GetValueOrDefault(header, "");

    /// <summary>The page's text, without markup.</summary>
    public string Text =>
        WebUtility.HtmlDecode(Regex.Replace(Body, "<[^>]*>", " ", RegexOptions.None, TimeSpan.FromSeconds(1)));

    /// <inheritdoc />
    public override string ToString() => $"{(int)Status} {Body}";
}

/// <summary>Somebody at a browser without script: keeps cookies, follows no redirect by itself, and knows the token of the page it saw last.</summary>
public sealed partial class WebVisitor : IDisposable
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(100);

    private readonly HttpClient _http;

    /// <summary>Somebody without cookies.</summary>
    /// <param name="address">The dashboard's public address.</param>
    public WebVisitor(Uri address)
        : this(address, new CookieContainer()) { }

    private WebVisitor(Uri address, CookieContainer cookies)
    {
        ArgumentNullException.ThrowIfNull(address);
        Address = address;
        Cookies = cookies;
#pragma warning disable CA5359 // The certificate of a test's own nginx, which nobody has signed.
        _http = new HttpClient(
            new SocketsHttpHandler
            {
                CookieContainer = cookies,
                AllowAutoRedirect = false,
                UseProxy = false,
                SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => address.IsLoopback },
            }
        )
        {
            Timeout = WaitTimeout,
        };
#pragma warning restore CA5359
    }

    /// <summary>The dashboard's public address.</summary>
    public Uri Address { get; }

    /// <summary>The browser's cookies.</summary>
    public CookieContainer Cookies { get; }

    /// <summary>The token of the page that was seen last; null before.</summary>
    public string? Token { get; set; }

    /// <summary>The cookie of the session; null where there is none.</summary>
    public Cookie? SessionCookie =>
        Cookies
            .GetAllCookies()
            .FirstOrDefault(cookie => cookie.Name.EndsWith("notify-session", StringComparison.Ordinal));

    /// <summary>Somebody with a copy of all cookies as they are now.</summary>
    public WebVisitor Copy()
    {
        var copy = new CookieContainer();
        copy.Add(Cookies.GetAllCookies());
        return new WebVisitor(Address, copy) { Token = Token };
    }

    /// <summary>An address of the dashboard.</summary>
    public Uri At(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new Uri(Address.AbsoluteUri.TrimEnd('/') + path);
    }

    /// <summary>Sends a request as it is.</summary>
    public async Task<WebAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        using var response = await _http.SendAsync(request, cancellation);
        var headers = response
            .Headers.Concat(response.Content.Headers)
            .ToDictionary(
                header => header.Key,
                header => string.Join(", ", header.Value),
                StringComparer.OrdinalIgnoreCase
            );
        return new WebAnswer(response.StatusCode, headers, await response.Content.ReadAsStringAsync(cancellation));
    }

    /// <summary>GET.</summary>
    public async Task<WebAnswer> GetAsync(string path, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, At(path));
        var answer = await SendAsync(request, cancellation);
        if (TokenInPage().Match(answer.Body) is { Success: true } found)
        {
            Token = WebUtility.HtmlDecode(found.Groups["token"].Value);
        }

        return answer;
    }

    /// <summary>A stream that goes on; the caller disposes it.</summary>
    public Task<HttpResponseMessage> OpenAsync(string path, CancellationToken cancellation, string? lastEventId = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, At(path));
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    /// <summary>POST of JSON with the page's token, as the page's scripts do it.</summary>
    /// <param name="path">Where.</param>
    /// <param name="body">What; null sends nothing.</param>
    /// <param name="cancellation">The test's.</param>
    /// <param name="change">Changes the request before it goes out.</param>
    public async Task<WebAnswer> PostAsync(
        string path,
        object? body,
        CancellationToken cancellation,
        Action<HttpRequestMessage>? change = null
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, At(path));
        request.Headers.Add("Origin", Address.GetLeftPart(UriPartial.Authority));
        if (Token is not null)
        {
            request.Headers.Add("X-Notify-Token", Token);
        }

        request.Content = body is null ? null : JsonContent.Create(body, body.GetType());
        change?.Invoke(request);
        return await SendAsync(request, cancellation);
    }

    /// <summary>POST of a form of the page that was seen last, as a browser without JavaScript does it.</summary>
    /// <param name="path">Where.</param>
    /// <param name="cancellation">The test's.</param>
    /// <param name="change">Changes the request before it goes out.</param>
    /// <param name="fields">The fields beside the page's token.</param>
    public Task<WebAnswer> PostFormAsync(
        string path,
        CancellationToken cancellation,
        Action<HttpRequestMessage>? change = null,
        params (string Name, string Value)[] fields
    ) =>
        PostAsync(
            path,
            null,
            cancellation,
            request =>
            {
                request.Headers.Remove("X-Notify-Token");
                request.Content = new FormUrlEncodedContent([
                    KeyValuePair.Create("__RequestVerificationToken", Token ?? ""),
                    .. fields.Select(field => KeyValuePair.Create(field.Name, field.Value)),
                ]);
                change?.Invoke(request);
            }
        );

    /// <summary>Logs in as an account of the sandbox's Google and looks at the dashboard; gives the last page, whatever it is.</summary>
    public async Task<WebAnswer> LogInAsync(string email, CancellationToken cancellation)
    {
        var answer = await ComeBackAsync(await ChooseAsync(email, cancellation), cancellation);
        return answer.Status == HttpStatusCode.Redirect ? await GetAsync("/", cancellation) : answer;
    }

    /// <summary>Begins a login and chooses an account; gives where the sandbox's Google sends the browser back to.</summary>
    public Task<Uri> ChooseAsync(string email, CancellationToken cancellation) =>
        PickAsync(form => form.ChooseAsync(_http, email, cancellation), cancellation);

    /// <summary>Begins a login and types an address instead of choosing one of the accounts; gives where the sandbox's Google sends the browser back to.</summary>
    public Task<Uri> TypeAsync(string email, CancellationToken cancellation) =>
        PickAsync(form => form.TypeAsync(_http, email, cancellation), cancellation);

    /// <summary>Begins a login and cancels it at the sandbox's Google; gives where the browser is sent back to.</summary>
    public async Task<Uri> CancelAsync(CancellationToken cancellation)
    {
        var begun = await GetAsync("/login/google", cancellation);
        using var page = await _http.GetAsync(new Uri(begun["Location"]), cancellation);
        using var chosen = await (await PickerForm.ReadAsync(page, cancellation)).CancelAsync(_http, cancellation);
        return chosen.Headers.Location!;
    }

    /// <summary>Goes where Google sends the browser.</summary>
    public async Task<WebAnswer> ComeBackAsync(Uri address, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        return await SendAsync(request, cancellation);
    }

    /// <summary>Presses the page's button to log out.</summary>
    public async Task<WebAnswer> LogOutAsync(CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, At("/logout"));
        request.Headers.Add("Origin", Address.GetLeftPart(UriPartial.Authority));
        request.Content = new FormUrlEncodedContent([KeyValuePair.Create("__RequestVerificationToken", Token ?? "")]);
        return await SendAsync(request, cancellation);
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private async Task<Uri> PickAsync(Func<PickerForm, Task<HttpResponseMessage>> pick, CancellationToken cancellation)
    {
        var begun = await GetAsync("/login/google", cancellation);
        if (begun.Status != HttpStatusCode.Redirect)
        {
            throw new InvalidOperationException($"The login does not begin: {begun}");
        }

        using var page = await _http.GetAsync(new Uri(begun["Location"]), cancellation);
        using var picked = await pick(await PickerForm.ReadAsync(page, cancellation));
        return picked.Headers.Location
            ?? throw new InvalidOperationException(
                $"Google sends nobody back: {await picked.Content.ReadAsStringAsync(cancellation)}"
            );
    }

    [GeneratedRegex("<meta name=\"notify-token\" content=\"(?<token>[^\"]*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TokenInPage();
}
