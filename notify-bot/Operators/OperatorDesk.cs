using System.Globalization;
using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Bot.SendApi;
using Notify.Bot.Telegram;
using Notify.Contracts;
using Notify.Formatting;
using Notify.Http;
using Notify.Linking;
using Notify.Text;

namespace Notify.Bot.Operators;

/// <summary>
/// What operators do. Each act is in the audit before it begins and in the log, with who did it. What it can't do, because there is nothing to do, is refused before that.
/// A caller who goes away does not end it.
/// </summary>
internal sealed partial class OperatorDesk(
    IOutbox outbox,
    ILinkStore links,
    Recipients recipients,
    AcceptPipeline pipeline,
    DeliveryWorker worker,
    PendingNotifications pendings,
    Forgetting forgetting,
    TelegramStatus telegram,
    TimeProvider time,
    ILogger<OperatorDesk> log
)
{
    /// <summary>How long an act waits for what it began.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    internal async Task TestAsync(HttpContext context)
    {
        var (by, user) = (OperatorGate.Of(context), UserOf(context));
        var (isReached, link) = await recipients.FindAsync(user, context.RequestAborted);
        if (!isReached)
        {
            throw recipients.NotLinked(user, null);
        }

        await ActAsync(context, OperatorAct.Test, user, async () => Said(user, await SendAsync(by, user, link)));
    }

    internal async Task UnlinkAsync(HttpContext context)
    {
        var user = UserOf(context);
        if (links.Stored(user) is null)
        {
            throw Nothing($"{user} has no link.");
        }

        await ActAsync(
            context,
            OperatorAct.Unlink,
            user,
            async () =>
                await links.UnlinkAsync(user, CancellationToken.None) is null
                    ? $"{user} had no link any more."
                    : $"{user} is no longer linked. The bot tells the chat."
        );
    }

    internal async Task RetryAsync(HttpContext context)
    {
        var (user, count) = Waiting(context);
        await ActAsync(
            context,
            OperatorAct.Retry,
            user,
            async () =>
            {
                await worker.HurryAsync(user);
                return telegram.Now.State == TelegramState.Ok
                    ? $"The bot tries {Count(count, "waiting notification")} of {user} now, as fast as Telegram allows."
                    : $"Telegram takes nothing now ({telegram.Now.State.Word()}). {Count(count, "notification")} of {user} go out when it does.";
            }
        );
    }

    internal async Task DropAsync(HttpContext context)
    {
        var (user, _) = Waiting(context);
        await ActAsync(
            context,
            OperatorAct.Drop,
            user,
            async () =>
            {
                var ends = await EndAllAsync(await worker.DropAsync(user));
                var dropped = ends.Count(end => end.Reason == DeliveryReason.Dropped);
                var waiting = ends.Count(end => end.State == DeliveryState.Queued);
                var others = ends.Count - dropped - waiting;
                return $"Dropped {Count(dropped, "waiting notification")} of {user}; the history has {(dropped == 1 ? "it" : "them")} as failed."
                    + (others > 0 ? $" {Count(others, "other")} had just ended." : "")
                    + (waiting > 0 ? $" {Count(waiting, "other")} will be dropped when the present attempt ends." : "");
            }
        );
    }

    internal async Task ForgetAsync(HttpContext context)
    {
        var user = UserOf(context);
        await ActAsync(context, OperatorAct.Forget, user, () => forgetting.RunAsync(user));
    }

    /// <summary>Runs an act with its entries in audit and log, and answers with what was done.</summary>
    /// <param name="context">The request.</param>
    /// <param name="act">What is done.</param>
    /// <param name="user">To whom.</param>
    /// <param name="run">Does it, and says what was done.</param>
    internal async Task ActAsync(HttpContext context, OperatorAct act, UserName user, Func<Task<string>> run)
    {
        var by = OperatorGate.Of(context);
        var (number, _) = await outbox.BeginActAsync(by, act, user);
        LogBegun(log, by, act.Word(), user);
        string said;
        try
        {
            said = await run();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // An unexpected exception is in the log, and nothing of it in the audit.
            var why = e is ApiException or IOException ? e.Message : "an unexpected failure; bot.log has the reason";
            LogFailed(log, by, act.Word(), user, SafeText.Line(why));
            await EndAsync(number, $"Failed: {why}");
            throw;
        }

        LogDone(log, by, act.Word(), user, SafeText.Line(said));
        await EndAsync(number, said);
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new OperatorActedAnswer(said),
            OperatorContract.Json.OperatorActedAnswer
        );
    }

    /// <summary>The user in the path.</summary>
    /// <exception cref="ApiException">404: it can't be a user name.</exception>
    internal static UserName UserOf(HttpContext context) =>
        UserName.TryParse(context.Request.RouteValues["user"] as string, out var user)
            ? user
            : throw new ApiException(
                StatusCodes.Status404NotFound,
                $"The path names no user: a name is {UserName.Shape}."
            );

    /// <summary>A number with its noun.</summary>
    internal static string Count(int count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");

    private (UserName User, int Count) Waiting(HttpContext context)
    {
        var user = UserOf(context);
        return pendings.Of(user).Count is > 0 and var count
            ? (user, count)
            : throw Nothing($"No notification of {user} waits.");
    }

    private static ApiException Nothing(string sentence) => new(StatusCodes.Status409Conflict, sentence);

    private Task<DeliveryOutcome> SendAsync(string by, UserName user, Link? link) =>
        pipeline.SendAsync(
            new SendCommand
            {
                User = user,
                Title = "Test message",
                Message = $"{by} sent this to see whether notifications reach you. There is nothing to do.",
                ParseMode = ParseMode.Plain,
            },
            link,
            Patience,
            CancellationToken.None
        );

    private static string Said(UserName user, DeliveryOutcome outcome) =>
        outcome switch
        {
            DeliveryOutcome.Accepted { Progress: { IsOnDesktopOnly: true } } =>
                $"The test message reached a desktop of {user}. No phone is linked.",
            DeliveryOutcome.Accepted { Progress: var progress } => progress.State switch
            {
                DeliveryState.Delivered => $"The test message to {user} was delivered.",
                DeliveryState.Held => $"{user} has quiet hours: the test message comes at their end.",
                DeliveryState.Muted => $"{user} has muted everything: the test message is in the history only.",
                DeliveryState.Queued =>
                    $"The test message to {user} is queued ({progress.Reason?.Word() ?? "Telegram has not answered yet"}).",
                _ => $"The test message to {user} was not delivered ({progress.Reason?.Word()}).",
            },
            DeliveryOutcome.LinkDead dead =>
                $"The chat of {user} takes no messages ({dead.Reason.Word()}), so no test message was sent.",
            DeliveryOutcome.TooManyWaiting =>
                $"Too many notifications of {user} wait already, so no test message was added.",
            _ => throw new InvalidOperationException($"No words for {outcome.GetType().Name}."),
        };

    /// <summary>Waits for the ends of notifications, but not for long.</summary>
    private async Task<IReadOnlyList<DeliveryProgress>> EndAllAsync(IReadOnlyList<PendingNotification> notifications) =>
        await Task.WhenAll(notifications.Select(one => one.WaitAsync(Patience, time, CancellationToken.None)));

    /// <summary>Stores the end of an act. The act is done, whether this can be stored or not, and the log has it.</summary>
    private async Task EndAsync(long number, string detail)
    {
        try
        {
            await outbox.EndActAsync(number, detail);
        }
        catch (OutboxNotWritableException)
        {
            // The outbox says in the log what is wrong with it.
        }
    }

    [LoggerMessage(1901, LogLevel.Information, "Operator {By} begins: {Act} {User}.")]
    private static partial void LogBegun(ILogger log, string by, string act, UserName user);

    [LoggerMessage(1902, LogLevel.Information, "Operator {By}: {Act} {User}. {Said}")]
    private static partial void LogDone(ILogger log, string by, string act, UserName user, string said);

    [LoggerMessage(1903, LogLevel.Warning, "Operator {By}: {Act} {User} failed. {Reason}")]
    private static partial void LogFailed(ILogger log, string by, string act, UserName user, string reason);
}
