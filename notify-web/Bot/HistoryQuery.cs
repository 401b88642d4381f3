using System.Globalization;
using System.Text;
using Notify.Contracts;

namespace Notify.Web.Bot;

/// <summary>Which notifications of a user's history to read. Null asks for all.</summary>
public sealed record HistoryQuery
{
    /// <summary>1 to <see cref="BotClient.MaxNotifications"/>.</summary>
    public required int Limit { get; init; }

    /// <summary>Only those older than the one with this id.</summary>
    public string? Before { get; init; }

    /// <summary>Words, or beginnings of words, that all have to be there.</summary>
    public string? Words { get; init; }

    /// <summary>The name of the script.</summary>
    public string? Script { get; init; }

    /// <summary>Where they stand.</summary>
    public DeliveryState? State { get; init; }

    /// <summary>Not older.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Older than that.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The fields of the bot's address, each with a <c>&amp;</c> before it.</summary>
    public override string ToString()
    {
        var fields = new StringBuilder();
        Add("limit", Limit.ToString(CultureInfo.InvariantCulture));
        Add("before", Before);
        Add("q", Words);
        Add("script", Script);
        Add("state", State?.Word());
        Add("since", Since is { } since ? WireJson.Time(since) : null);
        Add("until", Until is { } until ? WireJson.Time(until) : null);
        return fields.ToString();

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                fields.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }
    }
}
