using Xunit;

namespace Notify.Tests;

/// <summary>A user name is what the system's accounts are called, directories' included, and nothing that means more to a shell, to sudo or to a path.</summary>
public sealed class UserNameTests
{
    [Theory]
    [InlineData("alice")]
    [InlineData("_alice")]
    [InlineData("jane.doe@corp.example")]
    [InlineData("hc.jane")]
    [InlineData("HCJane")]
    [InlineData("4711jane")]
    [InlineData("a-b_c.d@E")]
    [InlineData("christopher.montgomery-longname@emea.corp.example.com")]
    public void These_are_user_names(string name) => Assert.Equal(name, UserName.Parse(name).Value);

    [Theory]
    [InlineData("")]
    [InlineData("-alice")]
    [InlineData(".alice")]
    [InlineData("..")]
    [InlineData("#1000")]
    [InlineData("%dataread")]
    [InlineData("CORP\\jane")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a:b")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    [InlineData("al\u00efce")]
    [InlineData("a$(id)")]
    [InlineData("a,b")]
    public void These_are_none_and_it_is_said_what_is(string name)
    {
        Assert.False(UserName.TryParse(name, out _));
        Assert.Contains(UserName.Shape, UserName.Refusal(name), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', UserName.Refusal(name));
    }

    [Fact]
    public void The_longest_is_one_segment_of_a_path()
    {
        Assert.True(UserName.TryParse(new string('a', 255), out _));
        Assert.False(UserName.TryParse(new string('a', 256), out _));
    }

    [Fact]
    public void Of_a_domains_name_it_is_said_which_setting_makes_it_one() =>
        Assert.Contains("full_name_format", UserName.Refusal("CORP\\jane"), StringComparison.Ordinal);
}
