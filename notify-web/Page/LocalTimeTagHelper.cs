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
    /// How scripts show it: <c>moment</c> (Yesterday, 19:20), <c>inline</c> (the same within a sentence), <c>day</c> (30 January 2026), <c>clock</c> (19:20), <c>ago</c> (12 min ago) or <c>left</c> (48 min). The last two keep counting.
    /// </summary>
    public string Shown { get; set; } = "moment";

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
        var here = TimeZoneInfo.ConvertTime(At, clock.LocalTimeZone);
        output.Content.SetContent(
            Shown switch
            {
                "day" => here.ToString("d MMMM yyyy", CultureInfo.InvariantCulture),
                "clock" => string.Create(
                    CultureInfo.InvariantCulture,
                    $"{here:HH:mm} {ReaderZone.OffsetWords(here.Offset)}"
                ),
                _ => string.Create(
                    CultureInfo.InvariantCulture,
                    $"{here:d MMM yyyy, HH:mm} {ReaderZone.OffsetWords(here.Offset)}"
                ),
            }
        );
    }
}
