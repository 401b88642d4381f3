using System.Globalization;
using Microsoft.AspNetCore.Authentication;

namespace Notify.Web.Login;

/// <summary>When a session ends, however much it is used. Its cookie is made anew every few minutes, so what it is issued at says nothing of the login.</summary>
internal static class SessionLife
{
    /// <summary>From the login on (specification, section 12).</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    private const string BegunKey = "begun";

    /// <summary>Notes in a cookie that is made anew when its session began. One of an earlier version does not say so: for it the last issue counts.</summary>
    internal static void KeepBegin(AuthenticationProperties session) =>
        session.Items[BegunKey] = Begun(session).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    /// <summary>When it ends unless somebody uses it, and at the latest.</summary>
    internal static DateTimeOffset EndOf(AuthenticationProperties session)
    {
        var longest = Begun(session) + Longest;
        return session.ExpiresUtc is { } unused && unused < longest ? unused : longest;
    }

    private static DateTimeOffset Begun(AuthenticationProperties session) =>
        session.Items.TryGetValue(BegunKey, out var text)
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : session.IssuedUtc ?? DateTimeOffset.UnixEpoch;
}
