using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Notify.Sending;
using Notify.Tests.Files;
using Xunit;

namespace Notify.Tests.Sending;

/// <summary>A bot that takes requests and hangs up, or stays silent.</summary>
public sealed class LostAnswerTests
{
    [Fact]
    public async Task A_send_whose_answer_is_lost_is_tried_again_for_sixteen_seconds()
    {
        using var folder = new ScratchFolder();
        var path = Path.Combine(folder.Path, "bot.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var calls = 0;
        var answering = Task.Run(
            async () =>
            {
                while (true)
                {
                    using var caller = await listener.AcceptAsync(TestContext.Current.CancellationToken);
                    calls += await caller.ReceiveAsync(new byte[1]);
                }
            },
            TestContext.Current.CancellationToken
        );
        var time = new ImpatientTime();

        var lost = Assert.Throws<BotUnreachableException>(() =>
            new SendApiClient(path, time).SendHtml(null, "text", false, null, TestContext.Current.CancellationToken)
        );

        Assert.True(lost.MayHaveArrived);
        Assert.Equal(TimeSpan.FromSeconds(16), time.Pauses.Aggregate(TimeSpan.Zero, (sum, pause) => sum + pause));
        Assert.All(time.Pauses, pause => Assert.InRange(pause.TotalSeconds, 0, 5));
        listener.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(() => answering);
        Assert.Equal(time.Pauses.Count + 1, calls);
    }

    [Fact]
    public void A_bot_that_stays_silent_after_the_whole_request_may_have_taken_it_and_gets_no_repeat()
    {
        using var folder = new ScratchFolder();
        var path = Path.Combine(folder.Path, "bot.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();

        var silent = Assert.Throws<BotUnreachableException>(() =>
            new SendApiClient(path, new HastyTime()).SendHtml(
                null,
                "text",
                false,
                null,
                TestContext.Current.CancellationToken
            )
        );

        Assert.True(silent.MayHaveArrived);
        Assert.Contains("gave no answer within 20 s", silent.Message, StringComparison.Ordinal);
        using var only = listener.Accept();
        Assert.False(listener.Poll(TimeSpan.Zero, SelectMode.SelectRead));
    }

    /// <summary>Each look at the clock finds a time limit over.</summary>
    private sealed class HastyTime : TimeProvider
    {
        private long _now;

        public override long GetTimestamp() => _now += SendApiClient.CallTimeout.Ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    }

    /// <summary>Notes each pause and lets nobody wait for it.</summary>
    private sealed class ImpatientTime : FakeTimeProvider
    {
        public List<TimeSpan> Pauses { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Pauses.Add(dueTime);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
