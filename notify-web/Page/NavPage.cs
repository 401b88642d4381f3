namespace Notify.Web.Page;

/// <summary>A page of the navigation, for <c>ViewData["Page"]</c>.</summary>
internal enum NavPage
{
    /// <summary>Is anything wrong, and what was said?</summary>
    Overview,

    /// <summary>The history.</summary>
    Notifications,

    /// <summary>The scripts.</summary>
    Scripts,

    /// <summary>Phone, desktops.</summary>
    Settings,

    /// <summary>The analysts' guide.</summary>
    Help,

    /// <summary>The operators' desk.</summary>
    Operator,
}
