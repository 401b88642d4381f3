using System.Globalization;
using System.Text;
using Notify.Bot.Delivery;
using Notify.Contracts;
using Notify.Formatting;
using Notify.Http;
using Notify.Text;

namespace Notify.Bot.SendApi;

/// <summary>Reads the fields of an incident.</summary>
internal static class IncidentFields
{
    /// <returns>Null if the request is about no incident.</returns>
    /// <exception cref="ApiException">400, naming the field.</exception>
    internal static IncidentCall? Read(SendFields fields)
    {
        var key = fields.Text(SendField.Incident);
        var state = fields.Text(SendField.State);
        var cooldown = fields.Number(SendField.Cooldown);
        var isConfirmed = fields.Flag(SendField.Confirmed, otherwise: true);
        if (key is null)
        {
            string? alone =
                state is not null ? SendField.State
                : cooldown is not null ? SendField.Cooldown
                : !isConfirmed ? SendField.Confirmed
                : null;
            return alone is null
                ? null
                : throw ApiException.Field(
                    alone,
                    $"belongs to an incident; give its name in the field '{SendField.Incident}' too"
                );
        }

        if (key.Length is 0 or > SendApiLimits.IncidentKey || !IsVisible(key))
        {
            throw ApiException.Field(
                SendField.Incident,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"is not a name of 1 to {SendApiLimits.IncidentKey} visible characters"
                )
            );
        }

        return new IncidentCall(
            key,
            state switch
            {
                null or FiringState.Firing => true,
                FiringState.Ok => false,
                _ => throw ApiException.Field(
                    SendField.State,
                    $"is neither '{FiringState.Firing}' nor '{FiringState.Ok}'"
                ),
            },
            cooldown switch
            {
                null => null,
                >= 0 and <= SendApiLimits.IncidentCooldown when cooldown == Math.Floor(cooldown.Value) =>
                    TimeSpan.FromSeconds(cooldown.Value),
                _ => throw ApiException.Field(
                    SendField.Cooldown,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"is not a whole number of seconds from 0 to {SendApiLimits.IncidentCooldown}"
                    )
                ),
            },
            isConfirmed
        );
    }

    /// <summary>Whether people can read all of it, and see something.</summary>
    private static bool IsVisible(string key)
    {
        foreach (var rune in key.EnumerateRunes())
        {
            if (SafeText.IsHidden(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.Control)
            {
                return false;
            }
        }

        return !TelegramText.IsBlank(key);
    }
}
