using System.Globalization;
using Notify.Linking;
using Notify.Testing;
using Xunit;

namespace Notify.Tests.Linking;

/// <summary>The store's files can be large: 100,000 links, or a flood of codes.</summary>
public sealed class ManyEntriesTests
{
    /// <summary>As an upgrade does that writes an id into each entry.</summary>
    [Fact]
    public void Changing_each_entry_costs_no_more_than_their_number_says()
    {
        var excess = ThreadCost.FindExcess(
            new HostileText(("x", 1)),
            60_000,
            text => SetEach(text.Length),
            TimeSpan.FromSeconds(5),
            500_000_000
        );

        Assert.True(excess is null, $"changing 60,000 entries: {excess}");
    }

    private static void SetEach(int count)
    {
        var entries = new JsonEntries<int>("links.json", []);
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < count; i++)
            {
                entries.Set(Name(i), i, ("uid", Name(round)));
            }
        }

        Assert.Equal(count, entries.Count);
        Assert.Equal(count / 2, entries.RemoveAll(entry => entry % 2 == 1));
        Assert.True(entries.TryFind(Name(count - 2), out var last) && last == count - 2);
        Assert.False(entries.Contains(Name(count - 1)));
    }

    private static string Name(int number) => number.ToString(CultureInfo.InvariantCulture);
}
