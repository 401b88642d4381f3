using Notify.Scripts;
using Notify.Settings;

namespace Notify.Runner;

/// <summary>Checks the runner's settings in the crontab. A wrong one stops every round, but a call by hand does not see it.</summary>
internal static class CrontabSettings
{
    /// <summary>One sentence for each wrong setting of the crontab, with the way to fix it.</summary>
    internal static IReadOnlyList<string> Problems(ScriptHome home, TimeProvider time, CancellationToken cancellation)
    {
        var variables = Crontab.Variables(home, time, cancellation);
        var reader = new SettingsReader(name => variables.GetValueOrDefault(name));
        _ = ScriptSettings.Read(reader);
        return [.. reader.Problems.Select(problem => $"{problem} No round runs until you fix it: crontab -e")];
    }
}
