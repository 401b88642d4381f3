using Notify.Posix;
using Notify.Settings;

namespace Notify.Bot.Doctor;

/// <summary>Whether the accounts of the services beside the bot, where they are installed, may call it and be called by it: members of the trusted group.</summary>
internal sealed class ServiceAccountCheck(SettingsReader reader, DoctorReport findings)
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
            findings.Wrong(
                service,
                $"there is no account {name}, which it runs as",
                $"useradd --system --no-create-home --shell /usr/sbin/nologin --groups {trusted.Name} {name}; systemctl restart {service}"
            );
        }
        else if (!account.Groups().Contains(trusted.Gid))
        {
            findings.Wrong(
                service,
                $"{name}, which it runs as, is not in {trusted.Name}: the bot takes it for a stranger",
                $"usermod -aG {trusted.Name} {name}; systemctl restart {service}"
            );
        }
        else
        {
            findings.Ok(service, $"runs as {name}, in {trusted.Name}");
        }
    }

    /// <summary>Whom its unit runs it as; null where it isn't installed.</summary>
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
