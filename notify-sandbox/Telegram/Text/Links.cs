using System.Globalization;

namespace Notify.Sandbox.Telegram.Text;

/// <summary>Which addresses Telegram takes for links, and how it writes them.</summary>
internal static class Links
{
    /// <summary>A link or mention for an address, or null where Telegram drops the link and keeps its text.</summary>
    public static MessageEntity? ToEntity(string url, int offset, int length)
    {
        if (MentionedUser(url) is { } user)
            return new MessageEntity(
                EntityType.TextMention,
                offset,
                length,
                user.ToString(CultureInfo.InvariantCulture)
            );
        return Check(url) is { } address ? new MessageEntity(EntityType.TextLink, offset, length, address) : null;
    }

    /// <summary>The address as Telegram stores it (scheme added, host in lower case, a slash after it), or null if it isn't one.</summary>
    public static string? Check(string url)
    {
        var address = url.Trim();
        if (address.Length == 0 || address.Any(c => c <= ' '))
            return null;
        var schemeEnd = address.IndexOf("://", StringComparison.Ordinal);
        string scheme;
        string rest;
        if (schemeEnd > 0)
        {
            scheme = address[..schemeEnd].ToUpperInvariant();
            rest = address[(schemeEnd + 3)..];
        }
        else if (address.StartsWith("tg:", StringComparison.OrdinalIgnoreCase))
        {
            scheme = "TG";
            rest = address[3..];
        }
        else
        {
            scheme = "HTTP";
            rest = address;
        }

        if (scheme is "TG" or "TON")
            return rest.Length == 0 ? null : $"{(scheme == "TG" ? "tg" : "ton")}://{rest}";
        if (scheme is not ("HTTP" or "HTTPS"))
            return null;

        var hostEnd = rest.IndexOfAny(['/', '?', '#']);
        var authority = hostEnd < 0 ? rest : rest[..hostEnd];
        var path = hostEnd < 0 ? "" : rest[hostEnd..];
        var host = authority[(authority.LastIndexOf('@') + 1)..];
        var isIp6 = host.StartsWith('[');
        var name = isIp6 ? host : host.Split(':')[0];
        // A host without a dot (localhost, an intranet name) is no link to Telegram.
        if (
            name.Length == 0
            || (!isIp6 && (!name.Contains('.', StringComparison.Ordinal) || name.StartsWith('.') || name.EndsWith('.')))
        )
            return null;
        if (path.Length == 0 || path[0] != '/')
            path = "/" + path;
#pragma warning disable CA1308 // Host names are written in lower case.
        return $"{scheme.ToLowerInvariant()}://{authority.ToLowerInvariant()}{path}";
#pragma warning restore CA1308
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
