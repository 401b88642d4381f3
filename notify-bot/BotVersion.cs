using System.Reflection;

namespace Notify.Bot;

/// <summary>The version of this program.</summary>
internal static class BotVersion
{
    internal static string Text { get; } =
        typeof(BotVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? "unknown";
}
