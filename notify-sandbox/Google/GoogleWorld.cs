namespace Notify.Sandbox.Google;

/// <summary>All that a sandbox's Google knows. Its parts are safe to use from many threads.</summary>
internal sealed class GoogleWorld : IDisposable
{
    // As Google's own.
    private const string CodePrefix = "4/0";
    private const string AccessTokenPrefix = "ya29.";

    /// <param name="options">How the sandbox is set up.</param>
    /// <param name="address">Where it is served.</param>
    /// <exception cref="UsageException">An account, client or address that can't be.</exception>
    public GoogleWorld(SandboxOptions options, Uri address)
    {
        foreach (var account in options.GoogleAccounts)
        {
            if (!GoogleAccount.IsAddress(account.Email))
            {
                throw new UsageException(
                    $"--google-account is {account.Email}: it should be an e-mail address, such as dana@example.com."
                );
            }
        }

        Time = options.Time;
        Address = address;
        Client = new GoogleClient(options.GoogleClientId, options.GoogleClientSecret, options.GoogleRedirects);
        Accounts = new AccountBook(options.GoogleAccounts);
        Codes = new TokenShelf(CodePrefix, options.KeptGoogleTokens);
        AccessTokens = new TokenShelf(AccessTokenPrefix, options.KeptGoogleTokens);
    }

    public TimeProvider Time { get; }

    public Uri Address { get; }

    /// <summary>What ID tokens say they come from: without a slash at its end, as Google's.</summary>
    public string Issuer => Address.ToString().TrimEnd('/');

    public GoogleClient Client { get; }

    public AccountBook Accounts { get; }

    public TokenShelf Codes { get; }

    public TokenShelf AccessTokens { get; }

    public SigningKeys Keys { get; } = new();

    public GoogleFaults Faults { get; } = new();

    public void Dispose() => Keys.Dispose();
}
