using Notify.Linking;

namespace Notify.Web.Page;

/// <summary>
/// Finds the reader's time zone: what the page's scripts say in the request or have said in a cookie, else the zone of the chat, else the server's.
/// </summary>
public sealed class ZoneReader(ILinkStore links, TimeProvider time)
{
    /// <summary>The cookie that scripts set. It holds an IANA name, and nothing depends on it but how times are written.</summary>
    public const string Cookie = "notify-zone";

    /// <summary>The zone of a request.</summary>
    internal ReaderZone Of(HttpRequest request, UserName user)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Query["zone"] is [{ Length: > 0 } asked])
        {
            return ReaderZone.Of(asked, request.Query["offset"], time.LocalTimeZone);
        }

        return ReaderZone.Of(request.Cookies[Cookie] ?? ChatZone(user), null, time.LocalTimeZone);
    }

    private string? ChatZone(UserName user)
    {
        try
        {
            return links.Find(user)?.TimeZone?.Value;
        }
        catch (StateUnreadableException)
        {
            // The Telegram card says so.
            return null;
        }
    }
}
