using System.ComponentModel;
using System.Diagnostics;

namespace Notify.Testing;

/// <summary>Scripts for node that bring packages of npm: installed as their lock file says, in a copy under artifacts, so that the sources stay clean.</summary>
public static class NodeScripts
{
    /// <summary>Copies a folder with <c>package.json</c> and <c>package-lock.json</c>, installs what they name unless that was done before, and gives the copy.</summary>
    /// <param name="source">The folder in the repository.</param>
    /// <param name="cancellation">The test's.</param>
    public static async Task<string> InstallAsync(string source, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(source);
        var folder = Path.Combine(
            Programs.Repository,
            "artifacts",
            "node",
            Path.GetRelativePath(Programs.Repository, source).Replace('/', '.')
        );
        Directory.CreateDirectory(folder);
        var isNew = !File.Exists(Path.Combine(folder, "node_modules", ".package-lock.json"));
        foreach (var file in Directory.EnumerateFiles(source))
        {
            var target = Path.Combine(folder, Path.GetFileName(file));
            isNew |=
                Path.GetFileName(file) == "package-lock.json"
                && !(
                    File.Exists(target)
                    && await File.ReadAllTextAsync(target, cancellation)
                        == await File.ReadAllTextAsync(file, cancellation)
                );
            File.Copy(file, target, overwrite: true);
        }

        if (isNew)
        {
            using var npm = Start("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder);
            npm.StandardInput.Close();
            var output = npm.StandardOutput.ReadToEndAsync(cancellation);
            var errors = await npm.StandardError.ReadToEndAsync(cancellation);
            await npm.WaitForExitAsync(cancellation);
            Xunit.Assert.True(
                npm.ExitCode == 0,
                $"npm ci in {folder} ended with {npm.ExitCode}: {await output}{errors}"
            );
        }

        return folder;
    }

    /// <summary>Starts a script; all three streams are the caller's.</summary>
    public static Process Start(string program, IReadOnlyList<string> arguments, string folder)
    {
        try
        {
            return Process.Start(
                new ProcessStartInfo(program, arguments)
                {
                    WorkingDirectory = folder,
                    UseShellExecute = false,
                    RedirectStandardError = true,
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                }
            )!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException(
                $"{program} is missing. Install Debian's nodejs and npm (./dev test does).",
                e
            );
        }
    }
}
