namespace Notify.Web.Page;

/// <summary>Addresses that several pages lead to.</summary>
internal static class PageLinks
{
    /// <summary>The page that shows a script.</summary>
    /// <param name="name">Its file name.</param>
    public static string Script(string name) =>
        "~/scripts?q=" + Uri.EscapeDataString(name.EndsWith(".py", StringComparison.Ordinal) ? name[..^3] : name);

    /// <summary>The public address of a notification, to be given to others.</summary>
    public static string Public(WebSettings settings, string id) =>
        $"{settings.PublicUrl.AbsoluteUri.TrimEnd('/')}/notifications/{id}";
}
