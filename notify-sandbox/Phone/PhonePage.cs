namespace Notify.Sandbox.Phone;

/// <summary>The phone page: its files are part of the program.</summary>
internal static class PhonePage
{
    // Nothing inline, nothing from elsewhere, nothing that could frame it or send a form away.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(
            "/",
            http =>
            {
                http.Response.Redirect("/phone");
                return Task.CompletedTask;
            }
        );
        Serve(routes, "/phone", "phone.html", "text/html; charset=utf-8");
        Serve(routes, "/phone/phone.css", "phone.css", "text/css; charset=utf-8");
        Serve(routes, "/phone/phone.js", "phone.js", "text/javascript; charset=utf-8");
        Serve(routes, "/phone/text.js", "text.js", "text/javascript; charset=utf-8");
        Serve(routes, "/favicon.ico", "icon.svg", "image/svg+xml");
    }

    private static void Serve(IEndpointRouteBuilder routes, string path, string file, string type)
    {
        var content = Read(file);
        routes.MapGet(
            path,
            http =>
            {
                http.Response.ContentType = type;
                http.Response.ContentLength = content.Length;
                http.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
                http.Response.Headers.XContentTypeOptions = "nosniff";
                http.Response.Headers["Referrer-Policy"] = "no-referrer";
                http.Response.Headers.CacheControl = "no-cache";
                return http.Response.Body.WriteAsync(content, http.RequestAborted).AsTask();
            }
        );
    }

    private static byte[] Read(string file)
    {
        using var stream =
            typeof(PhonePage).Assembly.GetManifestResourceStream("phone/" + file)
            ?? throw new InvalidOperationException($"The program was built without {file}.");
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
