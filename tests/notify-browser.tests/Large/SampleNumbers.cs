namespace Notify.Testing;

/// <summary>Evenly spread numbers, the same in each run (SplitMix64).</summary>
/// <param name="seed">Another one gives other numbers.</param>
public sealed class SampleNumbers(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A number from 0 to <paramref name="below"/> - 1.</summary>
    public int Next(int below)
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = _state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return (int)((mixed ^ (mixed >> 31)) % (ulong)below);
    }
}
