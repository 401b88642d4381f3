using System.Globalization;
using Microsoft.AspNetCore.Authentication;

namespace Notify.Web.Login;

/// <summary>The absolute end of a session. Its cookie is renewed every few minutes, so the cookie's age says nothing about the login.</summary>
internal static class SessionLife
{
    /// <summary>Counted from the login.</summary>
    internal static readonly TimeSpan MaxLife = TimeSpan.FromDays(30);

    private const string BegunKey = "begun";

    /// <summary>Keeps the session's start in a renewed cookie. For a cookie of an earlier version without it, the last issue counts.</summary>
    internal static void KeepBegin(AuthenticationProperties session) =>
        session.Items[BegunKey] = Begun(session).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    /// <summary>Its end without use, and its latest end.</summary>
    internal static DateTimeOffset EndOf(AuthenticationProperties session)
    {
        var longest = Begun(session) + MaxLife;
        return session.ExpiresUtc is { } unused && unused < longest ? unused : longest;
    }

    /// <summary>Its start.</summary>
    internal static DateTimeOffset Begun(AuthenticationProperties session) =>
        session.Items.TryGetValue(BegunKey, out var text)
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : session.IssuedUtc ?? DateTimeOffset.UnixEpoch;
}
