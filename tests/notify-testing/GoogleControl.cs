using System.Text.Json;
using Notify.Sandbox.Control;
using Notify.Sandbox.Google;

namespace Notify.Testing;

/// <summary>The hands of a test in the sandbox's Google: its accounts, its keys, and what goes wrong there. See <see cref="PickerForm"/> for the page.</summary>
public sealed class GoogleControl
{
    private readonly SandboxControl _sandbox;

    internal GoogleControl(SandboxControl sandbox) => _sandbox = sandbox;

    /// <summary>The accounts, in the order of the page.</summary>
    public Task<IReadOnlyList<AccountView>> AccountsAsync(CancellationToken cancellation) =>
        _sandbox.GetAsync<IReadOnlyList<AccountView>>("google/accounts", cancellation);

    /// <summary>Adds an account, or puts it in the place of the one with this address.</summary>
    public Task<AccountView> AddAccountAsync(GoogleAccount account, CancellationToken cancellation) =>
        _sandbox.PostAsync<AccountView>("google/accounts", account, cancellation);

    /// <summary>Takes an account away; somebody who is logged in as it stays so.</summary>
    public Task RemoveAccountAsync(string email, CancellationToken cancellation) =>
        _sandbox.DeleteAsync($"google/accounts/{Uri.EscapeDataString(email)}", cancellation);

    /// <summary>Takes all accounts away.</summary>
    public Task ClearAccountsAsync(CancellationToken cancellation) =>
        _sandbox.DeleteAsync("google/accounts", cancellation);

    /// <summary>Makes something go wrong.</summary>
    public Task<GoogleFault> AddFaultAsync(GoogleFault fault, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(fault);
        return _sandbox.PostAsync<GoogleFault>("google/faults", fault, cancellation);
    }

    /// <summary>Makes something go wrong so many times.</summary>
    public Task<GoogleFault> AddFaultAsync(GoogleFaultKind kind, CancellationToken cancellation, int? times = 1) =>
        AddFaultAsync(new GoogleFault { Kind = kind, Times = times }, cancellation);

    /// <summary>All faults, those that are used up too, with their hits.</summary>
    public Task<IReadOnlyList<GoogleFault>> FaultsAsync(CancellationToken cancellation) =>
        _sandbox.GetAsync<IReadOnlyList<GoogleFault>>("google/faults", cancellation);

    /// <summary>Ends all faults.</summary>
    public Task ClearFaultsAsync(CancellationToken cancellation) => _sandbox.DeleteAsync("google/faults", cancellation);

    /// <summary>Signs with a new key from now on; gives the published ones, the new one first.</summary>
    public Task<IReadOnlyList<KeyView>> RotateKeyAsync(CancellationToken cancellation, bool keepsEarlier = false) =>
        _sandbox.PostAsync<IReadOnlyList<KeyView>>("google/rotate", new Rotation(keepsEarlier), cancellation);

    /// <summary>Closes the provider's port: connections are refused, those there are end. When this returns, it has begun.</summary>
    public Task BeginOutageAsync(CancellationToken cancellation, double? seconds = null) =>
        _sandbox.PostAsync<JsonElement>("google/outage", new Length(seconds), cancellation);

    /// <summary>Opens the port again.</summary>
    public Task EndOutageAsync(CancellationToken cancellation) => _sandbox.DeleteAsync("google/outage", cancellation);
}
