using System.Collections.Immutable;
using Notify.Linking;

namespace Notify.Bot.Outbox;

/// <summary>What is muted, in memory, so that an acceptance need not ask the disk. Thread-safe.</summary>
/// <remarks>
/// Callers choose the names of scripts, so a user's mutes have a bound, and no operation costs more than the logarithm of their number. Mutes that ended go with
/// the next look at their user.
/// </remarks>
internal sealed class MuteStore(TimeProvider time)
{
    /// <summary>Scripts that one user can have muted at a time: more than anybody's folder holds. The mute of everything is beside them.</summary>
    internal const int MostOfUser = 500;

    private readonly Lock _gate = new();
    private readonly Dictionary<(UserName User, AccountId Account), OfUser> _users = [];

    /// <summary>What a user has muted and what lasts still.</summary>
    public Mutes Of(UserName user, AccountId account)
    {
        lock (_gate)
        {
            return Look(user, account)?.Now ?? Mutes.None;
        }
    }

    /// <summary>Takes over what is stored, in place of all that was known. Of a user with too many mutes, those of scripts with a history stay first, then those that last longest.</summary>
    /// <param name="stored">The rows; an empty script is everything.</param>
    /// <param name="scriptsOf">The scripts in a user's history, without <c>.py</c>. Asked only for a user with too many mutes.</param>
    /// <returns>The users with too many mutes: how many, and the scripts whose mutes stay.</returns>
    public IReadOnlyList<(UserName User, AccountId Account, int Count, IReadOnlyList<string> Kept)> Load(
        IEnumerable<(string User, AccountId Account, string Script, DateTimeOffset Until)> stored,
        Func<UserName, IReadOnlySet<string>> scriptsOf
    )
    {
        var now = time.GetUtcNow();
        var rows = stored.Where(row => row.Until > now).ToLookup(row => (row.User, row.Account));
        var trimmed = new List<(UserName User, AccountId Account, int Count, IReadOnlyList<string> Kept)>();
        lock (_gate)
        {
            _users.Clear();
            foreach (var group in rows)
            {
                if (!UserName.TryParse(group.Key.User, out var user))
                {
                    continue;
                }

                var scripts = group.Where(row => row.Script.Length > 0).ToArray();
                if (scripts.Length > MostOfUser)
                {
                    var known = scriptsOf(user);
                    var count = scripts.Length;
                    scripts =
                    [
                        .. scripts
                            .OrderByDescending(row => known.Contains(row.Script))
                            .ThenByDescending(row => row.Until)
                            .Take(MostOfUser),
                    ];
                    trimmed.Add((user, group.Key.Account, count, [.. scripts.Select(row => row.Script)]));
                }

                foreach (var (_, _, script, until) in scripts.Concat(group.Where(row => row.Script.Length == 0)))
                {
                    Get(user, group.Key.Account).Set(script, until);
                }
            }
        }

        return trimmed;
    }

    /// <summary>Keeps a place for a script's mute until <see cref="Fill"/> or <see cref="Release"/>; false where the user has as many as there may be.</summary>
    public bool TryReserve(UserName user, AccountId account, string script)
    {
        lock (_gate)
        {
            if (
                Look(user, account) is { } known
                && script.Length > 0
                && !known.Now.Scripts.ContainsKey(script)
                && known.Now.Scripts.Count + known.Reserved >= MostOfUser
            )
            {
                return false;
            }

            Get(user, account).Reserved++;
            return true;
        }
    }

    /// <summary>Mutes in the place that was kept for it. The place and the mute count at no moment both.</summary>
    public void Fill(UserName user, AccountId account, string script, DateTimeOffset until)
    {
        lock (_gate)
        {
            var mutes = Get(user, account);
            mutes.Reserved--;
            mutes.Set(script, until);
            Look(user, account);
        }
    }

    /// <summary>Gives a place back: the mute won't be stored.</summary>
    public void Release(UserName user, AccountId account)
    {
        lock (_gate)
        {
            if (_users.TryGetValue((user, account), out var mutes))
            {
                mutes.Reserved--;
                Look(user, account);
            }
        }
    }

    /// <summary>Ends the mute of one script of a user, or of everything where its name is empty.</summary>
    public void End(UserName user, AccountId account, string script)
    {
        lock (_gate)
        {
            if (_users.TryGetValue((user, account), out var mutes))
            {
                mutes.Set(script, null);
                Look(user, account);
            }
        }
    }

    /// <summary>Ends all that a user has muted.</summary>
    public void EndAll(UserName user, AccountId account)
    {
        lock (_gate)
        {
            if (_users.TryGetValue((user, account), out var mutes))
            {
                mutes.Clear();
                Look(user, account);
            }
        }
    }

    private OfUser Get(UserName user, AccountId account)
    {
        if (!_users.TryGetValue((user, account), out var mutes))
        {
            _users[(user, account)] = mutes = new OfUser();
        }

        return mutes;
    }

    /// <summary>A user's mutes without those that have ended; null where nothing is left.</summary>
    private OfUser? Look(UserName user, AccountId account)
    {
        if (!_users.TryGetValue((user, account), out var mutes))
        {
            return null;
        }

        mutes.RemoveEnded(time.GetUtcNow());
        if (mutes.IsEmpty)
        {
            _users.Remove((user, account));
            return null;
        }

        return mutes;
    }

    /// <summary>One user's mutes, as callers are told them, and the scripts in the order in which their mutes end.</summary>
    private sealed class OfUser
    {
        private static readonly ImmutableDictionary<string, DateTimeOffset> NoScripts = ImmutableDictionary.Create<
            string,
            DateTimeOffset
        >(StringComparer.Ordinal);

        private readonly SortedSet<(DateTimeOffset Until, string Script)> _byEnd = new(
            Comparer<(DateTimeOffset Until, string Script)>.Create(
                (one, other) =>
                    one.Until.CompareTo(other.Until) is var order and not 0
                        ? order
                        : string.CompareOrdinal(one.Script, other.Script)
            )
        );

        private ImmutableDictionary<string, DateTimeOffset> _scripts = NoScripts;

        public Mutes Now { get; private set; } = Mutes.None;

        /// <summary>Mutes on their way to the disk.</summary>
        public int Reserved { get; set; }

        public bool IsEmpty => Now.All is null && _scripts.IsEmpty && Reserved == 0;

        public void Set(string script, DateTimeOffset? until)
        {
            if (script.Length == 0)
            {
                Now = Now with { All = until };
                return;
            }

            if (_scripts.TryGetValue(script, out var before))
            {
                _byEnd.Remove((before, script));
            }

            if (until is { } end)
            {
                _byEnd.Add((end, script));
                _scripts = _scripts.SetItem(script, end);
            }
            else
            {
                _scripts = _scripts.Remove(script);
            }

            Now = Now with { Scripts = _scripts };
        }

        public void Clear()
        {
            _byEnd.Clear();
            _scripts = NoScripts;
            Now = Mutes.None;
        }

        public void RemoveEnded(DateTimeOffset now)
        {
            if (Now.All <= now)
            {
                Set("", null);
            }

            while (_byEnd.Count > 0 && _byEnd.Min is var first && first.Until <= now)
            {
                Set(first.Script, null);
            }
        }
    }
}
