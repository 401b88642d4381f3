using Notify.Testing;

namespace Notify.Tests;

/// <summary>
/// The Python package by its own tests (tests/notifykit): under Debian's Python with the libraries that analysts have, without any, and under the oldest
/// Python that it supports.
/// </summary>
public sealed class NotifykitTests
{
    private const string DebiansPython = "/usr/bin/python3";

    private static string Tests => Path.Combine(Programs.Repository, "tests", "notifykit");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Test files that use libraries or tools.</summary>
    public static TheoryData<string> WithLibraries => [.. Files.Where(UsesLibraries)];

    /// <summary>The others.</summary>
    public static TheoryData<string> OfTheStandardLibrary => [.. Files.Where(file => !UsesLibraries(file))];

    private static IEnumerable<string> Files =>
        Directory
            .GetFiles(Tests, "test_*.py")
            .Select(path => Path.GetFileNameWithoutExtension(path)!)
            .Order(StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(WithLibraries))]
    public Task It_takes_what_analysts_libraries_make(string file) => Run(DebiansPython, [], file);

    [Theory]
    [MemberData(nameof(OfTheStandardLibrary))]
    public Task It_needs_no_library(string file) =>
        // -S: without the folders of installed packages.
        Run(DebiansPython, ["-S"], "--without-libraries", file);

    [Theory]
    [MemberData(nameof(OfTheStandardLibrary))]
    public async Task It_works_on_Python_3_8(string file)
    {
        var python = FindPython38();
        Assert.SkipWhen(
            python is null,
            "there is no Python 3.8 in ~/.pyenv/versions or on the path; test_package checks the syntax all the same"
        );
        await Run(python!, ["-S"], "--without-libraries", file);
    }

    private static bool UsesLibraries(string file) => file is "test_with_libraries" or "test_ipython" or "test_types";

    private static string? FindPython38()
    {
        var versions = Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
            ".pyenv",
            "versions"
        );
        return (Directory.Exists(versions) ? Directory.GetDirectories(versions, "3.8.*") : [])
            .Select(version => Path.Combine(version, "bin", "python3.8"))
            .Concat(["/usr/local/bin/python3.8", "/usr/bin/python3.8"])
            .FirstOrDefault(File.Exists);
    }

    /// <summary>Runs a test file. unittest names each failed test.</summary>
    private static async Task Run(string python, string[] options, params string[] arguments)
    {
        // MPLCONFIGDIR: the home may be closed to writing. IPYTHONDIR: IPython keeps its history there.
        var scratch = Directory.CreateTempSubdirectory("notifykit-tests-").FullName;
        try
        {
            var (status, said) = await RunProgram.ToEndAsync(
                python,
                [.. options, Path.Combine(Tests, "run_tests.py"), .. arguments],
                new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["HOME"] = scratch,
                    ["MPLCONFIGDIR"] = scratch,
                    ["IPYTHONDIR"] = scratch,
                    ["PYTHONUTF8"] = "1",
                },
                Cancellation
            );
            Assert.True(status == 0, said);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}
