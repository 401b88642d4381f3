using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Notify.Formatting;

/// <summary>Which addresses a link may have, after <c>LinkManager::check_link</c> and <c>parse_url</c> of Telegram's library (tdlib/td).</summary>
public static class LinkAddress
{
    /// <summary>
    /// Longest address of a link in UTF-16 units, including blanks around it; a longer one stays text. Our own limit: Telegram publishes none. It
    /// bounds the cost of an address that many brackets share.
    /// </summary>
    public const int MaxLength = 4096;

    private static readonly SearchValues<char> AfterScheme = SearchValues.Create(":/?#@[]");

    /// <summary>
    /// The address in the form Telegram gives it: with a scheme, the host in lower case, at least <c>/</c> for a path. Null for another scheme
    /// than http, https, tg or ton, for a host without a dot, and for an address that is invalid by Telegram's rules and RFC 3986: a link that opens nothing
    /// would only hide its address.
    /// </summary>
    public static string? Check(ReadOnlySpan<char> link)
    {
        if (link.Length > MaxLength)
        {
            return null;
        }

        // Telegram ignores blanks around an address.
        link = link.Trim();
        if (link.IsEmpty)
        {
            return null;
        }

        foreach (var ownScheme in (ReadOnlySpan<string>)["tg", "ton", "tonsite"])
        {
            if (
                link.Length > ownScheme.Length
                && link[ownScheme.Length] == ':'
                && link.StartsWith(ownScheme, StringComparison.OrdinalIgnoreCase)
            )
            {
                return Readable(CheckOwn(ownScheme, link[(ownScheme.Length + 1)..]));
            }
        }

        return Readable(CheckWeb(link));
    }

    private static string? Readable(string? address) =>
        Uri.TryCreate(address, UriKind.Absolute, out _) ? address : null;

    // Addresses that the Telegram app itself opens: tg://resolve?domain=x. Only letters, digits and '-', '_' where a host would be.
    private static string? CheckOwn(string scheme, ReadOnlySpan<char> rest)
    {
        if (rest.StartsWith("//"))
        {
            rest = rest[2..];
        }

        var end = rest.IndexOfAny("/?#");
        var host = end < 0 ? rest : rest[..end];
        if (host.IsEmpty)
        {
            return null;
        }

        foreach (var c in host)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_') && !(c == '.' && scheme is "tonsite"))
            {
                return null;
            }
        }

        var query = Query(end < 0 ? [] : rest[end..]);
        return $"{scheme}://{AsciiText.Lower(host)}{(query is "/" ? "" : query.StartsWith("/?", StringComparison.Ordinal) ? query[1..] : query)}";
    }

    private static string? CheckWeb(ReadOnlySpan<char> link)
    {
        var scheme = "http";
        var firstSpecial = link.IndexOfAny(AfterScheme);
        if (firstSpecial >= 0 && link[firstSpecial..].StartsWith("://"))
        {
            if (link[..firstSpecial].Equals("https", StringComparison.OrdinalIgnoreCase))
            {
                scheme = "https";
            }
            else if (!link[..firstSpecial].Equals("http", StringComparison.OrdinalIgnoreCase))
            {
                return null;
            }

            link = link[(firstSpecial + 3)..];
        }

        var authorityEnd = link.IndexOfAny("/?#");
        var authority = authorityEnd < 0 ? link : link[..authorityEnd];
        var at = authority.LastIndexOf('@');
        var userInfo = at < 0 ? [] : authority[..at];
        var host = authority[(at + 1)..];
        foreach (var c in userInfo)
        {
            if (c <= ' ' || char.IsWhiteSpace(c))
            {
                return null;
            }
        }

        var port = "";
        var colon = host.LastIndexOf(':');
        if (colon > 0 && colon > host.LastIndexOf(']'))
        {
            if (
                !int.TryParse(host[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || number is < 1 or > 65535
            )
            {
                return null;
            }

            port = $":{number}";
            host = host[..colon];
        }

        if (!IsHost(host))
        {
            return null;
        }

        return $"{scheme}://{userInfo}{(at < 0 ? "" : "@")}{AsciiText.Lower(host)}{port}{Query(authorityEnd < 0 ? [] : link[authorityEnd..])}";
    }

    private static bool IsHost(ReadOnlySpan<char> host)
    {
        if (host.Length > 2 && host[0] == '[' && host[^1] == ']')
        {
            return !host.Contains('%')
                && IPAddress.TryParse(host[1..^1], out var address)
                && address.AddressFamily == AddressFamily.InterNetworkV6;
        }

        if (host.Length < 3 || !host[1..^1].Contains('.') || host[0] == '.' || host[^1] == '.')
        {
            return false;
        }

        for (var i = 0; i < host.Length; i++)
        {
            var c = host[i];
            if (c == '%')
            {
                if (i + 2 >= host.Length || !char.IsAsciiHexDigit(host[i + 1]) || !char.IsAsciiHexDigit(host[i + 2]))
                {
                    return false;
                }

                i += 2;
            }
            else if (
                !char.IsAsciiLetterOrDigit(c)
                && !".-_!$,~*'();&+=".Contains(c, StringComparison.Ordinal)
                && (c < '\u0080' || char.IsWhiteSpace(c))
            )
            {
                return false;
            }
        }

        return true;
    }

    private static string Query(ReadOnlySpan<char> query)
    {
        query = query.TrimEnd();
        if (query.IsEmpty)
        {
            return "/";
        }

        var result = new StringBuilder(query.Length + 8);
        if (query[0] != '/')
        {
            result.Append('/');
        }

        foreach (var c in query)
        {
            if (c <= ' ')
            {
                result.Append(CultureInfo.InvariantCulture, $"%{(int)c:X2}");
            }
            else
            {
                result.Append(c);
            }
        }

        return result.ToString();
    }
}
