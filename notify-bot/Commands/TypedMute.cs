using System.Globalization;
using Notify.Scripts;

namespace Notify.Bot.Commands;

/// <summary>What somebody typed behind <c>/snooze</c> or <c>/mute</c>: <c>NAME</c>, <c>2h</c>, <c>NAME 2h</c>, <c>NAME until 9:00</c>.</summary>
/// <param name="Name">The script's name; empty for none.</param>
/// <param name="Length">For how long; null if that is not said.</param>
/// <param name="At">Until which time of day; null if that is not said.</param>
internal sealed record TypedMute(string Name, TimeSpan? Length, TimeOnly? At)
{
    private static readonly string[] TimesOfDay = ["H:mm", "%H"];

    internal static TypedMute Parse(string argument)
    {
        var words = argument.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (
            words is [.. var named, var until, var time]
            && until.Equals("until", StringComparison.OrdinalIgnoreCase)
            && TimeOnly.TryParseExact(time, TimesOfDay, CultureInfo.InvariantCulture, DateTimeStyles.None, out var at)
        )
        {
            return new TypedMute(string.Join(' ', named), null, at);
        }

        return
            words is [.. var before, var last]
            && Cooldown.TryParse(last) is { Length: var length }
            && length > TimeSpan.Zero
            ? new TypedMute(string.Join(' ', before), length, null)
            : new TypedMute(argument.Trim(), null, null);
    }
}
