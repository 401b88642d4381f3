using System.Text.Json.Serialization;

namespace Notify.Contracts;

/// <summary>The body of <c>PUT /quiet</c>.</summary>
/// <param name="User">Whose quiet hours; null for the caller's.</param>
/// <param name="Hours">Such as <c>22:00-07:00, weekends</c>; <c>off</c> or null ends them.</param>
public sealed record QuietCall(string? User, string? Hours)
{
    /// <summary>The name of <see cref="User"/>.</summary>
    public const string UserField = "user";

    /// <summary>The name of <see cref="Hours"/>.</summary>
    public const string HoursField = "hours";
}

/// <summary><c>GET /quiet</c> and <c>PUT /quiet</c>: a user's quiet hours.</summary>
/// <param name="Hours">Such as <c>22:00-07:00, weekends</c>; null for none.</param>
/// <param name="Timezone">The zone of these hours.</param>
/// <param name="Held">How many notifications are held now.</param>
/// <param name="Until">The end of the quiet time; null if it is not quiet now.</param>
public sealed record QuietAnswer(string? Hours, string Timezone, int Held, DateTimeOffset? Until);

/// <summary>JSON of quiet hours.</summary>
[JsonSerializable(typeof(QuietCall))]
[JsonSerializable(typeof(QuietAnswer))]
public sealed partial class QuietContract : JsonSerializerContext
{
    /// <summary>As it is on the wire.</summary>
    public static QuietContract Json { get; } = new(WireJson.NewOptions());
}
