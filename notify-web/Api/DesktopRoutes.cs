using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Notify.Http;
using Notify.Text;
using Notify.Web.Desktop;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Api;

/// <summary>Asks for a token.</summary>
public sealed record TokenRequest
{
    /// <summary>The name of a device, 1 to 60 characters: its token is valid for 30 days. Null for a page: its token is valid for 10 minutes.</summary>
    public string? Device { get; init; }
}

/// <summary>A token for the gateway. Only this answer shows it.</summary>
/// <param name="Token">The token: a secret.</param>
/// <param name="ExpiresAt">When it expires.</param>
/// <param name="Url">The gateway's address.</param>
/// <param name="Id">The id for revoking a device's token; null for a page's.</param>
/// <param name="Device">The device's name.</param>
public sealed record TokenAnswer(
    string Token,
    DateTimeOffset ExpiresAt,
    string Url,
    string? Id = null,
    string? Device = null
);

/// <summary>A device that has a token.</summary>
/// <param name="Id">The id for revoking it.</param>
/// <param name="Device">Its name.</param>
/// <param name="CreatedAt">When it got its token.</param>
/// <param name="ExpiresAt">When its token expires.</param>
public sealed record DeviceAnswer(string Id, string Device, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <summary>The user's devices.</summary>
/// <param name="Devices">The newest first.</param>
public sealed record DevicesAnswer(IReadOnlyList<DeviceAnswer> Devices);

/// <summary>A token was revoked.</summary>
/// <param name="Ok">Always true.</param>
/// <param name="Cut">Whether its connections have ended. False if the gateway does not answer; the dashboard tells it later.</param>
public sealed record RevokedAnswer(bool Ok, bool Cut);

/// <summary><c>/api/desktop/token</c>: tokens for the gateway, for the page itself and for the user's devices.</summary>
internal static class DesktopRoutes
{
    private const int MaxNameLength = 60;

    internal static void Map(RouteGroupBuilder desktop)
    {
        desktop
            .MapPost("/token", MakeAsync)
            .RequireRateLimiting(RateLimits.Tokens)
            .Accepts<TokenRequest>("application/json")
            .Refuses(400, 409, 429, 503)
            .WithSummary("Makes a token for the gateway: 10 minutes for a page, 30 days for a device.");
        desktop.MapGet("/token", List).Refuses(503).WithSummary("The devices that have a token.");
        desktop
            .MapDelete("/token", RevokeAsync)
            .RequireRateLimiting(RateLimits.Tokens)
            .Refuses(400, 404, 429, 503)
            .WithSummary("Revokes a device's token (?id=) and cuts its connections.");
    }

    private static async Task<Ok<TokenAnswer>> MakeAsync(
        HttpContext context,
        GatewayTokens tokens,
        DeviceStore devices,
        PageStore pages,
        WebSettings settings,
        TimeProvider time
    )
    {
        var user = context.UserName();
        var hasBody = context.Request.ContentLength > 0 || context.Request.Headers.TransferEncoding.Count > 0;
        var asked = !hasBody
            ? new TokenRequest()
            : await ApiBody.ReadAsync<TokenRequest>(context, """{"device":"laptop"}""");
        if (asked.Device is null)
        {
            var cookie = context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties;
            var page = tokens.MakeForPage(
                user,
                await Stored(() => pages.IdForAsync(user, context.Session().Id, context.RequestAborted)),
                cookie is null ? time.GetUtcNow() + GatewayTokens.PageLife : SessionLife.EndOf(cookie)
            );
            return TypedResults.Ok(new TokenAnswer(page.Text, page.ExpiresAt, settings.GatewayUrl.AbsoluteUri));
        }

        var name = asked.Device.Trim();
        if (
            name.Length is 0 or > MaxNameLength
            || name.EnumerateRunes().Any(rune => rune == Rune.ReplacementChar || SafeText.IsHidden(rune))
        )
        {
            throw new ApiException(
                StatusCodes.Status400BadRequest,
                $"The device needs a name of 1 to {MaxNameLength} visible characters, such as \"laptop\"."
            );
        }

        var token = tokens.MakeForDevice(user);
        var addition = await Stored(() => devices.AddAsync(user, token, name, context.RequestAborted));
        return addition switch
        {
            DeviceAddition.Added => TypedResults.Ok(
                new TokenAnswer(token.Text, token.ExpiresAt, settings.GatewayUrl.AbsoluteUri, token.Id, name)
            ),
            DeviceAddition.TooMany => throw new ApiException(
                StatusCodes.Status409Conflict,
                $"You have {DeviceStore.MaxPerUser} devices, which is the limit. Revoke one that you no longer use."
            ),
            _ => throw new ApiException(
                StatusCodes.Status409Conflict,
                $"You had {DeviceStore.MaxTokensPerUser} device tokens within {GatewayTokens.DeviceLife.TotalDays:0} days, which is the limit. Use the devices that you have, or wait until an old token expires."
            ),
        };
    }

    private static async Task<Ok<DevicesAnswer>> List(HttpContext context, DeviceStore devices)
    {
        var own = await Stored(() => Task.FromResult(devices.Of(context.UserName())));
        return TypedResults.Ok(
            new DevicesAnswer([
                .. own.Select(device => new DeviceAnswer(device.Id, device.Name, device.CreatedAt, device.ExpiresAt)),
            ])
        );
    }

    private static async Task<Ok<RevokedAnswer>> RevokeAsync(
        HttpContext context,
        DeviceStore devices,
        Revocations revocations
    )
    {
        var user = context.UserName();
        if (context.Request.Query["id"] is not [{ Length: > 0 } id])
        {
            throw new ApiException(StatusCodes.Status400BadRequest, "Name the device whose token to revoke: ?id=...");
        }

        var device =
            (await Stored(() => Task.FromResult(devices.Of(user)))).FirstOrDefault(own => own.Id == id)
            ?? throw new ApiException(
                StatusCodes.Status404NotFound,
                "You have no such device. Perhaps it was already revoked."
            );
        await Stored(() => devices.RevokeAsync(user, id, context.RequestAborted));
        return TypedResults.Ok(new RevokedAnswer(true, await revocations.TellAsync(device, CancellationToken.None)));
    }

    private static async Task<T> Stored<T>(Func<Task<T>> act)
    {
        try
        {
            return await act();
        }
        catch (IOException e)
        {
            throw new ApiException(
                StatusCodes.Status503ServiceUnavailable,
                $"Your devices can't be read or stored at the moment. Tell the admin: {e.Message}"
            );
        }
    }
}
