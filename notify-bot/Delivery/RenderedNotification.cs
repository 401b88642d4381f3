using Notify.Bot.Outbox;
using Notify.Formatting;

namespace Notify.Bot.Delivery;

/// <summary>The messages of an accepted notification.</summary>
/// <param name="Messages">The messages in their order.</param>
/// <param name="Accepted">The notification.</param>
internal sealed record RenderedNotification(IReadOnlyList<OutgoingMessage> Messages, AcceptedNotification Accepted)
{
    /// <summary>Its charts.</summary>
    internal IReadOnlyList<StoredImage> Images { get; } = Accepted.Images;

    /// <summary>Its files.</summary>
    internal IReadOnlyList<StoredFile> Files { get; } = Accepted.Files;

    /// <summary>Whether the phone stays quiet.</summary>
    internal bool Silent => Accepted.Silent;

    /// <summary>Whether Notify's own buttons are under it: a script sent it, and did not turn them off.</summary>
    internal bool HasOwnButtons => Accepted.HasButtons && Accepted.Script is not null;

    /// <summary>The incident that the messages show; null for none.</summary>
    internal Incident? Incident { get; init; }

    /// <summary>The message that it answers; null for none.</summary>
    internal ShownMessage? Answers { get; init; }

    /// <summary>The number of parts: a message counts one, an album as many as it has photos. <see cref="DeliveryProgress.PartsDone"/> counts them too.</summary>
    internal int Parts { get; } = Messages.Sum(message => message.Count);

    /// <summary>The message that is next after so many parts, and how many parts of it are done.</summary>
    internal (int Index, int Done) After(int parts)
    {
        var before = 0;
        for (var i = 0; i < Messages.Count - 1; i++)
        {
            if (parts < before + Messages[i].Count)
            {
                return (i, Math.Max(0, parts - before));
            }

            before += Messages[i].Count;
        }

        return (Messages.Count - 1, Math.Clamp(parts - before, 0, Messages[^1].Count - 1));
    }

    /// <summary>How many parts the next call sends: the photos of an album that has not begun, else one.</summary>
    internal int CostAfter(int parts) => After(parts) is var (index, done) && done == 0 ? Messages[index].Count : 1;

    /// <summary>The message with the buttons: the last one with a text, else the last file. Null if there is only an album.</summary>
    internal int? WithButtons()
    {
        int? last = null;
        for (var i = Messages.Count - 1; i >= 0; i--)
        {
            if (Messages[i].Kind is MessageKind.Text or MessageKind.Photo or MessageKind.Document)
            {
                // Of an incident, the one with the text is edited. Further documents have none.
                if (Incident is null || Messages[i].Text.Text.Length > 0)
                {
                    return i;
                }

                last = i;
            }
        }

        if (last is not null)
        {
            return last;
        }

        return Messages[^1].Kind == MessageKind.File ? Messages.Count - 1 : null;
    }
}
