using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Notify.Bot.Outbox;
using Notify.Contracts;

namespace Notify.Bot.Delivery;

/// <content>Posts about incidents. They take the steps of any notification; <see cref="IncidentJudge"/> decides what the last one sends.</content>
public sealed partial class AcceptPipeline
{
    private async Task<WaitForOutcome> PostAsync(
        Draft draft,
        List<StoredAttachment> stored,
        CancellationToken cancellation
    )
    {
        var (command, call) = (draft.Command, draft.Command.Incident!);
        var content = draft.IsEmpty
            ? null
            : draft.Accepted with
            {
                Image = stored.FirstOrDefault() as StoredImage,
                Attachments = stored is [StoredImage, ..] ? stored[1..] : stored,
            };
        var outcome = await outbox.PostIncidentAsync(
            new IncidentPost
            {
                User = command.User,
                Key = call.Key,
                Fires = call.Fires,
                IsConfirmed = call.IsConfirmed,
                Cooldown = call.Cooldown,
                Content = content,
                ContentHash = content is null ? null : await HashAsync(draft, cancellation),
                SentId = draft.SentId,
                NewId = AttachmentStore.NewId(),
                At = draft.CreatedAt,
                IsMuted = draft.SendsNothing,
                HasPhone = draft.Link is not null,
                Progress = draft.HeldUntil is { } until
                    ? DeliveryProgress.HeldUntil(until)
                    : new DeliveryProgress(DeliveryState.Queued),
            },
            cancellation
        );
        if (!outcome.HasStoredContent)
        {
            stored.ForEach(attachments.TryRemove);
        }

        if (outcome.Sent is not { Progress.State: DeliveryState.Queued } && draft.Pending is { } unused)
        {
            pendings.Remove(unused);
            draft.Pending = null;
        }

        if (outcome.IsTooMany)
        {
            return Known(new DeliveryOutcome.TooManyIncidents());
        }

        if (outcome.Incident is not { } incident)
        {
            // The end of what is not there. The id names nothing.
            return Known(new DeliveryOutcome.Accepted(draft.SentId, new DeliveryProgress(DeliveryState.Delivered)));
        }

        if (outcome.Sent is { } sent)
        {
            metrics.Accepted();
            return draft.Pending is { } pending
                ? WaitForIncident(pending, incident)
                : Known(Told(incident, sent.Progress));
        }

        return Known(
            Told(incident, draft.IsMuted ? DeliveryProgress.Muted : new DeliveryProgress(DeliveryState.Delivered))
        );
    }

    private static DeliveryOutcome.Accepted Told(Incident incident, DeliveryProgress progress, int? desktops = null) =>
        new(incident.FirstId, progress, desktops) { Incident = incident.Answer };

    private WaitForOutcome WaitForIncident(PendingNotification pending, Incident incident) =>
        async (wait, cancellation) =>
        {
            var progress = await pending.WaitAsync(
                pending.HasPhone ? wait : Timeout.InfiniteTimeSpan,
                time,
                cancellation
            );
            return Told(incident, progress, await desktops.CountAsync(pending.Desktops));
        };

    /// <summary>A hash of what the phone shows: texts, table, buttons, and the bytes of charts and files.</summary>
    private static async Task<string> HashAsync(Draft draft, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var accepted = draft.Accepted;
        Add(accepted.Title);
        Add(accepted.Message);
        Add(((int)accepted.ParseMode).ToString(CultureInfo.InvariantCulture));
        Add(accepted.Table);
        foreach (var button in accepted.Buttons)
        {
            Add(button.Text);
            Add(button.Url);
            Add(button.Run);
        }

        foreach (var (picture, _) in draft.Command.Pictures)
        {
            await AddAsync(picture);
        }

        foreach (var (file, name) in draft.Command.Files)
        {
            Add(name);
            await AddAsync(file);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Add(string? text)
        {
            // Lengths keep neighbours apart.
            hash.AppendData(BitConverter.GetBytes(text?.Length ?? -1));
            hash.AppendData(Encoding.UTF8.GetBytes(text ?? ""));
        }

        async Task AddAsync(Stream content)
        {
            hash.AppendData(BitConverter.GetBytes(content.Length));
            content.Position = 0;
            var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
            try
            {
                for (int read; (read = await content.ReadAsync(buffer, cancellation)) > 0; )
                {
                    hash.AppendData(buffer, 0, read);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
                content.Position = 0;
            }
        }
    }
}
