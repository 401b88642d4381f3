namespace Notify.Bot.Outbox;

/// <summary>What a user has muted.</summary>
/// <param name="All">Until when everything is.</param>
/// <param name="Scripts">Until when a script is, by its name without <c>.py</c>.</param>
public sealed record Mutes(DateTimeOffset? All, IReadOnlyDictionary<string, DateTimeOffset> Scripts)
{
    /// <summary>A mute without an end, until it is taken back.</summary>
    public static readonly DateTimeOffset Forever = new(9999, 12, 31, 23, 59, 59, TimeSpan.Zero);

    /// <summary>Nothing is muted.</summary>
    public static readonly Mutes None = new(null, new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal));

    /// <summary>A script's name as mutes have it: with and without <c>.py</c> is one script.</summary>
    public static string Stem(string script)
    {
        ArgumentNullException.ThrowIfNull(script);
        return script.EndsWith(".py", StringComparison.Ordinal) ? script[..^3] : script;
    }

    /// <summary>Until when a notification of this script is held back; null where it is not.</summary>
    public DateTimeOffset? Until(string? script)
    {
        var own =
            script is not null && Scripts.TryGetValue(Stem(script), out var until) ? until : (DateTimeOffset?)null;
        return own > (All ?? DateTimeOffset.MinValue) ? own : All ?? own;
    }
}
