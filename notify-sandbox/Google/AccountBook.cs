namespace Notify.Sandbox.Google;

/// <summary>The accounts to choose from, in the order of the page. Safe to use from many threads.</summary>
internal sealed class AccountBook
{
    /// <summary>How many there can be: more than a page can show, and little memory.</summary>
    public const int Most = 1_000;

    private readonly Lock _gate = new();
    private readonly List<GoogleAccount> _accounts = [];

    /// <summary>Of several with one address, the first counts.</summary>
    public AccountBook(IEnumerable<GoogleAccount> accounts)
    {
        foreach (var account in accounts)
        {
            if (Find(account.Email) is null && !Set(account))
            {
                throw new UsageException($"There are more than {Most} Google accounts.");
            }
        }
    }

    /// <summary>Adds an account, or puts it in the place of the one with this address.</summary>
    /// <returns>False where there are <see cref="Most"/> already.</returns>
    public bool Set(GoogleAccount account)
    {
        lock (_gate)
        {
            var at = IndexOf(account.Email);
            if (at >= 0)
            {
                _accounts[at] = account;
            }
            else if (_accounts.Count < Most)
            {
                _accounts.Add(account);
            }
            else
            {
                return false;
            }

            return true;
        }
    }

    public GoogleAccount? Find(string email)
    {
        lock (_gate)
        {
            return IndexOf(email) is >= 0 and var at ? _accounts[at] : null;
        }
    }

    public IReadOnlyList<GoogleAccount> All()
    {
        lock (_gate)
        {
            return [.. _accounts];
        }
    }

    public bool Remove(string email)
    {
        lock (_gate)
        {
            var at = IndexOf(email);
            if (at < 0)
            {
                return false;
            }

            _accounts.RemoveAt(at);
            return true;
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _accounts.Clear();
        }
    }

    private int IndexOf(string email) =>
        _accounts.FindIndex(a => a.Email.Equals(email, StringComparison.OrdinalIgnoreCase));
}
