using Notify.Web.Hosting;

namespace Notify.Web.Desktop;

/// <summary>The program for people's own desktops, which the install puts beside the dashboard's; for who is logged in.</summary>
internal static class Downloads
{
    /// <summary>Where it is served.</summary>
    internal const string Path = "/download/notify-desktop";

    private static string ProgramFile => System.IO.Path.Combine(AppContext.BaseDirectory, "download", "notify-desktop");

    /// <summary>Whether there is something to download.</summary>
    internal static bool AreThere => File.Exists(ProgramFile);

    internal static void MapDownloads(this IEndpointRouteBuilder routes) =>
        routes
            .MapGet(
                Path,
                () =>
                    AreThere
                        ? Results.File(ProgramFile, "application/octet-stream", "notify-desktop")
                        : throw new ApiException(
                            StatusCodes.Status404NotFound,
                            "notify-desktop is not installed on this server. Tell the operator: server/deploy.sh and the package bring it."
                        )
            )
            .ExcludeFromDescription();
}
