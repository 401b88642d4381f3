using System.Text.Json.Serialization;
using Notify.Scripts;

namespace Notify.Web.Api;

/// <summary>What is wrong, and what to do.</summary>
/// <param name="Error">A sentence.</param>
public sealed record ErrorAnswer(string Error);

/// <summary>Whether the dashboard is well.</summary>
/// <param name="Status"><c>ok</c>, or <c>degraded</c>: it serves, and what it needs does not.</param>
/// <param name="Version">The program's version.</param>
/// <param name="Bot"><c>ok</c> or <c>unreachable</c>.</param>
public sealed record HealthAnswer(string Status, string Version, string Bot);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(UtcSecondsConverter)])]
[JsonSerializable(typeof(ErrorAnswer))]
[JsonSerializable(typeof(HealthAnswer))]
internal sealed partial class ApiJson : JsonSerializerContext;
