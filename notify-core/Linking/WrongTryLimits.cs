namespace Notify.Linking;

/// <summary>How often wrong codes may be tried (specification, section 5), counted over sliding windows.</summary>
/// <remarks>
/// A right code does not set the count back: whoever has a chat of their own could get a right one whenever they like. Since refused
/// tries are not counted, no more than 500 moments are ever kept.
/// </remarks>
internal static class WrongTryLimits
{
    /// <summary>How long this user must wait before the next try; zero or less where they need not.</summary>
    internal static TimeSpan Wait(IEnumerable<WrongTries> tries, UserName user, DateTimeOffset now)
    {
        var all = new List<DateTimeOffset>();
        var own = new List<DateTimeOffset>();
        foreach (var entry in tries)
        {
            var counting = entry.At.Where(at => Counts(at, now)).ToList();
            all.AddRange(counting.Where(at => now - at < JsonLinkStore.OverallWindow));
            if (string.Equals(entry.User, user.Value, StringComparison.Ordinal))
            {
                own = counting;
            }
        }

        var forOwn = WaitFor(own, JsonLinkStore.MaxWrongTriesOfUser, JsonLinkStore.UserWindow, now);
        var forAll = WaitFor(all, JsonLinkStore.MaxWrongTriesOverall, JsonLinkStore.OverallWindow, now);
        return forOwn > forAll ? forOwn : forAll;
    }

    /// <summary>Counts a try of this user, and forgets what is over.</summary>
    internal static void Add(JsonEntries<WrongTries> tries, UserName user, DateTimeOffset now)
    {
        tries.RemoveAll(entry => !entry.At.Any(at => Counts(at, now)));
        var before = tries.TryFind(user.Value, out var own) ? own.At.Where(at => Counts(at, now)) : [];
        IReadOnlyList<DateTimeOffset> at = [.. before, now];
        tries.Set(
            user.Value,
            new WrongTries(user.Value, at),
            ("wrong_at", $"[{string.Join(", ", at.Select(StateEntries.SecondsJson))}]")
        );
    }

    private static bool Counts(DateTimeOffset at, DateTimeOffset now) =>
        now - at < JsonLinkStore.UserWindow && at - now <= TimeSpan.FromMinutes(1);

    private static TimeSpan WaitFor(List<DateTimeOffset> at, int limit, TimeSpan window, DateTimeOffset now)
    {
        at.Sort();
        return at.Count < limit ? TimeSpan.Zero : at[^limit] + window - now;
    }
}
