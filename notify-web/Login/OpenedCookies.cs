using System.Collections.Concurrent;
using Microsoft.AspNetCore.Authentication;

namespace Notify.Web.Login;

/// <summary>What the cookies of the last minute hold: each is decrypted and its MAC checked once a minute, not at every request, where that was a fifth of the work.</summary>
/// <remarks>
/// Kept is what was put into the cookie, nothing about whether it counts: its age, the logout, and the group are looked at in every request as before
/// (<see cref="SessionCheck"/>). Only cookies that are right are kept, so nobody without a login can fill it. A minute, so that a revoked key is not outlived by
/// more, and what nobody uses any more goes.
/// </remarks>
internal sealed class OpenedCookies(ISecureDataFormat<AuthenticationTicket> format, TimeProvider time)
    : ISecureDataFormat<AuthenticationTicket>
{
    private static readonly TimeSpan Keep = TimeSpan.FromMinutes(1);

    /// <summary>Some 4 kB each. With more sessions than this within a minute, the others are decrypted every time.</summary>
    private const int MostKept = 5_000;

    private volatile Minute _minute = new(time.GetTimestamp());

    public string Protect(AuthenticationTicket data) => format.Protect(data);

    public string Protect(AuthenticationTicket data, string? purpose) => format.Protect(data, purpose);

    public AuthenticationTicket? Unprotect(string? protectedText) => Unprotect(protectedText, purpose: null);

    public AuthenticationTicket? Unprotect(string? protectedText, string? purpose)
    {
        if (protectedText is null || purpose is not null)
        {
            return format.Unprotect(protectedText, purpose);
        }

        var minute = _minute;
        if (time.GetElapsedTime(minute.Began) >= Keep)
        {
            _minute = minute = new Minute(time.GetTimestamp());
        }

        if (!minute.Tickets.TryGetValue(protectedText, out var ticket))
        {
            ticket = format.Unprotect(protectedText);
            if (ticket is not null && minute.Tickets.Count < MostKept)
            {
                minute.Tickets.TryAdd(protectedText, ticket);
            }
        }

        // A copy: what one request adds to its principal must not be there in another one.
        return ticket?.Clone();
    }

    private sealed class Minute(long began)
    {
        internal long Began { get; } = began;

        internal ConcurrentDictionary<string, AuthenticationTicket> Tickets { get; } = new(StringComparer.Ordinal);
    }
}
