using System.Text.Json.Serialization;

namespace Notify.Contracts;

/// <summary>The body of <c>PUT /watch</c>.</summary>
/// <param name="User">Whose watch; null for the caller's.</param>
/// <param name="On">Whether the bot tells the user when rounds stop.</param>
public sealed record WatchCall(string? User, bool On)
{
    /// <summary>The name of <see cref="User"/>.</summary>
    public const string UserField = "user";

    /// <summary>The name of <see cref="On"/>.</summary>
    public const string OnField = "on";
}

/// <summary><c>GET /watch</c> and <c>PUT /watch</c>: whether the bot tells a user when rounds stop.</summary>
/// <param name="On">Whether it does, once cron runs the scripts.</param>
/// <param name="LastRound">When the last round began; null without one.</param>
/// <param name="SilenceS">The silence in seconds after which rounds count as stopped; null before the second round.</param>
/// <param name="Stopped">Whether the user was told that they have stopped.</param>
public sealed record WatchAnswer(bool On, DateTimeOffset? LastRound, double? SilenceS, bool Stopped);

/// <summary>JSON of the watch.</summary>
[JsonSerializable(typeof(WatchCall))]
[JsonSerializable(typeof(WatchAnswer))]
public sealed partial class WatchContract : JsonSerializerContext
{
    /// <summary>As it is on the wire.</summary>
    public static WatchContract Json { get; } = new(WireJson.NewOptions());
}
