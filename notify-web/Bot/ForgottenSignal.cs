using System.Threading.Channels;

namespace Notify.Web.Bot;

/// <summary>Tells that the bot may have forgotten users: it said so, or the connection to its events began anew.</summary>
internal sealed class ForgottenSignal
{
    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    /// <summary>Tells it. Several signals that nobody has waited for are one.</summary>
    internal void Set() => _signals.Writer.TryWrite(true);

    /// <summary>Whether it was told since the last one was taken.</summary>
    internal bool TryTake() => _signals.Reader.TryRead(out _);

    /// <summary>Waits for it.</summary>
    internal ValueTask<bool> WaitAsync(CancellationToken cancellation) => _signals.Reader.ReadAsync(cancellation);
}
