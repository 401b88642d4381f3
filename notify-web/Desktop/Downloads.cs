using Notify.Http;

namespace Notify.Web.Desktop;

/// <summary>Serves the desktop program, installed beside the dashboard, to logged-in users.</summary>
internal static class Downloads
{
    /// <summary>Its path.</summary>
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
                            "notify-desktop is not installed on this server. Tell the admin: server/deploy.sh and the package install it."
                        )
            )
            .ExcludeFromDescription();
}
