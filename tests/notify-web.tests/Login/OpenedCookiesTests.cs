using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Time.Testing;
using Notify.Web.Login;

namespace Notify.Tests.Login;

/// <summary>What is remembered of cookies, and for how long.</summary>
public sealed class OpenedCookiesTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Counting _format = new();

    [Fact]
    public void A_cookie_is_opened_anew_after_a_minute_so_that_a_revoked_key_is_not_outlived()
    {
        var cookies = new OpenedCookies(_format, _time);
        Assert.NotNull(cookies.Unprotect("right"));
        Assert.NotNull(cookies.Unprotect("right"));
        Assert.Equal(1, _format.Opened);

        _format.IsRevoked = true;
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Null(cookies.Unprotect("right"));
    }

    [Fact]
    public void A_cookie_that_is_not_right_is_refused_each_time_and_not_remembered()
    {
        var cookies = new OpenedCookies(_format, _time);

        Assert.Null(cookies.Unprotect("forged"));
        Assert.Null(cookies.Unprotect("forged"));
        Assert.Null(cookies.Unprotect(null));

        Assert.Equal(3, _format.Opened);
    }

    [Fact]
    public void What_one_request_adds_to_its_principal_is_not_in_another_one()
    {
        var cookies = new OpenedCookies(_format, _time);

        foreach (var _ in Enumerable.Range(0, 2))
        {
            var ticket = cookies.Unprotect("right")!;
            Assert.Equal(["alice"], ticket.Principal.Claims.Select(claim => claim.Value));
            Assert.Empty(ticket.Properties.Items);
            ((ClaimsIdentity)ticket.Principal.Identity!).AddClaim(new Claim("user", "mallory"));
            ticket.Properties.Items["added"] = "";
        }
    }

    private sealed class Counting : ISecureDataFormat<AuthenticationTicket>
    {
        public int Opened { get; private set; }

        public bool IsRevoked { get; set; }

        public string Protect(AuthenticationTicket data) => Protect(data, purpose: null);

        public string Protect(AuthenticationTicket data, string? purpose) => "right";

        public AuthenticationTicket? Unprotect(string? protectedText) => Unprotect(protectedText, purpose: null);

        public AuthenticationTicket? Unprotect(string? protectedText, string? purpose)
        {
            Opened++;
            return protectedText == "right" && !IsRevoked
                ? new AuthenticationTicket(
                    new ClaimsPrincipal(new ClaimsIdentity([new Claim("user", "alice")], "test")),
                    "test"
                )
                : null;
        }
    }
}
