using System.Diagnostics;

namespace Notify.Testing;

/// <summary>A real gateway in a process of its own.</summary>
public sealed class GatewayProcess : ServiceProcess
{
    private GatewayProcess(Process process)
        : base(process, "3000") { }

    /// <summary>Where clients connect, as its log says.</summary>
    public Uri Address => new(Said.Split("serves clients on ")[1].Split(' ')[0]);

    /// <summary>Starts a gateway and waits until it serves, or has ended.</summary>
    /// <param name="environment">All of its environment, beside PATH.</param>
    /// <param name="user">The account it runs as, with all its groups; null is this test's own.</param>
    /// <param name="cancellation">The test's.</param>
    public static async Task<GatewayProcess> StartAsync(
        IReadOnlyDictionary<string, string> environment,
        string? user,
        CancellationToken cancellation
    )
    {
        var gateway = new GatewayProcess(Start(Programs.Path("notify-gateway"), environment, user));
        await gateway.WaitUntilItServesAsync(cancellation);
        return gateway;
    }
}
