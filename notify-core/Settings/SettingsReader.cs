using System.Globalization;
using System.Net;
using Notify.Text;

namespace Notify.Settings;

/// <summary>
/// Reads a program's settings from the environment and checks each against its range. It collects everything that is wrong, for
/// the admin to fix at once.
/// </summary>
/// <param name="read">Gives the value of an environment variable, or null.</param>
/// <remarks>
/// A variable that is empty counts as not set, since an <c>EnvironmentFile</c> with <c>NAME=</c> means just that. Secrets are read
/// with <see cref="Secret"/>: their values are never part of a message.
/// </remarks>
public sealed class SettingsReader(Func<string, string?> read)
{
    /// <summary>Exit status of a program whose settings are wrong: EX_CONFIG of sysexits.h, after which systemd does not restart it.</summary>
    public const int WrongSettingsStatus = 78;

    private readonly List<string> _problems = [];

    /// <summary>Reads from this process's environment.</summary>
    public static SettingsReader FromEnvironment() => new(Environment.GetEnvironmentVariable);

    /// <summary>One sentence for each wrong variable: its name, what it holds, what it should hold.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Ends the reading.</summary>
    /// <exception cref="SettingsException">At least one variable is wrong.</exception>
    public void ThrowIfWrong()
    {
        if (_problems.Count > 0)
        {
            throw new SettingsException([.. _problems]);
        }
    }

    /// <summary>The raw value, or null where it is not set or empty.</summary>
    public string? Raw(string name) => read(name) is { Length: > 0 } value ? value : null;

    /// <summary>A text that may be any.</summary>
    public string Text(string name, string fallback) => Raw(name) ?? fallback;

    /// <summary>A text that must be there.</summary>
    public string RequiredText(string name, string shouldHold)
    {
        if (Raw(name) is { } value)
        {
            return value;
        }

        Missing(name, shouldHold);
        return "";
    }

    /// <summary>A secret: <paramref name="isRight"/> tells whether it has the right shape; the message never holds it.</summary>
    public string Secret(string name, Func<string, bool> isRight, string shouldHold)
    {
        var value = Raw(name);
        if (value is null)
        {
            Missing(name, shouldHold);
        }
        else if (!isRight(value))
        {
            WrongSecret(name, shouldHold);
        }

        return value ?? "";
    }

    /// <summary>Notes that a variable holds the wrong thing, without its value, which is a secret or has one in it.</summary>
    public void WrongSecret(string name, string shouldHold) =>
        _problems.Add($"{name} does not hold {shouldHold} (its value is a secret and not shown).");

    /// <summary>The same for a secret that may be left out.</summary>
    public string? OptionalSecret(string name, Func<string, bool> isRight, string shouldHold) =>
        Raw(name) is null ? null : Secret(name, isRight, shouldHold);

