using Notify.Scripts;

namespace Notify.Runner;

/// <summary>Incidents of scripts that are not in the folder any more. Without their script they would stay open for ever.</summary>
internal static class GoneIncidents
{
    /// <summary>The scripts whose incidents end.</summary>
    /// <param name="home">Whose.</param>
    /// <param name="folder">What this round found.</param>
    /// <param name="rounds">The rounds before this one. A script counts as gone in the second round without it: somebody may be replacing it.</param>
    internal static IEnumerable<ScriptName> Find(ScriptHome home, ScriptFolder folder, RoundTimes rounds)
    {
        var there = folder
            .Scripts.Concat(folder.PassedOver.Select(file => file.Name).OfType<ScriptName>())
            .Select(script => script.Stem)
            .ToHashSet(StringComparer.Ordinal);
        return Stems(home)
            .Where(stem => !there.Contains(stem))
            .Select(stem => ScriptName.TryParse(stem + ".py", out var script) ? script : null)
            .OfType<ScriptName>()
            .Where(script => rounds.Missed(script) && ScriptState.Read(home, script).Incident is not null);
    }

    private static IReadOnlyList<string> Stems(ScriptHome home)
    {
        try
        {
            return
            [
                .. Directory
                    .EnumerateFiles(home.StateFolder, "*.json")
                    .Select(Path.GetFileNameWithoutExtension)
                    .OfType<string>(),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Each script reports that its state can't be read.
            return [];
        }
    }
}
