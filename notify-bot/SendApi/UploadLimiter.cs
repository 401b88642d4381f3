namespace Notify.Bot.SendApi;

/// <summary>Limits requests with charts and files that arrive at the same time. Each 50 MB of one take a slot, on the disk with links and outbox, for as long as its sender takes.</summary>
internal sealed class UploadLimiter
{
    /// <summary>Most requests of one untrusted user.</summary>
    internal const int OfOneUser = 4;

    /// <summary>Most slots of all users: at most 3 GB.</summary>
    internal const int OfAll = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, int> _open = [];
    private int _all;

    /// <summary>Takes a slot, freed by disposing it; null if none is free.</summary>
    internal Turn? TryEnter(Caller caller)
    {
        lock (_gate)
        {
            var own = _open.GetValueOrDefault(caller.Uid);
            if (_all >= OfAll || (own >= OfOneUser && !caller.IsTrusted))
            {
                return null;
            }

            _all++;
            _open[caller.Uid] = own + 1;
            return new Turn(this, caller.Uid);
        }
    }

    private bool TryGrow()
    {
        lock (_gate)
        {
            if (_all >= OfAll)
            {
                return false;
            }

            _all++;
            return true;
        }
    }

    private void Leave(uint uid, int slots)
    {
        lock (_gate)
        {
            _all -= slots;
            if (--_open[uid] == 0)
            {
                _open.Remove(uid);
            }
        }
    }

    /// <summary>A request's turn. Disposing it frees its slots.</summary>
    internal sealed class Turn(UploadLimiter gate, uint uid) : IDisposable
    {
        private int _slots = 1;
        private bool _left;

        /// <summary>Takes another slot; false if none is free.</summary>
        public bool TryGrow()
        {
            var grows = gate.TryGrow();
            _slots += grows ? 1 : 0;
            return grows;
        }

        public void Dispose()
        {
            if (!_left)
            {
                _left = true;
                gate.Leave(uid, _slots);
            }
        }
    }
}