    /// <summary>A whole number within a range.</summary>
    public int Number(string name, int fallback, int min, int max)
    {
        if (Raw(name) is not { } raw)
        {
            return fallback;
        }

        if (
            int.TryParse(raw, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            && value >= min
            && value <= max
        )
        {
            return value;
        }

        Wrong(name, raw, string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"));
        return fallback;
    }

    /// <summary>A span, such as <c>90s</c>, <c>15m</c>, <c>2h</c> or <c>7d</c>, within a range; null where it is not set.</summary>
    public TimeSpan? Span(string name, TimeSpan min, TimeSpan max, string shouldHold)
    {
        if (Raw(name) is not { } raw)
        {
            return null;
        }

        if (Quantity.TryParseSpan(raw) is { } span && span >= min && span <= max)
        {
            return span;
        }

        Wrong(name, raw, shouldHold);
        return null;
    }

    /// <summary>An amount of memory, such as <c>512M</c> or <c>2G</c>, in bytes; null where it is not set.</summary>
    public long? Bytes(string name, long min, string shouldHold)
    {
        if (Raw(name) is not { } raw)
        {
            return null;
        }

        if (Quantity.TryParseBytes(raw) is { } bytes && bytes >= min)
        {
            return bytes;
        }

        Wrong(name, raw, shouldHold);
        return null;
    }

    /// <summary>A switch.</summary>
    public bool Switch(string name, bool fallback)
    {
        var raw = Raw(name);
        switch (raw)
        {
            case null:
                return fallback;
            case "on":
                return true;
            case "off":
                return false;
            default:
                Wrong(name, raw, "on or off");
                return fallback;
        }
    }

    /// <summary>An absolute path.</summary>
    public string AbsolutePath(string name, string fallback)
    {
        var value = Raw(name) ?? fallback;
        if (value.StartsWith('/') && !value.Contains('\0', StringComparison.Ordinal))
        {
            // "/data/notifications/" and "/data/notifications" are one folder, and paths are made by joining.
            return value.TrimEnd('/') is { Length: > 0 } trimmed ? trimmed : "/";
        }

        Wrong(name, value, "an absolute path");
        return fallback;
    }

    /// <summary>An absolute http or https address without query and fragment; null where it is not set and there is no fallback.</summary>
    public Uri? HttpAddress(string name, string? fallback)
    {
        var raw = Raw(name) ?? fallback;
        if (raw is null)
        {
            return null;
        }

        if (
            Uri.TryCreate(raw, UriKind.Absolute, out var address)
            && address.Scheme is "http" or "https"
            && address.Query.Length == 0
            && address.Fragment.Length == 0
            && address.UserInfo.Length == 0
        )
        {
            return address;
        }

        Wrong(name, raw, "an address such as https://example.org");
        return fallback is null ? null : new Uri(fallback);
    }

    /// <summary>Where to listen: <c>http://</c>, an IP address of this machine or <c>localhost</c>, and a port; null where it is not set and there is no fallback.</summary>
    public IPEndPoint? ListenAddress(string name, string? fallback)
    {
        if (HttpAddress(name, fallback) is not { } address)
        {
            return null;
        }

        var host = address.Host == "localhost" ? "127.0.0.1" : address.DnsSafeHost;
        if (address.Scheme == Uri.UriSchemeHttp && address.AbsolutePath == "/" && IPAddress.TryParse(host, out var ip))
        {
            return new IPEndPoint(ip, address.Port);
        }

        Wrong(
            name,
            address.OriginalString,
            $"http://, an IP address of this machine and a port, such as {fallback ?? "http://127.0.0.1:9464"} (the web server in front does TLS)"
        );
        return new IPEndPoint(IPAddress.Loopback, 0);
    }

    /// <summary>The name of a Unix group.</summary>
    public string GroupName(string name, string fallback)
    {
        var value = Raw(name) ?? fallback;
        if (UserName.TryParse(value, out _))
        {
            return value;
        }

        Wrong(name, value, "the name of a Unix group");
        return fallback;
    }

    /// <summary>The bot's name at Telegram without <c>@</c>, from <c>TELEGRAM_BOT_USERNAME</c>; null where it is not set.</summary>
    public string? BotUsername()
    {
        const string Name = "TELEGRAM_BOT_USERNAME";
        if (Raw(Name) is not { } raw)
        {
            return null;
        }

        var username = raw.TrimStart('@');
        if (username.Length == 0 || !username.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            Wrong(Name, raw, "the bot's user name, letters, digits and '_'");
        }

        return username;
    }

    /// <summary>Adds the problem that a variable is not set and has to be.</summary>
    public void Missing(string name, string shouldHold) =>
        _problems.Add($"{name} is not set: it should hold {shouldHold}.");

    /// <summary>Adds a problem that a program found by a rule of its own.</summary>
    public void Wrong(string name, string holds, string shouldHold) =>
        _problems.Add($"{name} holds \"{Shown(holds)}\": it should hold {shouldHold}.");

    /// <summary>A bot's token that got into another variable, by a slip in the file, is a secret there too: <c>110201:AAH...</c></summary>
    private static string WithoutToken(string value)
    {
        const int MaxNonSecretLength = 20;
        for (
            var colon = value.IndexOf(':', StringComparison.Ordinal);
            colon >= 0;
            colon = value.IndexOf(':', colon + 1)
        )
        {
            var end = colon + 1;
            while (end < value.Length && (char.IsAsciiLetterOrDigit(value[end]) || value[end] is '_' or '-'))
            {
                end++;
            }

            if (colon > 0 && char.IsAsciiDigit(value[colon - 1]) && end - colon > MaxNonSecretLength)
            {
                value = $"{value.AsSpan(0, colon + 1)}<token>{value.AsSpan(end)}";
            }
        }

        return value;
    }

    internal static string Shown(string value) => SafeText.Line(WithoutToken(value), 200);
}

/// <summary>Settings are wrong. <see cref="Problems"/> has one sentence a variable.</summary>
public sealed class SettingsException(IReadOnlyList<string> problems)
    : Exception(string.Join(Environment.NewLine, problems))
{
    /// <summary>One sentence for each wrong variable.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
