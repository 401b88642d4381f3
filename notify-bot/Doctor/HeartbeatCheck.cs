using Notify.Bot.Checks;
using Notify.Bot.Hosting;

namespace Notify.Bot.Doctor;

/// <summary>Checks that the address of the dead man's switch answers. The check itself is a sign of life there.</summary>
internal sealed class HeartbeatCheck(BotSettings settings, TimeProvider time, CheckReport report)
{
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (settings.Heartbeat is not { } address)
        {
            return;
        }

        using var client = new HeartbeatClient(address, settings.Proxy, time);
        if (await client.CallAsync(cancellation) is { } failure)
        {
            report.Wrong(
                "heartbeat",
                $"the address in {HeartbeatAddress.Variable} fails: {failure}",
                $"nano {DoctorCommand.DefaultFile}; systemctl restart notify-bot   (or fix the service behind the address, DNS, the proxy or the firewall)"
            );
        }
        else
        {
            report.Ok("heartbeat", "the address answers");
        }
    }
}
