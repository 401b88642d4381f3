namespace Notify.Bot.SendApi;

/// <summary>How many charts are received at one moment: each may fill 50 MB of the disk that links and outbox live on, for as long as its sender takes.</summary>
internal sealed class UploadLimiter
{
    /// <summary>Of one user who is not trusted.</summary>
    internal const int OfOneUser = 4;

    /// <summary>Of all together: 3 GB at the very most.</summary>
    internal const int OfAll = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, int> _open = [];
    private int _all;

    /// <summary>Takes a turn, to be given back by disposing it; null where there is none.</summary>
    internal IDisposable? TryEnter(Caller caller)
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

    private void Leave(uint uid)
    {
        lock (_gate)
        {
            _all--;
            if (--_open[uid] == 0)
            {
                _open.Remove(uid);
            }
        }
    }

    private sealed class Turn(UploadLimiter gate, uint uid) : IDisposable
    {
        private bool _left;

        public void Dispose()
        {
            if (!_left)
            {
                _left = true;
                gate.Leave(uid);
            }
        }
    }
}
