using System.Net;
using System.Text.RegularExpressions;

namespace Notify.Testing;

/// <summary>The sandbox's page to choose an account, for a test that has no browser: what its forms send when somebody presses a button.</summary>
public sealed partial class PickerForm
{
    private readonly Uri _address;
    private readonly List<KeyValuePair<string, string>> _fields;

    private PickerForm(Uri address, string page)
    {
        _address = address;
        Page = page;
        _fields =
        [
            .. HiddenField()
                .Matches(page[..page.IndexOf("</form>", StringComparison.Ordinal)])
                .Select(m => KeyValuePair.Create(Decoded(m, "name"), Decoded(m, "value"))),
        ];
        Accounts = [.. AccountButton().Matches(page).Select(m => Decoded(m, "value"))];
    }

    /// <summary>The page as it came.</summary>
    public string Page { get; }

    /// <summary>The addresses to choose from, in the page's order.</summary>
    public IReadOnlyList<string> Accounts { get; }

    /// <summary>Reads the page.</summary>
    /// <exception cref="InvalidOperationException">It is another one; the message shows it.</exception>
    public static async Task<PickerForm> ReadAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var page = await answer.Content.ReadAsStringAsync(cancellation);
        return page.Contains("<h1>Choose an account</h1>", StringComparison.Ordinal)
            ? new PickerForm(answer.RequestMessage!.RequestUri!, page)
            : throw new InvalidOperationException(
                $"{answer.RequestMessage!.RequestUri} is not the page to choose an account but {(int)answer.StatusCode}: {page}"
            );
    }

    /// <summary>Presses an account's button, whether the page shows it or not.</summary>
    public Task<HttpResponseMessage> ChooseAsync(HttpClient http, string email, CancellationToken cancellation) =>
        PostAsync(http, "sandbox_account", email, cancellation);

    /// <summary>Types an address under "Use another account".</summary>
    public Task<HttpResponseMessage> TypeAsync(HttpClient http, string email, CancellationToken cancellation) =>
        PostAsync(http, "sandbox_email", email, cancellation);

    /// <summary>Presses Cancel.</summary>
    public Task<HttpResponseMessage> CancelAsync(HttpClient http, CancellationToken cancellation) =>
        PostAsync(http, "sandbox_cancel", "1", cancellation);

    private async Task<HttpResponseMessage> PostAsync(
        HttpClient http,
        string name,
        string value,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(http);
        using var content = new FormUrlEncodedContent([.. _fields, KeyValuePair.Create(name, value)]);
        return await http.PostAsync(new Uri(_address, _address.AbsolutePath), content, cancellation);
    }

    private static string Decoded(Match match, string group) => WebUtility.HtmlDecode(match.Groups[group].Value);

    [GeneratedRegex(
        "<input type=\"hidden\" name=\"(?<name>[^\"]*)\" value=\"(?<value>[^\"]*)\">",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex HiddenField();

    [GeneratedRegex("name=\"sandbox_account\" value=\"(?<value>[^\"]*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AccountButton();
}
