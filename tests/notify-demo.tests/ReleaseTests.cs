using Notify.Testing;

namespace Notify.Tests;

/// <summary>A tag becomes a release with notes and a package that apt orders correctly.</summary>
public sealed class ReleaseTests
{
    private const string Changelog = """
        # Changelog

        ## Unreleased

        - not yet

        ## 1.2.0 - 2026-12-01

        ### Added

        - one ([page](gateway.md#close-codes), [site](https://example.org/))

        ## [1.1.0] - 2026-11-01

        - older

        ## 1.0.0 - 2026-10-01

        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(
        "v1.2.0",
        "### Added\n\n- one ([page](https://example.org/team/notify/blob/v1.2.0/docs/gateway.md#close-codes), [site](https://example.org/))\n"
    )]
    [InlineData("v1.1.0", "- older\n")]
    public async Task Notes_are_the_changelogs_section_of_the_tag(string tag, string expected) =>
        Assert.Equal((0, expected), await NotesAsync(tag));

    [Theory]
    [InlineData("v1.0.0")]
    [InlineData("v1.2")]
    [InlineData("v2.0.0")]
    public async Task A_tag_without_a_section_or_with_an_empty_one_is_no_release(string tag)
    {
        var (status, said) = await NotesAsync(tag);

        Assert.Equal(1, status);
        Assert.Contains($"no section \"## {tag[1..]} - DATE\"", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.2.0", "1.2.0")]
    [InlineData("1.2.0-rc.1", "1.2.0~rc.1")]
    [InlineData("1.2.0-rc-2.x", "1.2.0~rc.2.x")]
    public async Task Debian_sorts_a_prerelease_before_its_release(string version, string expected)
    {
        var (status, said) = await RunProgram.ToEndAsync(
            "/bin/bash",
            [
                "-euc",
                """. "$1"; debian_version "$2"; dpkg --compare-versions "$(debian_version "$2")" le 1.2.0; dpkg --compare-versions "$(debian_version "$2")" gt 1.1.9""",
                "bash",
                Tool("package.sh"),
                version,
            ],
            new Dictionary<string, string>(),
            Cancellation
        );

        Assert.Equal((0, expected + "\n"), (status, said));
    }

    private static string Tool(string name) => Path.Combine(Programs.Repository, "tools", name);

    private static async Task<(int Status, string Said)> NotesAsync(string tag)
    {
        var folder = Directory.CreateTempSubdirectory("notify-release-");
        try
        {
            var changelog = Path.Combine(folder.FullName, "CHANGELOG.md");
            await File.WriteAllTextAsync(changelog, Changelog, Cancellation);
            return await RunProgram.ToEndAsync(
                Tool("release-notes.sh"),
                [tag, changelog],
                new Dictionary<string, string>
                {
                    ["GITHUB_SERVER_URL"] = "https://example.org",
                    ["GITHUB_REPOSITORY"] = "team/notify",
                },
                Cancellation
            );
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
