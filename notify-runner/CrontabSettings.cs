using Notify.Scripts;
using Notify.Settings;

namespace Notify.Runner;

/// <summary>The runner's settings as cron gives them to a round: a wrong one stops every round, and a call by hand does not see it.</summary>
internal static class CrontabSettings
{
    /// <summary>A sentence for each setting of the crontab that is wrong, with where to fix it.</summary>
    internal static IReadOnlyList<string> Problems(ScriptHome home, TimeProvider time, CancellationToken cancellation)
    {
        var variables = Crontab.Variables(home, time, cancellation);
        var reader = new SettingsReader(name => variables.GetValueOrDefault(name));
        _ = ScriptSettings.Read(reader);
        return [.. reader.Problems.Select(problem => $"{problem} No round runs until it is fixed: crontab -e")];
    }
}
