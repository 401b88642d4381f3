namespace Notify.Web;

/// <summary>Addresses below the dashboard's own that more than one folder knows.</summary>
internal static class WebPaths
{
    /// <summary>The health check.</summary>
    internal const string Health = "/healthz";

    /// <summary>Ends a session.</summary>
    internal const string Logout = "/logout";

    /// <summary>Whether it is one of the operators' pages.</summary>
    internal static bool IsForOperators(PathString path) => IsBelow(path, "/operator");

    /// <summary>Whether scripts ask for it: the API, and parts of the page.</summary>
    internal static bool IsForScripts(PathString path) => IsBelow(path, "/api") || IsBelow(path, "/fragments");

    /// <summary>Whether an open page asks for it without a person's action.</summary>
    internal static bool IsAutomatic(PathString path) =>
        IsBelow(path, "/api/events")
        || IsBelow(path, "/fragments")
        || IsBelow(path, "/api/desktop/token")
        || IsBelow(path, "/api/notifications/images");

    /// <summary>Ignores case, as the routes do.</summary>
    private static bool IsBelow(PathString path, string above) =>
        path.StartsWithSegments(above, StringComparison.OrdinalIgnoreCase);
}
