using System.Text.Json;
using Notify.Contracts;
using Xunit;

namespace Notify.Tests.Contracts;

/// <summary>The words of states and reasons. They are on the wire, in files and in metrics, so a changed word breaks a caller, an installed file or an alert.</summary>
public sealed class WordTests
{
    [Fact]
    public void States_of_a_notification_keep_their_words_and_numbers() =>
        Check(
            DeliveryStates.Word,
            (DeliveryState.Queued, 0, "queued"),
            (DeliveryState.Delivered, 1, "delivered"),
            (DeliveryState.Failed, 2, "failed"),
            (DeliveryState.Unknown, 3, "unknown"),
            (DeliveryState.Muted, 4, "muted"),
            (DeliveryState.Held, 5, "held")
        );

    [Fact]
    public void Reasons_of_a_notification_keep_their_words_and_numbers()
    {
        Check(
            DeliveryReasons.Word,
            (DeliveryReason.None, 0, "none"),
            (DeliveryReason.Muted, 1, "muted"),
            (DeliveryReason.DesktopOnly, 2, "desktop only"),
            (DeliveryReason.QuietHours, 3, "quiet hours"),
            (DeliveryReason.RateLimited, 10, "rate limited"),
            (DeliveryReason.TelegramUnreachable, 11, "unreachable"),
            (DeliveryReason.TokenRefused, 12, "token refused"),
            (DeliveryReason.PolledElsewhere, 13, "polled elsewhere"),
            (DeliveryReason.ChatMoved, 14, "chat moved"),
            (DeliveryReason.AccountGone, 15, "account gone"),
            (DeliveryReason.GroupLeft, 16, "group left"),
            (DeliveryReason.Expired, 30, "expired"),
            (DeliveryReason.Refused, 31, "refused"),
            (DeliveryReason.DeadLink, 32, "dead link"),
            (DeliveryReason.NoLink, 33, "no link"),
            (DeliveryReason.Forgotten, 34, "forgotten"),
            (DeliveryReason.NothingToShow, 35, "nothing to show"),
            (DeliveryReason.Unreached, 36, "unreached"),
            (DeliveryReason.OutcomeUnknown, 37, "unknown"),
            (DeliveryReason.Dropped, 38, "dropped"),
            (DeliveryReason.Blocked, 50, "blocked"),
            (DeliveryReason.Kicked, 51, "kicked"),
            (DeliveryReason.Deactivated, 52, "deactivated"),
            (DeliveryReason.ChatNotFound, 53, "chat not found"),
            (DeliveryReason.NotStarted, 54, "not started")
        );
        Assert.All(
            Enum.GetValues<DeliveryReason>(),
            reason => Assert.Equal(reason, DeliveryReasons.Find(reason.Word()))
        );
        Assert.Null(DeliveryReasons.Find("a reason of a later version"));
    }

    [Fact]
    public void Reasons_of_a_dead_link_keep_their_words()
    {
        Check(
            DeadLinkReasons.Word,
            (DeadLinkReason.Other, 0, "other"),
            (DeadLinkReason.Blocked, 1, "blocked"),
            (DeadLinkReason.Kicked, 2, "kicked"),
            (DeadLinkReason.Deactivated, 3, "deactivated"),
            (DeadLinkReason.ChatNotFound, 4, "chat not found"),
            (DeadLinkReason.NotStarted, 5, "not started")
        );
        Assert.All(
            Enum.GetValues<DeadLinkReason>(),
            reason => Assert.Equal(reason, DeadLinkReasons.Read(reason.Word()))
        );
        Assert.Equal(DeadLinkReason.Other, DeadLinkReasons.Read("moved to the moon"));
    }

    [Fact]
    public void A_delivery_that_finds_out_says_why_the_link_is_dead()
    {
        Assert.Equal(DeliveryReason.Kicked, DeadLinkReason.Kicked.ForDelivery());
        Assert.Equal(DeliveryReason.DeadLink, DeadLinkReason.Other.ForDelivery());
        Assert.All(Enum.GetValues<DeadLinkReason>(), reason => Assert.True(reason.ForDelivery().IsChatUnreachable()));
        Assert.False(DeliveryReason.Refused.IsChatUnreachable());
    }

    [Fact]
    public void States_of_Telegram_keep_their_words() =>
        Check(
            TelegramStates.Word,
            (TelegramState.Unreachable, 0, "unreachable"),
            (TelegramState.Ok, 1, "ok"),
            (TelegramState.TokenRefused, 2, "token refused"),
            (TelegramState.PolledElsewhere, 3, "polled elsewhere")
        );

    [Fact]
    public void Acts_of_operators_keep_their_words() =>
        Check(
            OperatorActs.Word,
            (OperatorAct.Test, 0, "test"),
            (OperatorAct.Unlink, 1, "unlink"),
            (OperatorAct.Retry, 2, "retry"),
            (OperatorAct.Drop, 3, "drop"),
            (OperatorAct.Forget, 4, "forget")
        );

    private static void Check<T>(Func<T, string> word, params (T Member, int Number, string Word)[] words)
        where T : struct, Enum
    {
        Assert.Equal(Enum.GetValues<T>().Order(), words.Select(one => one.Member).Order());
        Assert.All(
            words,
            one =>
            {
                Assert.Equal(one.Number, Convert.ToInt32(one.Member, null));
                Assert.Equal(one.Word, word(one.Member));
                Assert.Equal($"\"{one.Word}\"", JsonSerializer.Serialize(one.Member));
            }
        );
    }
}
