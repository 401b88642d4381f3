using Notify.Contracts;
using Notify.Linking;
using Xunit;

namespace Notify.Tests.Linking;

/// <summary>The time zone of a user's browser is kept with the link.</summary>
public sealed class TimeZoneTests : LinkStoreScene
{
    private static readonly ChatId Chat = new(42);

    private static readonly TimeZoneName Prague = Zone("Europe/Prague");

    [Fact]
    public async Task It_is_stored_once_and_stays_when_the_link_dies_moves_or_is_created_again()
    {
        await Store.LinkAsync(Alice, Chat, Cancellation);
        Assert.Null(Store.Find(Alice)!.TimeZone);

        Assert.Equal(Prague, (await Store.SetTimeZoneAsync(Alice, Prague, Cancellation))!.TimeZone);
        var written = File.GetLastWriteTimeUtc(UsersPath);
        await Store.SetTimeZoneAsync(Alice, Prague, Cancellation);
        Assert.Equal(written, File.GetLastWriteTimeUtc(UsersPath));

        await Store.MarkDeadAsync(Chat, DeadLinkReason.Blocked, Cancellation);
        await Store.MarkAliveAsync(Chat, Cancellation);
        await Store.MoveChatAsync(Chat, new ChatId(-1001), Cancellation);
        Assert.Equal(Prague, Store.Find(Alice)!.TimeZone);
        await Store.LinkAsync(Alice, new ChatId(43), Cancellation);

        using var other = new JsonLinkStore(Folder, Time);
        Assert.Equal((new ChatId(43), Prague), (other.Find(Alice)!.Chat, other.Find(Alice)!.TimeZone));
    }

    [Fact]
    public async Task Without_a_link_nothing_is_stored()
    {
        Assert.Null(await Store.SetTimeZoneAsync(Alice, Prague, Cancellation));
        Assert.False(File.Exists(UsersPath));
    }

    [Theory]
    [InlineData("\"Europe/Prague\"", "Europe/Prague")]
    [InlineData("\"../../etc/passwd\"", null)]
    [InlineData("\"\"", null)]
    [InlineData("null", null)]
    [InlineData("7", null)]
    [InlineData("{\"name\": \"Europe/Prague\"}", null)]
    public async Task What_is_no_time_zone_costs_the_zone_and_not_the_link(string json, string? zone)
    {
        await File.WriteAllTextAsync(
            UsersPath,
            $$"""{"alice": {"chat_id": 42, "linked_at": "2026-01-30T19:20:00Z", "timezone": {{json}} } }""",
            Cancellation
        );

        Assert.Equal((Chat, zone), (Store.Find(Alice)!.Chat, Store.Find(Alice)!.TimeZone?.Value));
    }

    [Theory]
    [InlineData("UTC", true)]
    [InlineData("America/Argentina/Buenos_Aires", true)]
    [InlineData("Etc/GMT+12", true)]
    [InlineData("a/b/c/d", false)]
    [InlineData("/Europe/Prague", false)]
    [InlineData("Europe/Prague\n", false)]
    [InlineData("Europe/../Prague", false)]
    [InlineData("Europe Prague", false)]
    [InlineData("A234567890123456789012345678901234567890123456789012345678901234x", false)]
    public void A_name_has_the_characters_of_the_time_zone_database(string text, bool isName) =>
        Assert.Equal(isName, TimeZoneName.TryParse(text, out _));

    private static TimeZoneName Zone(string name) =>
        TimeZoneName.TryParse(name, out var zone)
            ? zone
            : throw new ArgumentException("That is no name of a zone.", nameof(name));
}
