using System.Globalization;
using System.Text.Json;
using Notify.Contracts;
using Notify.Text;

namespace Notify.Formatting;

/// <summary>Reads the buttons of a notification: <c>[{"text": "Dashboard", "url": "https://…"}, {"text": "Refresh", "run": "refresh.py"}]</c>.</summary>
public static class ButtonReader
{
    private const string Shape =
        "{\"text\": \"...\", \"url\": \"https://...\"} or {\"text\": \"...\", \"run\": \"script.py\"}";

    /// <summary>Reads a list of buttons.</summary>
    /// <param name="value">The JSON.</param>
    /// <param name="problem">What is wrong, as the end of a sentence about the field; null if a list is returned.</param>
    public static IReadOnlyList<NotificationButton>? Read(JsonElement value, out string? problem)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            problem = $"is neither true or false nor a list; a button is {Shape}";
            return null;
        }

        if (value.GetArrayLength() > SendApiLimits.Buttons)
        {
            problem = string.Create(
                CultureInfo.InvariantCulture,
                $"has {value.GetArrayLength()} buttons, and {SendApiLimits.Buttons} are the limit"
            );
            return null;
        }

        var buttons = new List<NotificationButton>();
        foreach (var item in value.EnumerateArray())
        {
            if (ReadOne(item, out var button) is { } fault)
            {
                problem = string.Create(CultureInfo.InvariantCulture, $"has as button {buttons.Count + 1} {fault}");
                return null;
            }

            buttons.Add(button!);
        }

        problem = null;
        return buttons;
    }

    private static string? ReadOne(JsonElement item, out NotificationButton? button)
    {
        button = null;
        if (item.ValueKind != JsonValueKind.Object)
        {
            return $"something else than {Shape}";
        }

        var text = Text(item, "text") is { } own ? SafeText.Line(TelegramText.Clean(own)).Trim() : "";
        if (TelegramText.IsBlank(text) || text.Length > SendApiLimits.ButtonText)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"one whose \"text\" has not 1 to {SendApiLimits.ButtonText} characters"
            );
        }

        var (url, run) = (Text(item, "url"), Text(item, "run"));
        if (url is null == run is null)
        {
            return $"something else than {Shape}";
        }

        if (url is not null)
        {
            if (
                url.Length > SendApiLimits.ButtonAddress
                || url.AsSpan().ContainsAnyInRange('\0', ' ')
                // A phone shows the address before it opens it, and these would show another one.
                || url.EnumerateRunes().Any(SafeText.IsHidden)
                || !Uri.TryCreate(url, UriKind.Absolute, out var address)
                || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps)
                || address.Host.Length == 0
            )
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"one whose \"url\" is not an address that begins with http:// or https://, of at most {SendApiLimits.ButtonAddress} visible characters"
                );
            }

            button = new NotificationButton(text, Url: url);
            return null;
        }

        if (!ScriptName.TryParse(run!.EndsWith(".py", StringComparison.Ordinal) ? run : run + ".py", out var script))
        {
            return "one whose \"run\" is not the name of a script, such as refresh.py";
        }

        button = new NotificationButton(text, Run: script.Value);
        return null;
    }

    private static string? Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
