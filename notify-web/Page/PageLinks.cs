namespace Notify.Web.Page;

/// <summary>Addresses that several pages lead to.</summary>
internal static class PageLinks
{
    /// <summary>The page of a script.</summary>
    /// <param name="name">Its file name, or that without <c>.py</c>.</param>
    public static string Script(string name) =>
        "~/scripts/" + Uri.EscapeDataString(name.EndsWith(".py", StringComparison.Ordinal) ? name : name + ".py");

    /// <summary>The public address of a notification, to be given to others.</summary>
    public static string Public(WebSettings settings, string id) =>
        $"{settings.PublicUrl.AbsoluteUri.TrimEnd('/')}/notifications/{id}";
}
