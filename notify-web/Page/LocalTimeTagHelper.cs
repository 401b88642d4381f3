using System.Globalization;
using Microsoft.AspNetCore.Razor.TagHelpers;

namespace Notify.Web.Page;

/// <summary>
/// <c>&lt;local-time at="..." shown="ago" /&gt;</c>: a time as a <c>time</c> element, in the server's zone with its offset. <c>times.js</c> turns it into the reader's time.
/// </summary>
[HtmlTargetElement("local-time", TagStructure = TagStructure.WithoutEndTag)]
public sealed class LocalTimeTagHelper(TimeProvider clock) : TagHelper
{
    /// <summary>The moment.</summary>
    public DateTimeOffset At { get; set; }

    /// <summary>
    /// How scripts show it: <c>moment</c> (Yesterday, 19:20), <c>inline</c> (the same within a sentence), <c>day</c> (30 January 2026), <c>clock</c> (19:20), <c>second</c> (19:20:05), <c>ago</c> (12 min ago), <c>left</c> (48 min) or <c>age</c> (3 h 10 min). The last three keep counting.
    /// </summary>
    public string Shown { get; set; } = "moment";

    /// <summary>The zone of a page that names it elsewhere; null writes the server's time with its offset.</summary>
    public ReaderZone? Zone { get; set; }

    /// <inheritdoc />
    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var utc = At.ToUniversalTime();
        output.TagName = "time";
        output.TagMode = TagMode.StartTagAndEndTag;
        output.Attributes.SetAttribute(
            "datetime",
            utc.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
        );
        output.Attributes.SetAttribute("data-shown", Shown);
        var here = TimeZoneInfo.ConvertTime(At, Zone?.Zone ?? clock.LocalTimeZone);
        var offset = Zone is null ? " " + ReaderZone.OffsetWords(here.Offset) : "";
        output.Content.SetContent(
            Shown switch
            {
                "age" => Span(clock.GetUtcNow() - At),
                "day" => here.ToString("d MMMM yyyy", CultureInfo.InvariantCulture),
                "clock" => string.Create(CultureInfo.InvariantCulture, $"{here:HH:mm}{offset}"),
                "second" => string.Create(CultureInfo.InvariantCulture, $"{here:HH:mm:ss}{offset}"),
                _ => string.Create(CultureInfo.InvariantCulture, $"{here:d MMM yyyy, HH:mm}{offset}"),
            }
        );
    }

    /// <summary>A length of time to the minute, such as <c>3 h 10 min</c>, as <c>times.js</c> says it.</summary>
    internal static string Span(TimeSpan length) =>
        length switch
        {
            { TotalHours: < 1 } => string.Create(
                CultureInfo.InvariantCulture,
                $"{Math.Max(1, (int)length.TotalMinutes)} min"
            ),
            { TotalDays: < 1 } => string.Create(
                CultureInfo.InvariantCulture,
                $"{length.Hours} h{(length.Minutes > 0 ? $" {length.Minutes} min" : "")}"
            ),
            { TotalDays: < 2 } => "1 day",
            _ => string.Create(CultureInfo.InvariantCulture, $"{(int)length.TotalDays} days"),
        };
}
