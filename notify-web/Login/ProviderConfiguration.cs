using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Notify.Web.Login;

/// <summary>
/// The provider's discovery document and keys, fetched at their first use, and again for a token with an unknown key before its
/// login continues. (The library's manager fetches in the background, so the first login after a change of keys fails.)
/// </summary>
internal sealed class ProviderConfiguration
    : BaseConfigurationManager,
        IConfigurationManager<OpenIdConnectConfiguration>
{
    /// <summary>How long a key that the provider has revoked may still count.</summary>
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

    /// <summary>The known configuration, or the provider's answer now, shared by all who wait for it.</summary>
    /// <exception cref="ProviderUnreachableException">It is not available and never was.</exception>
    public Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel)
    {
        lock (_gate)
        {
            if (IsFresh)
            {
                return Task.FromResult(_known!);
            }

            // Outsiders can begin logins, and must not each wait for a hanging provider.
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
            // The known configuration still counts. The next login asks again.
            return _known ?? throw new ProviderUnreachableException($"{_address} can't be read: {e.Message}", e);
        }
    }
}

/// <summary>The provider gives no answer, or an invalid one.</summary>
internal sealed class ProviderUnreachableException(string message, Exception inner) : IOException(message, inner);
