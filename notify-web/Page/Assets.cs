using System.Security.Cryptography;

namespace Notify.Web.Page;

/// <summary>
/// Style sheets, scripts and icons: part of the program (<c>Page/Assets</c>), served at <c>/assets/HASH/NAME</c>. HASH changes with any of
/// them, so browsers keep them for a year, and files that link each other stay together.
/// </summary>
public sealed class Assets
{
    private const string Prefix = "assets/";
    private const string ForAYear = "public, max-age=31536000, immutable";

    private readonly Dictionary<string, (byte[] Content, string MediaType)> _files = new(StringComparer.Ordinal);
    private readonly string _hash;

    /// <summary>Reads all assets.</summary>
    public Assets()
    {
        var assembly = typeof(Assets).Assembly;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (
            var name in assembly
                .GetManifestResourceNames()
                .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
        )
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(name));
            hash.AppendData(content);
            _files.Add(name[Prefix.Length..], (content, MediaType(name)));
        }

        _hash = Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    /// <summary>The address of a file, for <c>~/</c>-style links: <c>href="@Url.Content(Assets.PathOf("dashboard.css"))"</c>.</summary>
    /// <exception cref="FileNotFoundException">There is no such file in <c>Page/Assets</c>.</exception>
    public string PathOf(string name) =>
        _files.ContainsKey(name)
            ? $"~/{Prefix}{_hash}/{name}"
            : throw new FileNotFoundException($"There is no {name} in Page/Assets.");

    internal async Task ServeAsync(HttpContext context)
    {
        if (context.Request.RouteValues["name"] is not string name || !_files.TryGetValue(name, out var file))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        // A page from before an update asks by the old hash. It gets the new file, but must not cache it under that address.
        context.Response.Headers.CacheControl =
            (string?)context.Request.RouteValues["hash"] == _hash ? ForAYear : "no-cache";
        context.Response.ContentType = file.MediaType;
        context.Response.ContentLength = file.Content.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(file.Content, context.RequestAborted);
        }
    }

    private static string MediaType(string name) =>
        Path.GetExtension(name) switch
        {
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            ".png" => "image/png",
            ".ico" => "image/x-icon",
            ".woff2" => "font/woff2",
            var other => throw new InvalidOperationException($"No media type for {other} files: add it in Assets.cs."),
        };
}

/// <summary>The route of assets, open to anybody.</summary>
internal static class AssetRoutes
{
    internal static void MapAssets(this IEndpointRouteBuilder routes) =>
        routes
            .MapMethods(
                "/assets/{hash}/{name}",
                [HttpMethods.Get, HttpMethods.Head],
                context => context.RequestServices.GetRequiredService<Assets>().ServeAsync(context)
            )
            .AllowAnonymous();
}
