using Notify.Bot.Desktops;
using Notify.Bot.Limits;
using Notify.Bot.Metrics;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Formatting;
using Notify.Images;
using Notify.Linking;
using Notify.Tables;

namespace Notify.Bot.Delivery;

/// <summary>
/// Accepts notifications, in a list of steps. The first step that knows the outcome ends it. An accepted notification is on disk. The bot delivers it once, or records
/// why not. <see cref="CommitReader"/> takes over from the disk.
/// </summary>
public sealed partial class AcceptPipeline(
    IOutbox outbox,
    AttachmentStore attachments,
    PendingNotifications pendings,
    DesktopDispatch desktops,
    BotMetrics metrics,
    LargeTexts largeTexts,
    TimeProvider time
)
{
    /// <summary>The name of the CSV file with a whole table.</summary>
    private const string TableFileName = "table.csv";

    /// <summary>Maximum number of a user's held and waiting notifications (docs/send-api.md), well above a noisy night.</summary>
    internal const int MaxHeldOfUser = 1_000;

    /// <summary>Accepts a notification and waits a while for its delivery.</summary>
    /// <param name="command">The notification.</param>
    /// <param name="link">The user's link; null if no phone is linked and only a connected desktop gets it.</param>
    /// <param name="wait">How long to wait for its delivery.</param>
    /// <param name="cancellation">The sender is gone. A stored notification is still delivered; another is not accepted.</param>
    /// <exception cref="OutboxNotWritableException">The outbox can't store it. Nothing was accepted.</exception>
    /// <exception cref="StateUnreadableException">The links can't be read.</exception>
    public async Task<DeliveryOutcome> SendAsync(
        SendCommand command,
        Link? link,
        TimeSpan wait,
        CancellationToken cancellation
    )
    {
        var outcome = await AcceptAsync(command, link, cancellation);
        return await outcome(wait, cancellation);
    }

    /// <summary>Accepts a notification.</summary>
    /// <param name="command">The notification. After acceptance only the unsent messages stay in memory.</param>
    /// <param name="link">As for <see cref="SendAsync"/>.</param>
    /// <param name="cancellation">The sender is gone. An unstored notification is not accepted.</param>
    /// <exception cref="OutboxNotWritableException">The outbox can't store it. Nothing was accepted.</exception>
    /// <exception cref="StateUnreadableException">The links can't be read.</exception>
    public async Task<WaitForOutcome> AcceptAsync(SendCommand command, Link? link, CancellationToken cancellation)
    {
        var draft = new Draft(command, link, time.GetUtcNow());
        return await RenderAsync(draft, cancellation) // nothing visible: refused
            ?? AnswerRepeat(draft) // same user and key: the first one counts, also where a new one would be refused
            ?? RequireLiveLink(draft) // a chat that takes nothing: refused
            ?? ApplyMute(draft) // muted: kept in the history, not sent
            ?? ApplyQuiet(draft) // in quiet hours: held for their end; refused if too many are
            ?? TakeRoom(draft) // too many of this user wait: refused
            ?? await StoreAsync(draft, cancellation); // on disk; a repeat that came at the same moment is found here
    }

    private async Task<WaitForOutcome?> RenderAsync(Draft draft, CancellationToken cancellation)
    {
        var command = draft.Command;
        using var turn = await largeTexts.ReadAsync(
            command.User,
            command.Message.Length + (command.Title?.Length ?? 0L) + (draft.Accepted.Table?.Length ?? 0L),
            cancellation
        );
        if (command.Incident is { Fires: false } && draft.IsEmpty)
        {
            // The end of an incident needs no words.
            return null;
        }

        if (!NotificationRenderer.TryRender(draft.Accepted.Content, out var messages))
        {
            return Known(new DeliveryOutcome.NothingToSay());
        }

        draft.Messages = messages;
        return null;
    }

    private WaitForOutcome? AnswerRepeat(Draft draft)
    {
        if (
            draft.Command.Key is not { } key
            || outbox.FindRepeated(draft.Command.User, key, draft.Command.KeyLifetime) is not { } first
        )
        {
            return null;
        }

        // A queued notification that is not pending has just ended. The outbox has its end.
        return first.Progress.State != DeliveryState.Queued || pendings.TryFind(first.Accepted.Id, out _)
            ? Repeat(first.Accepted.Id, first.Progress)
            : null;
    }

    /// <remarks>The end of an incident is taken all the same: a chat that lives again must not show the incident as firing.</remarks>
    private static WaitForOutcome? RequireLiveLink(Draft draft) =>
        draft is { Link.Dead: { } dead, Command.Incident: null or { Fires: true } }
            ? Known(new DeliveryOutcome.LinkDead(dead.Reason))
            : null;

    private WaitForOutcome? ApplyMute(Draft draft)
    {
        draft.IsMuted = outbox.MutesOf(draft.Command.User).Until(draft.Command.Script) is not null;
        return null;
    }

    /// <summary>Holds what is not urgent. Without a phone there is nobody to wake.</summary>
    private WaitForOutcome? ApplyQuiet(Draft draft)
    {
        var command = draft.Command;
        if (
            draft.SendsNothing
            || command.PassesQuietHours
            || draft.Link is not { } link
            || outbox.QuietOf(command.User)?.EndAfter(draft.CreatedAt, time.ZoneOf(link)) is not { } until
        )
        {
            return null;
        }

        draft.HeldUntil = until;
        var (held, waiting) = (outbox.HeldOf(command.User), pendings.Of(command.User));
        return
            held.Count + waiting.Count >= MaxHeldOfUser
            || held.Bytes + waiting.Bytes >= PendingNotifications.MaxBytesOfUser
            ? Known(
                new DeliveryOutcome.TooManyWaiting(held.Count + waiting.Count, held.Bytes + waiting.Bytes)
                {
                    HeldUntil = until,
                }
            )
            : null;
    }

    private WaitForOutcome? TakeRoom(Draft draft)
    {
        if (draft.SendsNothing || draft.HeldUntil is not null)
        {
            return null;
        }

        var command = draft.Command;
        draft.Pending = new PendingNotification
        {
            Id = draft.SentId,
            User = command.User,
            CreatedAt = draft.CreatedAt,
            Size = HistoryQuota.Size(draft.Accepted),
            HasPhone = draft.Link is not null,
            // What belongs to an incident is rendered when it is sent.
            Messages = command.Incident is null ? draft.Messages : null,
            Images = command.Pictures.Count,
        };
        return pendings.TryAdd(draft.Pending) is { } waiting
            ? Known(new DeliveryOutcome.TooManyWaiting(waiting.Count, waiting.Bytes))
            : null;
    }

    private async Task<WaitForOutcome> StoreAsync(Draft draft, CancellationToken cancellation)
    {
        var command = draft.Command;
        var stored = new List<StoredAttachment>();
        Acceptance acceptance;
        try
        {
            await PutAsync(draft, stored, cancellation);
            if (command.Incident is not null)
            {
                return await PostAsync(draft, stored, cancellation);
            }

            acceptance = await outbox.AcceptAsync(
                draft.Accepted with
                {
                    Image = stored.FirstOrDefault() as StoredImage,
                    Attachments = stored is [StoredImage, ..] ? stored[1..] : stored,
                },
                draft.IsMuted ? DeliveryProgress.Muted
                    : draft.HeldUntil is { } until ? DeliveryProgress.HeldUntil(until)
                    : new DeliveryProgress(DeliveryState.Queued),
                cancellation
            );
        }
        catch (Exception e)
        {
            // Nothing was accepted: the outbox can't be written, or the sender is gone.
            var hasFailed = stored.Count < draft.AttachmentCount;
            Undo(draft, stored);
            if (e is OutboxNotWritableException && hasFailed)
            {
                outbox.RequestProbe();
            }

            throw;
        }

        switch (acceptance)
        {
            case Acceptance.Repeated { First: var first }:
                Undo(draft, stored);
                return Repeat(first.Accepted.Id, first.Progress);
            case Acceptance.Stored { Notification: var accepted }:
                metrics.Accepted();
                return draft.Pending is { } pending
                    ? WaitFor(pending)
                    : Known(new DeliveryOutcome.Accepted(accepted.Accepted.Id, accepted.Progress));
            default:
                throw new InvalidOperationException($"No outcome for {acceptance.GetType().Name}.");
        }
    }

    /// <summary>Stores charts and files, with the CSV file of a table that is not shown whole.</summary>
    private async Task PutAsync(Draft draft, List<StoredAttachment> stored, CancellationToken cancellation)
    {
        foreach (var (content, info) in draft.Command.Pictures)
        {
            stored.Add(await attachments.PutAsync(content, info, cancellation));
        }

        foreach (var (content, name) in draft.Command.Files)
        {
            stored.Add(await attachments.PutAsync(content, name, cancellation));
        }

        if (draft.Csv is { } csv)
        {
            using var content = new MemoryStream(csv, writable: false);
            stored.Add(await attachments.PutAsync(content, TableFileName, cancellation));
        }
    }

    private void Undo(Draft draft, List<StoredAttachment> stored)
    {
        if (draft.Pending is not null)
        {
            pendings.Remove(draft.Pending);
        }

        stored.ForEach(attachments.TryRemove);
    }

    private static WaitForOutcome Known(DeliveryOutcome outcome) => (_, _) => Task.FromResult(outcome);

    /// <summary>Without a phone the gateway's answer is the end, and the sender waits for it.</summary>
    private WaitForOutcome WaitFor(PendingNotification pending) =>
        async (wait, cancellation) =>
            new DeliveryOutcome.Accepted(
                pending.Id,
                await pending.WaitAsync(pending.HasPhone ? wait : Timeout.InfiniteTimeSpan, time, cancellation),
                await desktops.CountAsync(pending.Desktops)
            );

    /// <summary>The state of a repeat's notification. Waits for the end of one that is pending.</summary>
    private WaitForOutcome Repeat(string first, DeliveryProgress progress) =>
        async (wait, cancellation) =>
            new DeliveryOutcome.Accepted(
                first,
                pendings.TryFind(first, out var pending)
                    ? await pending.WaitAsync(wait, time, cancellation)
                    // It may have ended since the first read.
                    : outbox.Find(first)?.Progress ?? progress
            )
            {
                IsRepeat = true,
            };

    /// <summary>What the steps share about one notification.</summary>
    private sealed class Draft
    {
        public Draft(SendCommand command, Link? link, DateTimeOffset createdAt)
        {
            Command = command;
            Link = link;
            var layout = command.Table is { } table ? TableLayout.Of(table) : null;
            Csv = layout is { IsWhole: false } ? TableCsv.Write(command.Table!) : null;
            Accepted = new AcceptedNotification
            {
                Id = AttachmentStore.NewId(),
                User = command.User,
                Script = command.Script,
                Title = command.Title,
                Message = command.Message,
                ParseMode = command.ParseMode,
                Silent = command.Silent,
                Urgent = command.Urgent,
                Data = command.Data?.GetRawText(),
                Key = command.Key,
                KeyLifetime = command.KeyLifetime,
                HasButtons = command.HasButtons,
                Buttons = command.Buttons,
                Table = layout?.Text ?? command.Again?.Table,
                IsTableAligned = layout?.IsAligned ?? command.Again?.IsTableAligned ?? false,
                AgainOf = command.Again?.Id,
                LastLine = command.LastLine,
                Image = command.Pictures is [var first, ..] ? Unstored(first.Info) : null,
                Attachments =
                [
                    .. command.Pictures.Skip(1).Select(picture => Unstored(picture.Info)),
                    .. command.Files.Select(file => new StoredFile("", file.Name, file.Content.Length)),
                    .. Csv is null ? [] : (StoredFile[])[new StoredFile("", TableFileName, Csv.Length)],
                ],
                CreatedAt = createdAt,
            };
            SentId = command.Incident is null ? Accepted.Id : AttachmentStore.NewId();
        }

        public SendCommand Command { get; }

        public Link? Link { get; }

        /// <summary>The notification before its charts and files are stored: these have no ids yet.</summary>
        public AcceptedNotification Accepted { get; }

        /// <summary>The CSV file of a table that is not shown whole.</summary>
        public byte[]? Csv { get; }

        public string Id => Accepted.Id;

        /// <summary>The id of what is sent. A post about an incident may send something else than its content.</summary>
        public string SentId { get; }

        /// <summary>Whether there is nothing to show.</summary>
        public bool IsEmpty =>
            Accepted is { Table: null, Buttons.Count: 0 }
            && string.IsNullOrEmpty(Accepted.Title)
            && Accepted.Message.Length == 0
            && AttachmentCount == 0;

        public DateTimeOffset CreatedAt => Accepted.CreatedAt;

        public int AttachmentCount => Accepted.Attachments.Count + (Accepted.Image is null ? 0 : 1);

        public IReadOnlyList<OutgoingMessage> Messages { get; set; } = [];

        public bool IsMuted { get; set; }

        /// <summary>Whether it is stored without a message: it is muted, or the end of an incident for a chat that takes nothing.</summary>
        public bool SendsNothing => IsMuted || Link?.Dead is not null;

        /// <summary>The end of the quiet hours that hold it; null if none do.</summary>
        public DateTimeOffset? HeldUntil { get; set; }

        /// <summary>Null for a muted or held notification, because nobody waits for it.</summary>
        public PendingNotification? Pending { get; set; }

        private static StoredImage Unstored(ImageInfo info) => new("", info);
    }
}

/// <summary>Waits for the delivery of an accepted notification. Holds none of its content.</summary>
/// <param name="wait">How long to wait. The delivery continues after it.</param>
/// <param name="cancellation">Ends the wait, not the delivery.</param>
public delegate Task<DeliveryOutcome> WaitForOutcome(TimeSpan wait, CancellationToken cancellation);
