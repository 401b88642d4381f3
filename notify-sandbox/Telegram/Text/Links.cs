using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Notify.Sandbox.Telegram.Text;

/// <summary>Which addresses Telegram takes for links, and how it writes them.</summary>
internal static class Links
{
    /// <summary>A link or mention for an address, or null where Telegram drops the link and keeps its text.</summary>
    public static MessageEntity? ToEntity(string url, int offset, int length)
    {
        if (MentionedUser(url) is { } user)
        {
            return new MessageEntity(
                EntityType.TextMention,
                offset,
                length,
                user.ToString(CultureInfo.InvariantCulture)
            );
        }

        return Check(url) is { } address ? new MessageEntity(EntityType.TextLink, offset, length, address) : null;
    }

    /// <summary>The address as Telegram stores it (scheme added, host in lower case, a slash after it), or null if it isn't one.</summary>
    public static string? Check(string url) => TryCheck(url, out var address, out _) ? address : null;

    /// <summary>Telegram's words for what is wrong with an address, or null.</summary>
    public static string? Problem(string url) => TryCheck(url, out _, out var problem) ? null : problem;

    /// <summary>The address as Telegram stores it, or its words for what is wrong with it.</summary>
    public static bool TryCheck(
        string url,
        [NotNullWhen(true)] out string? address,
        [NotNullWhen(false)] out string? problem
    )
    {
        problem = null;
        address = url.Trim();
        var schemeEnd = address.IndexOf("://", StringComparison.Ordinal);
        var scheme = schemeEnd > 0 ? address[..schemeEnd].ToUpperInvariant() : "HTTP";
        var rest = schemeEnd > 0 ? address[(schemeEnd + 3)..] : address;
        if (schemeEnd <= 0 && address.StartsWith("tg:", StringComparison.OrdinalIgnoreCase))
        {
            scheme = "TG";
            rest = address[3..];
        }

        if (scheme is "TG" or "TON")
        {
            problem = rest.Length == 0 || rest.Any(c => c <= ' ') ? "Wrong HTTP URL" : null;
            address = problem is null ? $"{(scheme == "TG" ? "tg" : "ton")}://{rest}" : null;
            return problem is null;
        }

        var hostEnd = rest.IndexOfAny(['/', '?', '#']);
        var authority = hostEnd < 0 ? rest : rest[..hostEnd];
        var userEnd = authority.LastIndexOf('@') + 1;
        var portBegin =
            authority.LastIndexOfAny([':', ']', '@']) is var at && at > 0 && authority[at] == ':'
                ? at
                : authority.Length;
        var port = portBegin < authority.Length ? authority[(portBegin + 1)..] : null;
        var host = userEnd <= portBegin ? authority[userEnd..portBegin] : "";
        problem = Problem(scheme, host, port);
        if (problem is not null)
        {
            address = null;
            return false;
        }

        var path = hostEnd < 0 ? "" : rest[hostEnd..];
        var slash = path.StartsWith('/') ? "" : "/";
        var written = string.Concat(path.Select(c => c <= ' ' ? $"%{(int)c:X2}" : c.ToString()));
#pragma warning disable CA1308 // Host names are written in lower case.
        address =
            $"{scheme.ToLowerInvariant()}://{authority[..userEnd]}{host.ToLowerInvariant()}{authority[portBegin..]}{slash}{written}";
#pragma warning restore CA1308
        return true;
    }

    private static string? Problem(string scheme, string host, string? port)
    {
        if (scheme is not ("HTTP" or "HTTPS"))
        {
            return "Unsupported URL protocol";
        }

        if (
            port is not null
            && !(ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
        )
        {
            return "Wrong port number specified in the URL";
        }

        if (host.Length == 0)
        {
            return "URL host is empty";
        }

        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            return IPAddress.TryParse(host, out _) ? null : "Wrong IPv6 address specified in the URL";
        }

        if (
            host.Any(c =>
                c < 128 && !char.IsAsciiLetterOrDigit(c) && !".-_!$,~*'();&+=%".Contains(c, StringComparison.Ordinal)
            )
        )
        {
            return "Wrong URL host";
        }

        // A host without a dot (localhost, an intranet name) is no link to Telegram.
        return host.Contains('.', StringComparison.Ordinal) && !host.StartsWith('.') && !host.EndsWith('.')
            ? null
            : "Wrong HTTP URL";
    }

    /// <summary>The id in <c>tg://user?id=42</c>.</summary>
    private static long? MentionedUser(string url)
    {
        const string Prefix = "tg://user?id=";
        return
            url.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
            && long.TryParse(url.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && id > 0
            ? id
            : null;
    }
}
