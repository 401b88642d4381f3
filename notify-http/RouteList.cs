using Microsoft.AspNetCore.Routing;

namespace Notify.Http;

/// <summary>What a service serves, in words.</summary>
public static class RouteList
{
    /// <summary>All calls, such as <c>POST /scripts/NAME.py/run</c>, for callers whose path is none of them.</summary>
    public static string Words(EndpointDataSource endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return string.Join(
                ", ",
                endpoints
                    .Endpoints.OfType<RouteEndpoint>()
                    .Where(endpoint => endpoint.Metadata.GetMetadata<HiddenRoute>() is null)
                    .Select(endpoint =>
                        $"{endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods[0]} {endpoint.RoutePattern.RawText}"
                    )
            )
            .Replace("{name}", "NAME.py", StringComparison.Ordinal)
            .Replace("{id}", "ID", StringComparison.Ordinal);
    }
}
