namespace Notify.Bot.Outbox;

/// <summary>The history by filters, and what became of one notification.</summary>
public interface IHistory
{
    /// <summary>A page of a user's notifications that a filter lets through, the newest first. Its words are not looked at: <see cref="HistorySearch"/> does that.</summary>
    /// <param name="user">The user.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="among">Only notifications with these sequences; null for all.</param>
    /// <param name="limit">The maximum number.</param>
    /// <param name="before">The sequence before which the page begins.</param>
    /// <param name="cancellation">Ends the reading when the caller is gone.</param>
    IReadOnlyList<PastNotification> Filtered(
        UserName user,
        HistoryFilter filter,
        IReadOnlyList<long>? among,
        int limit,
        long before,
        CancellationToken cancellation
    );

    /// <summary>The file names of the scripts in a user's history, in order; at most a thousand.</summary>
    IReadOnlyList<string> ScriptsOf(UserName user);

    /// <summary>What became of a notification so far.</summary>
    DeliveryTimeline TimelineOf(StoredNotification notification);

    /// <summary>What the search index needs of the notifications after one, in order.</summary>
    IReadOnlyList<SearchableText> TextsAfter(long sequence, int limit);

    /// <summary>Which of some notifications the history no longer has.</summary>
    IReadOnlyList<long> GoneOf(IReadOnlyList<long> sequences);
}
