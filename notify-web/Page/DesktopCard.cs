using Notify.Web.Desktop;

namespace Notify.Web.Page;

/// <summary>The user's desktops: this browser, and devices with a token of their own.</summary>
internal sealed record DesktopCard
{
    /// <summary>The devices, the newest first.</summary>
    public IReadOnlyList<Device> Devices { get; init; } = [];

    /// <summary>Why they can't be listed; null where they are.</summary>
    public Problem? Problem { get; init; }
}
