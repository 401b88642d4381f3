namespace Notify.Bot.Commands;

/// <summary>A command as the phone's menu and /help show it.</summary>
/// <param name="Name">Without the slash.</param>
/// <param name="Description">A few words; Telegram takes up to 256 characters.</param>
public sealed record Command(string Name, string Description);

/// <summary>The commands of the bot.</summary>
public static class CommandList
{
    /// <summary>All of them, in the order of /help.</summary>
    public static IReadOnlyList<Command> All { get; } =
    [
        new("start", "Link this chat to your account"),
        new("status", "Show your scripts, with Run buttons"),
        new("run", "Run a script now: /run NAME"),
        new("snooze", "Mute a script for a while: /snooze NAME 2h"),
        new("mute", "Mute notifications: /mute 2h, or a script: /mute NAME"),
        new("unmute", "End all mutes, or a script's: /unmute NAME"),
        new("quiet", "Hold notifications at night: /quiet 22:00-07:00, /quiet weekends, /quiet off"),
        new("timezone", "Show or set your time zone: /timezone Europe/Prague"),
        new("watch", "Tell me when my scripts stop running: /watch off, /watch on"),
        new("whoami", "Show whose notifications arrive here"),
        new("test", "Send a sample text and picture"),
        new("unlink", "Stop notifications to this chat"),
        new("help", "List the commands"),
    ];
}
