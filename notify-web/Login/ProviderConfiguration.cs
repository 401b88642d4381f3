using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Notify.Web.Login;

/// <summary>
/// The provider's discovery document and its keys: fetched when they are first needed, and anew where a token is signed with a key that is not known, before the
/// person who brings it is answered. (The library's own manager fetches behind that person's back, so that the first login after a change of keys fails.)
/// </summary>
internal sealed class ProviderConfiguration
    : BaseConfigurationManager,
        IConfigurationManager<OpenIdConnectConfiguration>
{
    /// <summary>A key that the provider takes back counts no longer than this.</summary>
    private static readonly TimeSpan Keep = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly string _address;
    private readonly HttpDocumentRetriever _documents;
    private readonly TimeProvider _time;
    private volatile OpenIdConnectConfiguration? _known;
    private volatile bool _isRefreshWanted;
    private long _fetchedAt;
    private Task<OpenIdConnectConfiguration>? _fetch;

    public ProviderConfiguration(Uri authority, HttpClient http, TimeProvider time)
    {
        _address = authority.AbsoluteUri.TrimEnd('/') + "/.well-known/openid-configuration";
        _documents = new HttpDocumentRetriever(http) { RequireHttps = authority.Scheme == Uri.UriSchemeHttps };
        _time = time;
        UseLastKnownGoodConfiguration = false;
    }

    private bool IsFresh => _known is not null && !_isRefreshWanted && _time.GetElapsedTime(_fetchedAt) < Keep;

    /// <summary>What is known, else what the provider says now: all who ask meanwhile wait for the same answer.</summary>
    /// <exception cref="ProviderUnreachableException">It can't be had, and never could.</exception>
    public Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel)
    {
        lock (_gate)
        {
            if (IsFresh)
            {
                return Task.FromResult(_known!);
            }

            // Strangers begin logins, and a provider that hangs must not be asked by each of them in turn.
            if (_fetch is null or { IsCompleted: true })
            {
                _fetch = FetchAsync();
            }

            return _fetch.WaitAsync(cancel);
        }
    }

    public override async Task<BaseConfiguration> GetBaseConfigurationAsync(CancellationToken cancel) =>
        await GetConfigurationAsync(cancel);

    public override void RequestRefresh() => _isRefreshWanted = true;

    private async Task<OpenIdConnectConfiguration> FetchAsync()
    {
        try
        {
            _known = await OpenIdConnectConfigurationRetriever.GetAsync(_address, _documents, CancellationToken.None);
            _fetchedAt = _time.GetTimestamp();
            _isRefreshWanted = false;
            return _known;
        }
        catch (Exception e)
        {
            // What was known goes on counting; the next who comes asks again.
            return _known ?? throw new ProviderUnreachableException($"{_address} can't be read: {e.Message}", e);
        }
    }
}

/// <summary>The provider does not answer, or with what no provider says.</summary>
internal sealed class ProviderUnreachableException(string message, Exception inner) : IOException(message, inner);
