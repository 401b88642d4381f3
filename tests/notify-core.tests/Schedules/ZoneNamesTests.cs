using System.Text;
using Notify.Schedules;
using Notify.Tests.Files;
using Xunit;

namespace Notify.Tests.Schedules;

public sealed class ZoneNamesTests
{
    [Theory]
    [InlineData("US/Eastern", "America/New_York")]
    [InlineData("Europe/Kiev", "Europe/Kyiv")]
    [InlineData("Asia/Calcutta", "Asia/Kolkata")]
    public void An_old_name_counts_and_says_the_new_one(string old, string current)
    {
        Assert.SkipUnless(File.Exists("/usr/share/zoneinfo/" + old), "this system lacks the old names");
        var header = Read($"timezone {old}", new ZoneNames());

        Assert.Empty(header.Problems);
        Assert.Equal(old, header.TimeZone!.Value);
        Assert.EndsWith(
            $". Write: # notify: timezone {current}",
            Assert.Single(header.Warnings).Sentence,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("UTC")]
    [InlineData("Etc/UTC")]
    [InlineData("Europe/Prague")]
    [InlineData("Europe/Bratislava")] // a link in the database, and current
    public void A_current_name_is_taken_without_a_word(string name)
    {
        var header = Read($"timezone {name}", new ZoneNames());

        Assert.Empty(header.Problems);
        Assert.Empty(header.Warnings);
        Assert.Equal(name, header.TimeZone!.Value);
    }

    [Fact]
    public void A_system_without_old_names_says_the_new_one()
    {
        using var folder = new ScratchFolder();
        // As Debian 13 has it: the list of old names without their files.
        File.WriteAllText(
            folder["tzdata.zi"],
            "# version 2026f\nZ Europe/Kyiv 2:2:4 - LMT 1880\nL Europe/Kyiv Europe/Kiev\n"
        );
        File.WriteAllText(folder["zone.tab"], "# comment\nUA\t+5026+03031\tEurope/Kyiv\tmost of Ukraine\n");
        var zones = new ZoneNames(folder.Path, name => name.Value == "Europe/Kyiv");

        Assert.Equal(
            "This system knows no time zone \"Europe/Kiev\". Write: # notify: timezone Europe/Kyiv",
            Assert.Single(Read("timezone Europe/Kiev", zones).Problems).Sentence
        );
        Assert.Empty(Read("timezone Europe/Kyiv", zones).Problems);
    }

    [Fact]
    public void A_system_without_a_database_of_names_still_takes_zones()
    {
        using var folder = new ScratchFolder();
        var zones = new ZoneNames(folder.Path, name => name.Value == "Europe/Prague");

        Assert.Empty(Read("timezone Europe/Prague", zones).Problems);
        Assert.Single(Read("timezone Europe/Praha", zones).Problems);
    }

    private static ScriptHeader Read(string line, ZoneNames zones) =>
        ScriptHeader.Read(Encoding.UTF8.GetBytes($"# notify: {line}\n# notify: at daily 09:00"), zones);
}
