using System.Threading.RateLimiting;
using Microsoft.Extensions.Time.Testing;
using Notify.Bot;
using Notify.Bot.Delivery;

namespace Notify.Tests.Delivery;

/// <summary>The rates, held against a server that counts each message at the worst moment between its sending and its answer.</summary>
public sealed class TelegramRateLimiterTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly TelegramRateLimiter _pace;

    public TelegramRateLimiterTests() => _pace = new TelegramRateLimiter(new PaceLimits(30, 1, 20), _time);

    public void Dispose() => _pace.Dispose();

    [Fact]
    public void A_private_chat_takes_three_at_once_and_then_one_a_second()
    {
        var chat = new ChatId(7001);

        Assert.Equal(3, SendAll(chat));
        for (var second = 0; second < 5; second++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(999));
            Assert.Equal(0, SendAll(chat));
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Equal(1, SendAll(chat));
        }

        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(3, SendAll(chat));
    }

    [Fact]
    public void An_album_of_ten_counts_as_ten_messages()
    {
        var chat = new ChatId(7);
        var album = Begin(chat, 10);
        Assert.NotNull(album);
        _pace.End(chat, album, 10);

        Assert.False(_pace.TryBegin(chat, 1, out _, out var wait, out var forAll));
        Assert.Equal((TimeSpan.FromSeconds(8), false), (wait, forAll));
        _time.Advance(TimeSpan.FromSeconds(8));
        Assert.NotNull(Begin(chat));
    }

    [Fact]
    public void An_album_waits_for_a_whole_burst_and_in_a_group_for_its_own_number()
    {
        var (chat, group) = (new ChatId(7), new ChatId(-7));
        _pace.End(chat, Begin(chat)!, 1);
        Assert.Null(Begin(chat, 5));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(Begin(chat, 5));

        _pace.End(group, Begin(group, 10)!, 10);
        _pace.End(group, Begin(group)!, 1);
        Assert.Null(Begin(group, 10));
        Assert.NotNull(Begin(group, 9));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Null(Begin(group));
    }

    [Fact]
    public void An_album_takes_as_many_permits_over_all_chats_as_it_has_photos()
    {
        foreach (var i in Enumerable.Range(1, 3))
        {
            Assert.NotNull(Begin(new ChatId(i), 10));
        }

        Assert.False(_pace.TryBegin(new ChatId(9), 1, out _, out _, out var forAll));
        Assert.True(forAll);
    }

    [Fact]
    public void A_group_takes_twenty_in_any_minute()
    {
        var group = new ChatId(-4201);

        Assert.Equal(20, SendAll(group));
        _time.Advance(TimeSpan.FromSeconds(59.9));
        Assert.Equal(0, SendAll(group));
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(20, SendAll(group));
    }

    [Fact]
    public void Thirty_go_out_over_all_chats_and_each_permit_comes_back_a_second_after_the_answer()
    {
        var leases = Enumerable.Range(1, 30).Select(i => (Chat: new ChatId(i), Lease: Begin(new ChatId(i))!)).ToList();

        Assert.False(_pace.TryBegin(new ChatId(99), 1, out _, out var wait, out var forAll));
        Assert.True(forAll);
        Assert.Null(wait);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.False(_pace.TryBegin(new ChatId(99), 1, out _, out _, out _));

        leases.ForEach(l => _pace.End(l.Chat, l.Lease, 1));
        Assert.False(_pace.TryBegin(new ChatId(99), 1, out _, out wait, out forAll));
        Assert.Equal(TimeSpan.FromSeconds(1), wait);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(Begin(new ChatId(99)));
    }

    [Fact]
    public void A_chat_that_has_to_wait_waits_alone()
    {
        _pace.Hold(new ChatId(1), TimeSpan.FromSeconds(8288));
        _pace.Hold(new ChatId(1), TimeSpan.FromSeconds(3));

        Assert.False(_pace.TryBegin(new ChatId(1), 1, out _, out var wait, out var forAll));
        Assert.Equal(TimeSpan.FromSeconds(8288), wait);
        Assert.False(forAll);
        Assert.NotNull(Begin(new ChatId(2)));
        _time.Advance(TimeSpan.FromSeconds(8288));
        Assert.NotNull(Begin(new ChatId(1)));
    }

    /// <summary>Two things at a time to each of a few chats, as fast as the pace lets them, with answers that take up to three seconds.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Whatever_the_latencies_no_second_of_the_servers_holds_too_many(int seed)
    {
        var random = new Dice(seed);
        var chats = Enumerable.Range(1, 45).Select(i => new ChatId(i)).Append(new ChatId(-1)).ToArray();
        var onTheirWay = new List<(ChatId Chat, RateLimitLease Lease, long Counted, long Ends)>();
        var counted = new List<(ChatId Chat, long At)>();
        for (long now = 0; now < 180_000; now += 7, _time.Advance(TimeSpan.FromMilliseconds(7)))
        {
            foreach (var done in onTheirWay.Where(o => o.Ends <= now).ToArray())
            {
                onTheirWay.Remove(done);
                _pace.End(done.Chat, done.Lease, 1);
            }

            foreach (var chat in chats.Where(c => onTheirWay.Count(o => o.Chat == c) < 2 && random.Next(4) > 0))
            {
                if (Begin(chat) is { } lease)
                {
                    var ends = now + random.Next(random.Next(10) == 0 ? 3000 : 80);
                    var at = random.Next(3) switch
                    {
                        0 => now,
                        1 => ends,
                        _ => now + random.Next((int)(ends - now) + 1),
                    };
                    onTheirWay.Add((chat, lease, at, ends));
                    counted.Add((chat, at));
                }
            }
        }

        counted.Sort((a, b) => a.At.CompareTo(b.At));
        Assert.True(counted.Count > 180 * 20, $"only {counted.Count} in three minutes");
        for (var i = 30; i < counted.Count; i++)
        {
            Assert.True(counted[i].At - counted[i - 30].At >= 1000, $"31 within a second at {counted[i].At}");
        }

        foreach (var chat in counted.GroupBy(c => c.Chat))
        {
            var times = chat.Select(c => c.At).ToArray();
            if (chat.Key.IsPrivate)
            {
                var fullAgain = 0L;
                foreach (var at in times)
                {
                    fullAgain = Math.Max(fullAgain, at) + 1000;
                    Assert.True(fullAgain - at <= 3000, $"{chat.Key} too fast at {at}");
                }
            }
            else
            {
                Assert.All(times.Skip(20).Zip(times), pair => Assert.True(pair.First - pair.Second >= 60_000));
            }
        }
    }

    private RateLimitLease? Begin(ChatId chat, int count = 1) =>
        _pace.TryBegin(chat, count, out var lease, out _, out _) ? lease : null;

    private int SendAll(ChatId chat)
    {
        var sent = 0;
        while (Begin(chat) is { } lease)
        {
            _pace.End(chat, lease, 1);
            sent++;
        }

        return sent;
    }

    /// <summary>Chance that is the same in each run: a linear congruential generator (Knuth, MMIX).</summary>
    private sealed class Dice(int seed)
    {
        private ulong _state = (ulong)seed;

        public int Next(int below)
        {
            _state = (_state * 6364136223846793005) + 1442695040888963407;
            return (int)((_state >> 33) % (ulong)Math.Max(1, below));
        }
    }
}
