using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace Notify.Sandbox.Google;

/// <summary>
/// The data of issued codes or access tokens. They are random words, like Google's: nobody can read them, and removing one
/// makes a code work only once. Safe to use from many threads.
/// </summary>
/// <param name="prefix">What each begins with.</param>
/// <param name="most">How many are kept; the oldest go first.</param>
internal sealed class TokenShelf(string prefix, int most)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ClaimsPrincipal> _kept = new(StringComparer.Ordinal);
    private readonly Queue<string> _inOrder = new();

    /// <summary>How many are kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _kept.Count;
            }
        }
    }

    /// <returns>The word to give out.</returns>
    public string Put(ClaimsPrincipal principal)
    {
        var word = prefix + Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(32));
        lock (_gate)
        {
            _kept.Add(word, principal);
            _inOrder.Enqueue(word);
            while (_inOrder.Count > most)
            {
                _kept.Remove(_inOrder.Dequeue());
            }
        }

        return word;
    }

    /// <summary>Finds and removes it: of simultaneous callers with one word, one gets it.</summary>
    public bool TryTake(string word, [NotNullWhen(true)] out ClaimsPrincipal? principal)
    {
        lock (_gate)
        {
            return _kept.Remove(word, out principal);
        }
    }

    public bool TryFind(string word, [NotNullWhen(true)] out ClaimsPrincipal? principal)
    {
        lock (_gate)
        {
            return _kept.TryGetValue(word, out principal);
        }
    }
}
