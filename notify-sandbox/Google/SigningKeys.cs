using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace Notify.Sandbox.Google;

/// <summary>The keys that ID tokens are signed with (RS256, as Google's). Made when first asked for. Safe to use from many threads.</summary>
internal sealed class SigningKeys : IDisposable
{
    /// <summary>How many are published at most, with the current one; the oldest go first.</summary>
    private const int MaxPublished = 10;

    private readonly Lock _gate = new();
    private readonly List<RSA> _made = [];
    private IReadOnlyList<RsaSecurityKey> _published = [];

    /// <summary>What the next token is signed with.</summary>
    public SigningCredentials Current => new(Published[0], SecurityAlgorithms.RsaSha256);

    /// <summary>What the JWKS shows, the current one first.</summary>
    public IReadOnlyList<RsaSecurityKey> Published
    {
        get
        {
            lock (_gate)
            {
                if (_published.Count == 0)
                {
                    _published = [NewKey()];
                }

                return _published;
            }
        }
    }

    /// <summary>Signs with a new key from now on.</summary>
    /// <param name="keepsEarlier">Whether the JWKS goes on showing the earlier ones.</param>
    public void Rotate(bool keepsEarlier)
    {
        lock (_gate)
        {
            _published = [NewKey(), .. keepsEarlier ? Published.Take(MaxPublished - 1) : []];
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var rsa in _made)
            {
                rsa.Dispose();
            }
        }
    }

    private RsaSecurityKey NewKey()
    {
        var rsa = RSA.Create(2048);
        _made.Add(rsa);
        // A token that is being signed may still hold a key that has gone from the list, so only those well behind it are given up.
        while (_made.Count > 2 * MaxPublished)
        {
            _made[0].Dispose();
            _made.RemoveAt(0);
        }

        return new RsaSecurityKey(rsa) { KeyId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20)) };
    }
}
