using Notify.Contracts;

namespace Notify.Web.Live;

/// <summary>A notification was accepted, or its state changed.</summary>
/// <param name="Id">The notification's.</param>
/// <param name="State">Its state, as in the list of notifications.</param>
public sealed record NotificationEvent(string Id, DeliveryState State);
