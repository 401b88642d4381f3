using System.Text.Json.Serialization;

namespace Notify.Contracts;

/// <summary>Who or what started a run, with its word in the history of runs.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunTrigger>))]
public enum RunTrigger
{
    /// <summary>A round: the script has no schedule.</summary>
    [JsonStringEnumMemberName("round")]
    Round,

    /// <summary>The script's own schedule, in a round.</summary>
    [JsonStringEnumMemberName("schedule")]
    Schedule,

    /// <summary>Its owner, in the chat.</summary>
    [JsonStringEnumMemberName("chat")]
    Chat,

    /// <summary>Its owner, on the dashboard.</summary>
    [JsonStringEnumMemberName("dashboard")]
    Dashboard,

    /// <summary>Its owner, at a terminal.</summary>
    [JsonStringEnumMemberName("terminal")]
    Terminal,
}

/// <summary>The words of <see cref="RunTrigger"/>.</summary>
public static class RunTriggers
{
    private static readonly WireWords<RunTrigger> Words = new();

    /// <summary>The word in files, answers and arguments, such as <c>dashboard</c>.</summary>
    public static string Word(this RunTrigger trigger) => Words[trigger];

    /// <summary>The trigger of a word; null for a word of another version.</summary>
    public static RunTrigger? Find(string? word) => Words.Find(word);
}
