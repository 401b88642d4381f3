namespace Notify.Scripts;

/// <summary>
/// The Python package that scripts can import without an installation. A folder with nothing else goes on their path: beside this program, where builds
/// put it, else where server/lib/stage.sh puts it.
/// </summary>
internal static class PythonPackage
{
    /// <summary>What scripts import.</summary>
    internal const string Name = "notifykit";

    private const string PathVariable = "PYTHONPATH";

    private const string InstalledFolder = "/opt/data-analyst/notify/python";

    /// <summary>Adds its folder to an environment's <c>PYTHONPATH</c>, behind what is there: the user's own files win.</summary>
    /// <param name="environment">The variables of a script.</param>
    /// <param name="modes">Checks that only the user or root can change the package, because it runs as the user.</param>
    /// <param name="problem">Why it was not added, as a sentence; null if it was, or is not installed.</param>
    internal static void AddTo(Dictionary<string, string> environment, StrictModes modes, out string? problem)
    {
        problem = null;
        if (Find() is not { } folder)
        {
            return;
        }

        if (Objection(folder, modes) is { } objection)
        {
            problem = $"The package notifykit is not used: {objection}.";
            return;
        }

        environment[PathVariable] =
            environment.TryGetValue(PathVariable, out var own) && own.Length > 0 ? $"{own}:{folder}" : folder;
    }

    private static string? Find() =>
        new[] { Path.Combine(AppContext.BaseDirectory, "python"), InstalledFolder }.FirstOrDefault(folder =>
            File.Exists(Path.Combine(folder, Name, "__init__.py"))
        );

    private static string? Objection(string folder, StrictModes modes)
    {
        var package = Path.Combine(folder, Name);
        try
        {
            return modes.OfFolder(folder)
                ?? modes.OfFolder(package)
                ?? Directory
                    .EnumerateFileSystemEntries(package)
                    .Select(path => modes.OfImported(path, out _))
                    .FirstOrDefault(objection => objection is not null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{package} can't be read ({e.Message})";
        }
    }
}
