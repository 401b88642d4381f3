using System.Reflection;

namespace Notify.Web;

/// <summary>The version of this program.</summary>
internal static class WebVersion
{
    internal static string Text { get; } =
        typeof(WebVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? "unknown";
}
