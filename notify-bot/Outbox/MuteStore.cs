using System.Collections.Immutable;
using Notify.Linking;

namespace Notify.Bot.Outbox;

/// <summary>The mutes in memory, so acceptance needs no disk access. Thread-safe.</summary>
/// <remarks>
/// Callers choose the names of scripts, so a user's mutes have a bound, and no operation costs more than the logarithm of their number. The next access of a user
/// removes their ended mutes.
/// </remarks>
internal sealed class MuteStore(TimeProvider time)
{
    /// <summary>Maximum number of muted scripts of a user, more than a folder holds. The mute of everything does not count.</summary>
    internal const int MaxPerUser = 500;

    private readonly Lock _gate = new();
    private readonly Dictionary<(UserName User, AccountId Account), OfUser> _users = [];

    /// <summary>A user's current mutes.</summary>
    public Mutes Of(UserName user, AccountId account)
    {
        lock (_gate)
        {
            return Look(user, account)?.Now ?? Mutes.None;
        }
    }

    /// <summary>Loads the stored mutes in place of all others. Of too many mutes of a user, those of scripts with a history stay first, then the longest.</summary>
    /// <param name="stored">The rows. An empty script means everything.</param>
    /// <param name="scriptsOf">The scripts in a user's history, without <c>.py</c>. Asked only for a user with too many mutes.</param>
    /// <returns>The users with too many mutes: their number, and the scripts whose mutes stay.</returns>
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
                if (scripts.Length > MaxPerUser)
                {
                    var known = scriptsOf(user);
                    var count = scripts.Length;
                    scripts =
                    [
                        .. scripts
                            .OrderByDescending(row => known.Contains(row.Script))
                            .ThenByDescending(row => row.Until)
                            .Take(MaxPerUser),
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

    /// <summary>Reserves a place for a script's mute until <see cref="Fill"/> or <see cref="Release"/>; false if the user has the maximum number.</summary>
    public bool TryReserve(UserName user, AccountId account, string script)
    {
        lock (_gate)
        {
            if (
                Look(user, account) is { } known
                && script.Length > 0
                && !known.Now.Scripts.ContainsKey(script)
                && known.Now.Scripts.Count + known.Reserved >= MaxPerUser
            )
            {
                return false;
            }

            Get(user, account).Reserved++;
            return true;
        }
    }

    /// <summary>Mutes in the reserved place. Place and mute never count both.</summary>
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

    /// <summary>Gives a reserved place back: the mute won't be stored.</summary>
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

    /// <summary>Ends the mute of one script, or of everything if the name is empty.</summary>
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

    /// <summary>Ends all mutes of a user.</summary>
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

    /// <summary>Ends all mutes of a name, of whatever account.</summary>
    public void EndAll(UserName user)
    {
        lock (_gate)
        {
            foreach (var (_, account) in _users.Keys.Where(key => key.User == user).ToArray())
            {
                EndAll(user, account);
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

    /// <summary>A user's mutes without the ended ones; null if none is left.</summary>
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

    /// <summary>One user's mutes for callers, and the scripts in the order in which their mutes end.</summary>
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

        /// <summary>Reserved places of mutes that are being written.</summary>
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
