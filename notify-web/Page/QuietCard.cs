using System.Globalization;
using Notify.Contracts;
using Notify.Quiet;

namespace Notify.Web.Page;

/// <summary>A quiet part of a day, in hours from its midnight.</summary>
/// <param name="Day">0 is Monday.</param>
/// <param name="From">Where it begins.</param>
/// <param name="To">Where it ends.</param>
internal sealed record QuietPiece(int Day, double From, double To);

/// <summary>A user's quiet hours.</summary>
internal sealed record QuietCard
{
    /// <summary>What is wrong and what to do. The card shows nothing else then.</summary>
    public Problem? Problem { get; init; }

    /// <summary>The hours; null for none.</summary>
    public QuietHours? Hours { get; init; }

    /// <summary>The zone of the hours.</summary>
    public string Zone { get; init; } = "";

    /// <summary>How many notifications wait for their end.</summary>
    public int Held { get; init; }

    /// <summary>The end of the quiet time; null if it is not quiet now.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The beginning of the window, such as <c>22:00</c>; null without a window.</summary>
    public string? From => Clock(Hours?.Start);

    /// <summary>Its end.</summary>
    public string? To => Clock(Hours?.End);

    /// <summary>The bot's answer as a card.</summary>
    public static QuietCard Of(QuietAnswer answer)
    {
        QuietHours? hours = null;
        if (answer.Hours is { } text)
        {
            _ = QuietHours.TryRead(text, out hours, out _);
        }

        return new QuietCard
        {
            Hours = hours,
            Zone = answer.Timezone,
            Held = answer.Held,
            Until = answer.Until,
        };
    }

    /// <summary>The quiet parts of a week.</summary>
    public IEnumerable<QuietPiece> Week()
    {
        for (var day = 0; day < 7; day++)
        {
            if (Hours is { HasWeekends: true } && day >= 5)
            {
                yield return new QuietPiece(day, 0, 24);
            }
            else if (Hours is { Start: { } start, End: { } end })
            {
                if (start < end)
                {
                    yield return new QuietPiece(day, start.TotalHours, end.TotalHours);
                }
                else
                {
                    yield return new QuietPiece(day, 0, end.TotalHours);
                    yield return new QuietPiece(day, start.TotalHours, 24);
                }
            }
        }
    }

    private static string? Clock(TimeSpan? time) => time?.ToString(@"hh\:mm", CultureInfo.InvariantCulture);
}
