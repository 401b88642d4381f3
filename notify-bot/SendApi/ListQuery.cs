using System.Globalization;
using Notify.Http;

namespace Notify.Bot.SendApi;

/// <summary>The query of a request for a list, newest first.</summary>
internal static class ListQuery
{
    private const int Default = 50;

    private const int Max = 200;

    /// <summary>How many entries are asked for: 50 without <c>limit</c>.</summary>
    /// <exception cref="ApiException">400: it is no number from 1 to 200.</exception>
    internal static int Limit(HttpContext context)
    {
        var limit = Default;
        return
            context.Request.Query["limit"] is not [{ Length: > 0 } text]
            || (
                int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit)
                && limit is >= 1 and <= Max
            )
            ? limit
            : throw ApiException.Field("limit", "is not a whole number from 1 to 200");
    }

    /// <summary>The moment in <c>before</c>; null without one.</summary>
    /// <exception cref="ApiException">400: it is no time of RFC 3339.</exception>
    internal static DateTimeOffset? Before(HttpContext context) => Moment(context, "before");

    /// <summary>The moment in a field; null without one.</summary>
    /// <exception cref="ApiException">400: it is no time of RFC 3339.</exception>
    internal static DateTimeOffset? Moment(HttpContext context, string field) =>
        context.Request.Query[field] is not [{ Length: > 0 } text] ? null
        : DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var moment
        )
            ? moment
        : throw ApiException.Field(field, "is not a time such as 2026-05-01T08:00:00Z");
}
