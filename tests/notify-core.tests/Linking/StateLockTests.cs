using Notify.Linking;
using Notify.Posix;
using Notify.Tests.Files;
using Xunit;

namespace Notify.Tests.Linking;

public sealed class StateLockTests : LinkStoreScene
{
    private static readonly ChatId Chat = new(42);

    [Fact]
    public async Task The_holder_of_a_lock_for_too_long_is_named_as_the_reason()
    {
        using var holder = new OtherProcess("hold-lock-for-ever", Folder);
        holder.LetGo();
        Assert.Equal("held", holder.ReadLine());

        var link = Store.LinkAsync(Alice, Chat, Cancellation);
        var second = Store.UnlinkAsync(Alice, Cancellation);
        Assert.False(link.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(10));

        Assert.Contains(
            ".lock: another program has held it for 10 s",
            (await Assert.ThrowsAsync<StateNotWritableException>(() => link)).Message,
            StringComparison.Ordinal
        );
        await Assert.ThrowsAsync<StateNotWritableException>(() => second);
        holder.LetGo();
        await holder.OutputAsync();
        Assert.NotNull(await Store.LinkAsync(Alice, Chat, Cancellation));
    }

    [Fact]
    public async Task Who_waits_for_changes_of_the_same_program_is_told_of_no_other()
    {
        using var both = new StateLock(Folder, Time);
        using var first = await both.AcquireAsync(Cancellation);
        var second = both.AcquireAsync(Cancellation);
        Time.Advance(TimeSpan.FromSeconds(10));

        Assert.Contains(
            "earlier changes of this program",
            (await Assert.ThrowsAsync<StateNotWritableException>(() => second)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_waiting_caller_can_give_up()
    {
        using var holder = new OtherProcess("hold-lock-for-ever", Folder);
        holder.LetGo();
        Assert.Equal("held", holder.ReadLine());
        using var giveUp = new CancellationTokenSource();
        var link = Store.LinkAsync(Alice, Chat, giveUp.Token);
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => link);
    }

    [Fact]
    public void A_deleted_lock_file_is_created_again()
    {
        var path = Path.Combine(Folder, ".lock");
        using var held = FileLock.TryAcquire(path);
        Assert.Null(FileLock.TryAcquire(path));
        File.Delete(path);

        using var next = FileLock.TryAcquire(path);
        Assert.NotNull(next);
        Assert.Null(FileLock.TryAcquire(path));
    }
}
