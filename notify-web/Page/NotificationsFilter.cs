using System.Globalization;
using Notify.Contracts;
using Notify.Posix;
using Notify.Web.Api;
using Notify.Web.Bot;

namespace Notify.Web.Page;

/// <summary>Which notifications the page shows, as its address says.</summary>
internal sealed record NotificationsFilter
{
    /// <summary>Most characters of a search.</summary>
    public const int MaxWords = 200;

    private const string DayFormat = "yyyy-MM-dd";
    private const int MaxField = 255;

    /// <summary>All states, in the order of the list.</summary>
    public static IReadOnlyList<DeliveryState> States { get; } =
    [
        DeliveryState.Failed,
        DeliveryState.Unknown,
        DeliveryState.Queued,
        DeliveryState.Held,
        DeliveryState.Muted,
        DeliveryState.Delivered,
    ];

    /// <summary>What to search for; null for nothing.</summary>
    public string? Words { get; init; }

    /// <summary>The script's name without <c>.py</c>; null for all.</summary>
    public string? Script { get; init; }

    /// <summary>Null for all.</summary>
    public DeliveryState? State { get; init; }

    /// <summary>A day in the reader's zone; null for all.</summary>
    public DateOnly? Day { get; init; }

    /// <summary>Only older ones than the one with this id; null begins with the newest.</summary>
    public string? Before { get; init; }

    /// <summary>Names of fields that can't be read. They are left out.</summary>
    public IReadOnlyList<string> Unread { get; init; } = [];

    /// <summary>Whether not all are shown.</summary>
    public bool IsFiltered => this is not { Words: null, Script: null, State: null, Day: null };

    /// <summary>The day as the address says it; null for none.</summary>
    public string? DayText => Day?.ToString(DayFormat, CultureInfo.InvariantCulture);

    /// <summary>Reads it from an address. Nobody can break a page with a wrong one.</summary>
    public static NotificationsFilter Of(IQueryCollection query)
    {
        var unread = new List<string>();
        var word = Text("state", MaxField);
        var day = Text("day", MaxField);
        var id = Text("before", MaxField);
        var script = Text("script", MaxField);
        var filter = new NotificationsFilter
        {
            Words = Text("q", MaxWords),
            Script = script is [_, .., '.', 'p', 'y'] ? script[..^3] : script,
            State = States.Cast<DeliveryState?>().FirstOrDefault(state => state!.Value.Word() == word),
            Day =
                DateOnly.TryParseExact(day, DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
                && date.Year is >= 2000 and < 9999
                    ? date
                    : null,
            Before = id is not null && NotificationRoutes.IsId(id) ? id : null,
        };
        Check("state", word, filter.State is not null);
        Check("day", day, filter.Day is not null);
        Check("before", id, filter.Before is not null);
        return filter with { Unread = unread };

        // Characters that no text has, such as NUL, say nothing.
        string? Text(string name, int most)
        {
            var text = string.Concat(query[name].ToString().Where(c => !char.IsControl(c) && !char.IsSurrogate(c)))
                .Trim();
            return text.Length == 0 ? null : text[..Math.Min(most, text.Length)];
        }

        void Check(string name, string? text, bool isRead)
        {
            if (text is not null && !isRead)
            {
                unread.Add(name);
            }
        }
    }

    /// <summary>The bot's query.</summary>
    /// <param name="limit">Most notifications.</param>
    /// <param name="zone">Whose day it is.</param>
    public HistoryQuery ToQuery(int limit, ReaderZone zone) =>
        new()
        {
            Limit = limit,
            Before = Before,
            Words = Words,
            Script = Script,
            State = State,
            Since = Day is { } day ? Begin(day, zone) : null,
            Until = Day is { } same ? Begin(same.AddDays(1), zone) : null,
        };

    /// <summary>The address of the page with this filter.</summary>
    public string Address() => "~/notifications" + Query();

    /// <summary>The query of that address, with its question mark; empty for none.</summary>
    public string Query()
    {
        var fields = new QueryString();
        foreach (
            var (name, value) in new[]
            {
                ("q", Words),
                ("script", Script),
                ("state", State?.Word()),
                ("day", DayText),
                ("before", Before),
            }
        )
        {
            fields = value is null ? fields : fields.Add(name, value);
        }

        return fields.ToUriComponent();
    }

    private static DateTimeOffset Begin(DateOnly day, ReaderZone zone) =>
        LocalClock.FirstMoment(
            new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero),
            zone.Zone.GetUtcOffset
        );
}
