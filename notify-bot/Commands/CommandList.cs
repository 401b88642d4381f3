namespace Notify.Bot.Commands;

/// <summary>A command as the phone's menu and /help show it.</summary>
/// <param name="Name">Without the slash.</param>
/// <param name="Description">A few words; Telegram takes up to 256 characters.</param>
public sealed record Command(string Name, string Description);

/// <summary>The commands of the bot (specification, section 6).</summary>
public static class CommandList
{
    /// <summary>All of them, in the order of /help.</summary>
    public static IReadOnlyList<Command> All { get; } =
    [
        new("start", "Link this chat to your account"),
        new("status", "Your scripts, when each last sent, and Run buttons"),
        new("run", "Run a script now: /run NAME"),
        new("mute", "Hold notifications back: /mute 2h"),
        new("unmute", "Let notifications through again"),
        new("whoami", "Whose notifications arrive here"),
        new("test", "Send a sample text and picture"),
        new("unlink", "Stop notifications to this chat"),
        new("help", "List the commands"),
    ];
}
