using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Testing;

namespace Notify.Tests.Outbox;

/// <summary>A disk that hangs without an error: health reports it, and senders hear it soon.</summary>
public sealed class HungDiskTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_disk_that_hangs_is_a_trouble_until_it_answers_and_nothing_refused_is_stored()
    {
        TestAccount.SkipUnlessRoot();
        using var scene = new OutboxScene();
        using var disk = TestDisk.Freezable(scene.Folder);
        await scene.AcceptAsync("before");
        disk.Freeze();

        scene.Outbox.RequestProbe();
        await Eventually.TrueAsync(
            () =>
            {
                scene.Time.Advance(TimeSpan.FromSeconds(1));
                return scene.Outbox.Trouble is { Kind: OutboxTroubleKind.NotAnswering };
            },
            () => $"the trouble is {scene.Outbox.Trouble}",
            Cancellation
        );
        Assert.Equal(OutboxState.NotAnswering, (await scene.Outbox.CheckAsync(Cancellation))?.State);
        var send = scene.Outbox.AcceptAsync(
            scene.New("refused"),
            new DeliveryProgress(DeliveryState.Queued),
            Cancellation
        );
        scene.Time.Advance(SqliteOutbox.StoreTimeout);
        var refused = await Assert.ThrowsAsync<OutboxNotWritableException>(() => send);
        Assert.Equal(OutboxTroubleKind.NotAnswering, refused.Trouble.Kind);

        disk.Thaw();
        await Eventually.TrueAsync(() => scene.Outbox.IsWritable, () => "it is not writable", Cancellation);
        await scene.AcceptAsync("after");
        Assert.Equal(["before", "after"], scene.Waiting());
        Assert.Equal(["1612", "1603"], scene.Log.Lines.Select(line => line[..4]));
    }
}
