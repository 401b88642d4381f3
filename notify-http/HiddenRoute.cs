namespace Notify.Http;

/// <summary>Metadata of a route that no list of routes shows.</summary>
public sealed class HiddenRoute
{
    private HiddenRoute() { }

    /// <summary>The one of all such routes.</summary>
    public static HiddenRoute Instance { get; } = new();
}
