namespace Notify.Bot.Outbox;

/// <summary>What is muted, in memory, so that an acceptance need not ask the disk. Thread-safe.</summary>
internal sealed class MuteBook(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<UserName, Mutes> _mutes = [];

    /// <summary>What a user has muted and what lasts still.</summary>
    public Mutes Of(UserName user)
    {
        Mutes mutes;
        lock (_gate)
        {
            if (!_mutes.TryGetValue(user, out mutes!))
            {
                return Mutes.None;
            }
        }

        var now = time.GetUtcNow();
        return new Mutes(
            mutes.All > now ? mutes.All : null,
            mutes.Scripts.Where(s => s.Value > now).ToDictionary(StringComparer.Ordinal));
    }

    /// <summary>Takes over what is stored, in place of all that was known.</summary>
    public void Load(IEnumerable<(string User, string Script, DateTimeOffset Until)> stored)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            _mutes.Clear();
            foreach (var (user, script, until) in stored)
            {
                if (until > now && UserName.TryParse(user, out var name))
                {
                    Set(name, script, until);
                }
            }
        }
    }

    /// <summary>Mutes one script of a user, or everything where its name is empty; null ends that.</summary>
    public void Set(UserName user, string script, DateTimeOffset? until)
    {
        lock (_gate)
        {
            var mutes = _mutes.GetValueOrDefault(user, Mutes.None);
            if (script.Length == 0)
            {
                mutes = mutes with { All = until };
            }
            else
            {
                var scripts = new Dictionary<string, DateTimeOffset>(mutes.Scripts, StringComparer.Ordinal);
                if (until is { } end)
                {
                    scripts[script] = end;
                }
                else
                {
                    scripts.Remove(script);
                }

                mutes = mutes with { Scripts = scripts };
            }

            if (mutes.All is null && mutes.Scripts.Count == 0)
            {
                _mutes.Remove(user);
            }
            else
            {
                _mutes[user] = mutes;
            }
        }
    }

    /// <summary>Ends all that a user has muted.</summary>
    public void EndAll(UserName user)
    {
        lock (_gate)
        {
            _mutes.Remove(user);
        }
    }
}
