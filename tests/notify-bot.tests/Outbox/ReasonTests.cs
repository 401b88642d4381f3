using Microsoft.Data.Sqlite;
using Notify.Bot.Outbox;
using Notify.Contracts;

namespace Notify.Tests.Outbox;

/// <summary>Why a notification stands as it does: a number in the outbox, with a text beside it, which is all that older versions know.</summary>
public sealed class ReasonTests : IDisposable
{
    private readonly OutboxScene _scene = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _scene.Dispose();

    [Theory]
    [InlineData(DeliveryState.Failed, DeliveryReason.Refused, "Bad Request: blocked by the moon")]
    [InlineData(DeliveryState.Failed, DeliveryReason.DeadLink, "blocked")]
    [InlineData(DeliveryState.Queued, DeliveryReason.TokenRefused, "Unauthorized")]
    [InlineData(DeliveryState.Unknown, DeliveryReason.OutcomeUnknown, "it may have arrived: timeout")]
    public async Task A_reason_is_stored_beside_its_text(DeliveryState state, DeliveryReason reason, string text)
    {
        var stored = await _scene.AcceptAsync("hello");
        var progress = new DeliveryProgress(state) { Reason = reason, ReasonText = text };
        await _scene.Outbox.RecordAsync(stored.Sequence, progress);

        _scene.Close();
        Assert.Equal(progress, _scene.Outbox.Read(stored.Sequence)!.Progress);
    }

    [Theory]
    [InlineData(DeliveryState.Muted, "muted", DeliveryReason.Muted)]
    [InlineData(DeliveryState.Delivered, "shown on the desktop; no phone is linked", DeliveryReason.DesktopOnly)]
    [InlineData(DeliveryState.Queued, "Telegram makes this chat wait", DeliveryReason.RateLimited)]
    [InlineData(DeliveryState.Queued, "the account dana does not exist", DeliveryReason.AccountGone)]
    [InlineData(DeliveryState.Queued, "dana is not in the group analysts", DeliveryReason.GroupLeft)]
    [InlineData(DeliveryState.Queued, "Bad Gateway", DeliveryReason.TelegramUnreachable)]
    [InlineData(DeliveryState.Failed, "not delivered within 24 hours; last: Bad Gateway", DeliveryReason.Expired)]
    [InlineData(DeliveryState.Failed, "Bad Request: chat is a bot", DeliveryReason.Refused)]
    [InlineData(DeliveryState.Failed, "blocked", DeliveryReason.Blocked)]
    [InlineData(DeliveryState.Failed, "chat not found", DeliveryReason.ChatNotFound)]
    [InlineData(DeliveryState.Failed, "the user has no linked chat any more", DeliveryReason.NoLink)]
    [InlineData(
        DeliveryState.Failed,
        "it was for an earlier account dana (user id 1001); the name has user id 1002 now",
        DeliveryReason.NoLink
    )]
    [InlineData(
        DeliveryState.Failed,
        "no phone is linked, and no desktop was connected any more",
        DeliveryReason.Unreached
    )]
    [InlineData(DeliveryState.Failed, "no longer in the outbox", DeliveryReason.Forgotten)]
    [InlineData(DeliveryState.Failed, "nothing to show", DeliveryReason.NothingToShow)]
    [InlineData(DeliveryState.Unknown, "it may have arrived: timeout", DeliveryReason.OutcomeUnknown)]
    public async Task A_row_of_an_older_version_says_its_reason_by_its_text(
        DeliveryState state,
        string text,
        DeliveryReason reason
    )
    {
        var stored = await _scene.AcceptAsync("hello");
        _scene.Close();
        WriteAsAnOlderVersion(stored.Sequence, state, text);
        Run(OutboxScene.ToVersion4);

        var progress = _scene.Outbox.Read(stored.Sequence)!.Progress;

        Assert.Equal((state, reason, text), (progress.State, progress.Reason, progress.ReasonText));
    }

    [Fact]
    public async Task What_an_older_version_writes_over_a_newer_row_counts()
    {
        var stored = await _scene.AcceptAsync("hello");
        await _scene.Outbox.RecordAsync(
            stored.Sequence,
            new DeliveryProgress(DeliveryState.Queued)
            {
                Reason = DeliveryReason.TelegramUnreachable,
                ReasonText = "Bad Gateway",
            }
        );
        _scene.Close();
        WriteAsAnOlderVersion(stored.Sequence, DeliveryState.Failed, "blocked");

        Assert.Equal(DeliveryReason.Blocked, _scene.Outbox.Read(stored.Sequence)!.Progress.Reason);
        _scene.Close();
        WriteAsAnOlderVersion(stored.Sequence, DeliveryState.Delivered, null);
        Assert.Null(_scene.Outbox.Read(stored.Sequence)!.Progress.Reason);
    }

    private void WriteAsAnOlderVersion(long sequence, DeliveryState state, string? text) =>
        Run(
            "UPDATE notification SET state = $state, reason = $text WHERE sequence = $sequence",
            ("$state", (int)state),
            ("$text", (object?)text ?? DBNull.Value),
            ("$sequence", sequence)
        );

    private void Run(string sql, params (string Name, object Value)[] parameters)
    {
        using var connection = new SqliteConnection($"Data Source={_scene.File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Text of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        command.ExecuteNonQuery();
    }
}
