using System.Globalization;
using Notify.Linking;

namespace Notify.Bot.Doctor;

/// <summary>The operator's commands on links: they work on the shared files, whether the bot runs or not; a running bot tells the chats concerned.</summary>
/// <param name="links">The links.</param>
/// <param name="accounts">The accounts that they are of.</param>
/// <param name="group">The analysts' group.</param>
/// <param name="output">Where lines go.</param>
/// <param name="errors">Where it goes why something was not done.</param>
public sealed class LinkCommands(
    ILinkStore links,
    Accounts accounts,
    string group,
    TextWriter output,
    TextWriter errors
)
{
    /// <summary>Exit status of a command that was used wrongly (EX_USAGE of sysexits.h).</summary>
    private const int Usage = 64;

    /// <summary><c>notify-bot users</c>.</summary>
    public async Task<int> UsersAsync()
    {
        var all = links.All();
        foreach (var unreadable in links.Unreadable())
        {
            await errors.WriteLineAsync($"notify-bot: {unreadable} can't be read.");
        }

        if (all.Count == 0)
        {
            await output.WriteLineAsync(
                "Nobody is linked yet. Analysts send /start to the bot and enter the code on the dashboard; or: notify-bot link USER CODE"
            );
            return 0;
        }

        var width = all.Keys.Max(u => u.Value.Length);
        foreach (var link in all.Values.OrderBy(l => l.User.Value, StringComparer.Ordinal))
        {
            var line = string.Create(
                CultureInfo.InvariantCulture,
                $"{link.User.Value.PadRight(width)}  {link.Chat.Value, 15}  since {link.LinkedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC{(link.Chat.IsPrivate ? "" : "  group")}{(link.Dead is { } dead ? $"  dead: {dead.Reason}" : "")}"
            );
            await output.WriteLineAsync(line);
            if (Inert(link) is { } inert)
            {
                await output.WriteLineAsync($"{new string(' ', width)}  inert: {inert.Reason}. {inert.Command}");
            }
        }

        return 0;
    }

    /// <summary><c>notify-bot link USER CODE</c> or <c>notify-bot link USER --chat ID</c>.</summary>
    public async Task<int> LinkAsync(string user, string? code, string? chat, CancellationToken cancellation)
    {
        if (!UserName.TryParse(user, out var name))
        {
            return await FailAsync(Usage, UserName.Refusal(user));
        }

        if (code is null == chat is null)
        {
            return await FailAsync(
                Usage,
                "Give the code from the user's chat, or --chat with the id of a chat: notify-bot link USER CODE | notify-bot link USER --chat ID"
            );
        }

        if (chat is not null)
        {
            return
                long.TryParse(chat, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id) && id != 0
                ? await DoneAsync(await links.LinkAsync(name, new ChatId(id), cancellation))
                : await FailAsync(
                    Usage,
                    $"\"{chat}\" is not the id of a chat, a number such as -1001557900001. The bot tells a group's id to who writes /start@BOT in it."
                );
        }

        if (VerificationCodeText.Normalise(code!) is not { } digits)
        {
            return await FailAsync(Usage, "A code has six digits.");
        }

        return await links.VerifyUnlimitedAsync(name, digits, cancellation) is Verification.Verified verified
            ? await DoneAsync(verified.Change)
            : await FailAsync(
                1,
                "That code is wrong or expired. The user sends /start to the bot again; a code is valid for 10 minutes."
            );
    }

    /// <summary><c>notify-bot unlink USER</c>.</summary>
    public async Task<int> UnlinkAsync(string user, CancellationToken cancellation)
    {
        if (!UserName.TryParse(user, out var name))
        {
            return await FailAsync(Usage, UserName.Refusal(user));
        }

        if (await links.UnlinkAsync(name, cancellation) is not { } link)
        {
            return await FailAsync(1, $"{name} is not linked. notify-bot users lists who is.");
        }

        await output.WriteLineAsync($"{name} is no longer linked (it was chat {link.Chat}).");
        return 0;
    }

    private async Task<int> DoneAsync(LinkChange change)
    {
        await output.WriteLineAsync($"{change.Link.User} is linked to chat {change.Link.Chat}.");
        if (change.PreviousChat is { } previousChat)
        {
            await output.WriteLineAsync($"{change.Link.User} was linked to chat {previousChat} before.");
        }

        if (Inert(change.Link) is { } inert)
        {
            await output.WriteLineAsync($"It does not count yet: {inert.Reason}. {inert.Command}");
        }

        if (change.PreviousUser is { } previousUser)
        {
            await output.WriteLineAsync($"The chat was {previousUser}'s before; {previousUser} has no link now.");
        }

        return 0;
    }

    /// <summary>Why a link does not count; null where it does, or its account can't be looked up now.</summary>
    private InertLink? Inert(Link link) =>
        accounts.Find(link.User) is { } now ? InertLink.Of(link, links.StandingOf(link), now.Id, group) : null;

    private async Task<int> FailAsync(int status, string sentence)
    {
        await errors.WriteLineAsync($"notify-bot: {sentence}");
        return status;
    }
}
