using System.Text.Json;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>What the README shows is what works.</summary>
public sealed class ReadmeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Readme => File.ReadAllText(Path.Combine(Programs.Repository, "README.md"));

    [Fact]
    public async Task Its_script_alerts_on_a_file_older_than_a_day()
    {
        var home = Directory.CreateTempSubdirectory("notify-readme-");
        var file = Path.Combine(home.CreateSubdirectory("server").FullName, "orders.parquet");
        await File.WriteAllTextAsync(file, "", Cancellation);
        File.SetLastWriteTimeUtc(file, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-30));
        var script = Readme.Split("```python\n")[1].Split("```")[0];

        var (status, said) = await RunProgram.ToEndAsync(
            "/usr/bin/python3",
            ["-c", script],
            new Dictionary<string, string> { ["HOME"] = home.FullName },
            Cancellation
        );

        Assert.True(status == 0, said);
        var printed = JsonDocument.Parse(said).RootElement;
        Assert.True(printed.GetProperty("notify").GetBoolean());
        Assert.Equal("*30 h* old", printed.GetProperty("message").GetString());
        home.Delete(recursive: true);
    }

    [Fact]
    public void Its_links_lead_somewhere()
    {
        var targets = Readme
            .Split("](")
            .Skip(1)
            .Select(part => part.Split(')')[0])
            .Where(target => !target.StartsWith("http", StringComparison.Ordinal))
            .Concat(Readme.Split("src=\"").Skip(1).Select(part => part.Split('"')[0]))
            .ToList();

        Assert.NotEmpty(targets);
        Assert.All(
            targets,
            target =>
            {
                var (file, heading) = target.Split('#') is [var page, var name] ? (page, name) : (target, null);
                var path = Path.Combine(Programs.Repository, file);
                Assert.True(Path.Exists(path), $"{target} is not there");
                if (heading is not null)
                {
                    Assert.Contains(
                        heading,
                        File.ReadLines(path)
                            .Where(line => line.StartsWith('#'))
                            .Select(line => line.TrimStart('#', ' ').ToLowerInvariant().Replace(' ', '-'))
                    );
                }
            }
        );
    }
}
