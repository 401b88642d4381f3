namespace Notify.Bot.Limits;

/// <summary>
/// Bounds what large texts cost at one moment. A text of 1 MB may need 100 MB while it is read and a good part of a second, so that many at once would take
/// the memory and the processors of all others. What people read never comes near to it.
/// </summary>
public sealed class LargeTexts
{
    /// <summary>From so many bytes or UTF-16 units on a text is large: more than ten messages of Telegram hold.</summary>
    public const int Large = 64_000;

    private readonly FairGate _held = new(places: 128, placesOfOne: 4);
    private readonly FairGate _read = new(places: 2, placesOfOne: 1);

    /// <summary>Waits for room to hold a large text: from before it is received until it is stored. Nothing is read from a sender who waits.</summary>
    /// <param name="sender">Whose it is. One who sends slowly keeps only texts of the same sender waiting.</param>
    /// <param name="length">In bytes; null where it is not known before.</param>
    /// <param name="cancellation">The sender is gone.</param>
    /// <returns>To be disposed when the text is no longer held; null for one that is not large.</returns>
    public async Task<IDisposable?> HoldAsync(object sender, long? length, CancellationToken cancellation) =>
        length <= Large ? null : await _held.EnterAsync(sender, cancellation);

    /// <summary>Waits for the turn to read a large text, as JSON or as markup.</summary>
    /// <param name="sender">Whose it is.</param>
    /// <param name="length">In bytes or UTF-16 units.</param>
    /// <param name="cancellation">The sender is gone, so that it need not be read.</param>
    /// <returns>To be disposed when it is read; null for one that is not large.</returns>
    public async ValueTask<IDisposable?> ReadAsync(object sender, long length, CancellationToken cancellation) =>
        length <= Large ? null : await _read.EnterAsync(sender, cancellation);
}
