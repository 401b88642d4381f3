using System.Globalization;
using System.Text.Json;
using Notify.Bot.Rounds;
using Notify.Contracts;
using Notify.Http;

namespace Notify.Bot.SendApi;

/// <summary>A checked request to <c>POST /rounds</c>.</summary>
/// <param name="User">The user that it names; null without one.</param>
/// <param name="Round">The round.</param>
internal sealed record RoundRequest(string? User, PostedRound Round)
{
    private static readonly string Failed = ScriptOutcome.Error.Word();

    private static readonly string[] TimeFormats =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz",
    ];

    /// <summary>Reads the fields. Ignores unknown ones.</summary>
    /// <param name="fields">The body.</param>
    /// <param name="now">The time of day.</param>
    /// <exception cref="ApiException">400, naming the field.</exception>
    internal static RoundRequest Read(JsonFields fields, DateTimeOffset now)
    {
        var scripts = ReadScripts(fields.List(RoundField.Scripts));
        var started =
            ReadTime(fields, RoundField.Started) ?? throw ApiException.Field(RoundField.Started, "is missing");
        RequireNear(RoundField.Started, started, PostedRound.MaxAway, now, "the bot's time");
        var next = ReadTime(fields, RoundField.NextRound);
        RequireNear(RoundField.NextRound, next, PostedRound.MaxPause, started, $"'{RoundField.Started}'");
        return new RoundRequest(
            fields.Text(RoundField.User),
            new PostedRound(
                started,
                ReadSpan(fields, RoundField.TookMs, TimeSpan.FromMilliseconds(1), TimeSpan.Zero, PostedRound.MaxTook),
                ReadSpan(
                    fields,
                    RoundField.EveryS,
                    TimeSpan.FromSeconds(1),
                    TimeSpan.FromSeconds(1),
                    PostedRound.MaxEvery
                ),
                next
            )
            {
                Scripts = scripts,
            }
        );
    }

    private static DateTimeOffset? ReadTime(JsonFields fields, string name) =>
        fields.Text(name) is not { } text ? null
        : DateTimeOffset.TryParseExact(
            text,
            TimeFormats,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out var time
        )
            ? time.ToUniversalTime()
        : throw ApiException.Field(name, "is not a time such as 2026-02-03T07:15:00Z");

    private static void RequireNear(string name, DateTimeOffset? time, TimeSpan most, DateTimeOffset to, string what)
    {
        if (time is { } moment && (moment - to).Duration() > most)
        {
            throw ApiException.Field(
                name,
                string.Create(CultureInfo.InvariantCulture, $"is over {most.TotalDays} days from {what}")
            );
        }
    }

    private static TimeSpan? ReadSpan(JsonFields fields, string name, TimeSpan unit, TimeSpan least, TimeSpan most) =>
        fields.Number(name) is not { } number ? null
        : Math.Floor(number) == number && number >= least / unit && number <= most / unit ? number * unit
        : throw ApiException.Field(
            name,
            string.Create(CultureInfo.InvariantCulture, $"is not a whole number from {least / unit} to {most / unit}")
        );

    /// <summary>Checks the scripts. The bot keeps their number, and which ones fail.</summary>
    private static List<PostedScript> ReadScripts(IReadOnlyList<JsonElement>? scripts)
    {
        var read = new List<PostedScript>();
        if (scripts?.Count > RoundField.MaxScripts)
        {
            throw ApiException.Field(
                RoundField.Scripts,
                string.Create(CultureInfo.InvariantCulture, $"has over {RoundField.MaxScripts} scripts")
            );
        }

        foreach (var script in scripts ?? [])
        {
            if (JsonFields.Of(script) is not { } fields)
            {
                throw ApiException.Field(RoundField.Scripts, "holds something else than objects");
            }

            if (!ScriptName.TryParse(fields.Text(RoundField.Name), out var name))
            {
                throw ApiException.Field(RoundField.Name, "is not the file name of a script, such as revenue_drop.py");
            }

            var outcome = fields.Text(RoundField.Outcome);
            if (outcome is { } word && !IsWord(word))
            {
                throw ApiException.Field(RoundField.Outcome, "is not a word such as no_alert");
            }

            ReadTime(fields, RoundField.NextDue);
            read.Add(new PostedScript(name.Value, outcome is null ? null : outcome == Failed));
        }

        return read;
    }

    /// <summary>Whether it can be an outcome. A later version of the runner may know more of them.</summary>
    private static bool IsWord(string text) =>
        text.Length is > 0 and <= 40 && text.All(c => char.IsAsciiLetterLower(c) || c == '_');
}
