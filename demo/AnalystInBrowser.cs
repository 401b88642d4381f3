using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Notify.Contracts;

namespace Notify.Demo;

/// <summary>The sample analyst at the dashboard, as a browser does it: the login by way of the sandbox's Google, then what the page's buttons send.</summary>
internal sealed partial class AnalystInBrowser : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _token;

    private AnalystInBrowser(HttpClient http, string token)
    {
        _http = http;
        _token = token;
    }

    /// <summary>Logs in: the dashboard sends to Google, the account is chosen there, and Google sends back.</summary>
    /// <param name="dashboard">The dashboard's address.</param>
    /// <param name="email">Whose account is chosen.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="DemoException">Another page came than should have; the message shows what it says.</exception>
    internal static async Task<AnalystInBrowser> LogInAsync(Uri dashboard, string email, CancellationToken cancellation)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = dashboard };
        try
        {
            using var picker = await http.GetAsync(new Uri("login/google", UriKind.Relative), cancellation);
            var form = await PageAsync(picker, "Choose an account", cancellation);
            using var choice = new FormUrlEncodedContent([
                .. HiddenField()
                    .Matches(form[..form.IndexOf("</form>", StringComparison.Ordinal)])
                    .Select(m =>
                        KeyValuePair.Create(
                            WebUtility.HtmlDecode(m.Groups["name"].Value),
                            WebUtility.HtmlDecode(m.Groups["value"].Value)
                        )
                    ),
                KeyValuePair.Create("sandbox_account", email),
            ]);
            using var back = await http.PostAsync(
                new Uri(picker.RequestMessage!.RequestUri!, picker.RequestMessage.RequestUri!.AbsolutePath),
                choice,
                cancellation
            );
            var page = await PageAsync(back, "notify-token", cancellation);
            return new AnalystInBrowser(http, WebUtility.HtmlDecode(Token().Match(page).Groups["token"].Value));
        }
        catch
        {
            http.Dispose();
            throw;
        }
    }

    /// <summary>Enters a verification code.</summary>
    /// <exception cref="DemoException">It was refused; the message is the dashboard's.</exception>
    internal async Task EnterCodeAsync(string code, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("api/telegram/verify", UriKind.Relative))
        {
            Content = JsonContent.Create(new { code }),
        };
        request.Headers.Add("X-Notify-Token", _token);
        request.Headers.Add("Origin", _http.BaseAddress!.GetLeftPart(UriPartial.Authority));
        using var answer = await _http.SendAsync(request, cancellation);
        if (!answer.IsSuccessStatusCode)
        {
            throw new DemoException(
                $"The dashboard did not take the code: {await answer.Content.ReadAsStringAsync(cancellation)}"
            );
        }
    }

    /// <summary>The dashboard's history, the newest first.</summary>
    internal async Task<IReadOnlyList<NotificationAnswer>> HistoryAsync(CancellationToken cancellation) =>
        (
            await _http.GetFromJsonAsync(
                new Uri("api/notifications", UriKind.Relative),
                HistoryContract.Json.NotificationsAnswer,
                cancellation
            )
        )!.Notifications;

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private static async Task<string> PageAsync(
        HttpResponseMessage answer,
        string holds,
        CancellationToken cancellation
    )
    {
        var page = await answer.Content.ReadAsStringAsync(cancellation);
        return page.Contains(holds, StringComparison.Ordinal)
            ? page
            : throw new DemoException(
                $"The login ended at {answer.RequestMessage!.RequestUri!.GetLeftPart(UriPartial.Path)} with status {(int)answer.StatusCode}: {Tag().Replace(page, " ").Trim()}"
            );
    }

    [GeneratedRegex(
        "<input type=\"hidden\" name=\"(?<name>[^\"]*)\" value=\"(?<value>[^\"]*)\"",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex HiddenField();

    [GeneratedRegex("name=\"notify-token\" content=\"(?<token>[^\"]*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Token();

    [GeneratedRegex("(<style.*?</style>|<[^>]*>|\\s)+", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Tag();
}
