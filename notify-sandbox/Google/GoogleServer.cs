using System.Net;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Notify.Sandbox.Google;

/// <summary>The sandbox's Google as a web application on a port of its own: an OpenID provider with a page to choose an account.</summary>
internal static class GoogleServer
{
    public static WebApplication Build(GoogleWorld world, IPEndPoint endPoint)
    {
        var builder = LoopbackHost.NewBuilder(endPoint);
        OpenIddictSetup.AddOpenIddict(builder.Services, world);
        // ASP.NET Core's authentication brings keys that it would write to the home folder; nothing here uses them.
        builder.Services.Configure<KeyManagementOptions>(keys => keys.XmlRepository = new KeysInMemory());
        var app = builder.Build();

        app.Use(
            async (http, next) =>
            {
                if (LoopbackOnly.Refusal(http, isOpenToNavigation: true) is { } refusal)
                {
                    http.Response.StatusCode = StatusCodes.Status403Forbidden;
                    await http.Response.WriteAsJsonAsync(new { error = refusal }, http.RequestAborted);
                    return;
                }

                await next(http);
            }
        );
        app.Use((http, next) => PlayFaultAsync(world, http, next, app.Lifetime.ApplicationStopping));
        app.UseRouting();
        app.UseAuthentication();
        new Picker(world).Map(app);
        app.Lifetime.ApplicationStopping.Register(() => LoopbackHost.Transport(app).AbortConnections());
        return app;
    }

    private static async Task PlayFaultAsync(
        GoogleWorld world,
        HttpContext http,
        RequestDelegate next,
        CancellationToken ending
    )
    {
        GoogleEndpoint? endpoint = http.Request.Path.Value switch
        {
            OpenIddictSetup.TokenPath => GoogleEndpoint.Token,
            OpenIddictSetup.DiscoveryPath => GoogleEndpoint.Discovery,
            OpenIddictSetup.KeysPath => GoogleEndpoint.Keys,
            _ => null,
        };
        switch (
            endpoint is null
                ? null
                : world.Faults.Next(f =>
                    f.Kind == GoogleFaultKind.Hang
                        ? f.Endpoint == endpoint
                        : f.Kind == GoogleFaultKind.Token500 && endpoint == GoogleEndpoint.Token
                )
        )
        {
            case GoogleFaultKind.Hang:
                await HangAsync(http, ending);
                break;
            case GoogleFaultKind.Token500:
                http.Response.StatusCode = StatusCodes.Status500InternalServerError;
                await http.Response.WriteAsJsonAsync(new { error = "internal_failure" }, http.RequestAborted);
                break;
            default:
                await next(http);
                break;
        }
    }

    private static async Task HangAsync(HttpContext http, CancellationToken ending)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, ending);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, over.Token);
        }
        catch (OperationCanceledException)
        {
            http.Abort();
        }
    }

    private sealed class KeysInMemory : IXmlRepository
    {
        private readonly List<XElement> _keys = [];

        public IReadOnlyCollection<XElement> GetAllElements()
        {
            lock (_keys)
            {
                return [.. _keys];
            }
        }

        public void StoreElement(XElement element, string friendlyName)
        {
            lock (_keys)
            {
                _keys.Add(element);
            }
        }
    }
}
