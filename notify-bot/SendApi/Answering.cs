using Notify.Bot.Outbox;
using Notify.Contracts;

namespace Notify.Bot.SendApi;

internal static class Answering
{
    /// <summary>What took a notification.</summary>
    internal static ChannelsAnswer Channels(this DeliveryProgress progress, int? desktops) =>
        new(progress.IsOnDesktopOnly ? null : progress.State, desktops);
}
