using Notify.Bot.Checks;
using Notify.Posix;
using Notify.Settings;

namespace Notify.Bot.Doctor;

/// <summary>Checks that the accounts of the other installed services are in the trusted group, as calls to and from the bot need.</summary>
internal sealed class ServiceAccountCheck(SettingsReader reader, CheckReport report)
{
    /// <summary>Where systemd looks for units, first found first (systemd.unit(5)).</summary>
    private const string UnitFolders =
        "/etc/systemd/system:/run/systemd/system:/usr/local/lib/systemd/system:/usr/lib/systemd/system:/lib/systemd/system";

    public void Run(Group? trusted)
    {
        foreach (var service in new[] { "notify-web", "notify-gateway" })
        {
            if (trusted is not null && UserOf(service) is { } name)
            {
                Check(service, name, trusted);
            }
        }
    }

    private void Check(string service, string name, Group trusted)
    {
        if (Account.Find(name) is not { } account)
        {
            report.Wrong(
                service,
                $"there is no account {name} for it to run as",
                $"useradd --system --no-create-home --shell /usr/sbin/nologin --groups {trusted.Name} {name}; systemctl restart {service}"
            );
        }
        else if (!account.Groups().Contains(trusted.Gid))
        {
            report.Wrong(
                service,
                $"it runs as {name}, which is not in {trusted.Name}, so the bot does not trust it",
                $"usermod -aG {trusted.Name} {name}; systemctl restart {service}"
            );
        }
        else
        {
            report.Ok(service, $"runs as {name}, in {trusted.Name}");
        }
    }

    /// <summary>The account in its unit; null if the service is not installed.</summary>
    private string? UserOf(string service)
    {
        foreach (
            var folder in reader
                .Text("SYSTEMD_UNIT_PATH", UnitFolders)
                .Split(':', StringSplitOptions.RemoveEmptyEntries)
        )
        {
            var unit = Path.Combine(folder, service + ".service");
            if (File.Exists(unit))
            {
                return File.ReadLines(unit)
                    .Where(line => line.StartsWith("User=", StringComparison.Ordinal))
                    .Select(line => line["User=".Length..].Trim())
                    .LastOrDefault();
            }
        }

        return null;
    }
}
