namespace Notify.Bot.Outbox;

/// <summary>A user's mutes.</summary>
/// <param name="All">The end of the mute of everything; null for none.</param>
/// <param name="Scripts">The ends of the mutes of scripts, by name without <c>.py</c>.</param>
public sealed record Mutes(DateTimeOffset? All, IReadOnlyDictionary<string, DateTimeOffset> Scripts)
{
    /// <summary>The end of a mute without an end.</summary>
    public static readonly DateTimeOffset Forever = new(9999, 12, 31, 23, 59, 59, TimeSpan.Zero);

    /// <summary>Nothing is muted.</summary>
    public static readonly Mutes None = new(null, new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal));

    /// <summary>A script's name in mutes, without <c>.py</c>.</summary>
    public static string Stem(string script)
    {
        ArgumentNullException.ThrowIfNull(script);
        return script.EndsWith(".py", StringComparison.Ordinal) ? script[..^3] : script;
    }

    /// <summary>The end of this script's mute; null if it is not muted.</summary>
    public DateTimeOffset? Until(string? script)
    {
        var own =
            script is not null && Scripts.TryGetValue(Stem(script), out var until) ? until : (DateTimeOffset?)null;
        return own > (All ?? DateTimeOffset.MinValue) ? own : All ?? own;
    }
}
