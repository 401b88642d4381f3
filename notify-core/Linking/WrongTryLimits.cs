namespace Notify.Linking;

/// <summary>Limits wrong codes, counted over sliding windows.</summary>
/// <remarks>
/// A right code does not reset the count, because anybody with a chat can get a right code at any time. Refused tries
/// do not count, so at most 500 times are kept.
/// </remarks>
internal static class WrongTryLimits
{
    /// <summary>This user's waiting time before the next try; zero or less for none.</summary>
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

    /// <summary>Counts a try of this user, and drops expired ones.</summary>
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
