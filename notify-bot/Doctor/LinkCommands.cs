using System.Globalization;
using System.Text.Json;
using Notify.Bot.Links;
using Notify.Contracts;
using Notify.Linking;
using Notify.Text;

namespace Notify.Bot.Doctor;

/// <summary>The admin's commands for links. They change the shared files with or without a running bot, which then tells the chats concerned.</summary>
/// <param name="links">The links.</param>
/// <param name="accounts">Their accounts.</param>
/// <param name="group">The analysts' group.</param>
/// <param name="output">Gets the lines.</param>
/// <param name="errors">Gets the errors.</param>
public sealed class LinkCommands(
    ILinkStore links,
    Accounts accounts,
    string group,
    TextWriter output,
    TextWriter errors
)
{
    /// <summary>Exit status for wrong usage (EX_USAGE of sysexits.h).</summary>
    private const int Usage = 64;

    /// <summary><c>notify-bot users</c>.</summary>
    /// <param name="json">Whether to print one JSON document.</param>
    public async Task<int> UsersAsync(bool json = false)
    {
        var all = links.All();
        foreach (var unreadable in links.Unreadable())
        {
            await errors.WriteLineAsync($"notify-bot: {SafeText.Line(unreadable.ToString())} can't be read.");
        }

        if (json)
        {
            var list = new LinkList([
                .. all
                    .Values.OrderBy(link => link.User.Value, StringComparer.Ordinal)
                    .Select(link => new LinkListEntry(
                        link.User.Value,
                        link.Chat.Value,
                        link.LinkedAt,
                        !link.Chat.IsPrivate,
                        link.Dead?.Reason,
                        link.Dead?.Since,
                        Inert(link)?.Reason
                    )),
            ]);
            await output.WriteLineAsync(JsonSerializer.Serialize(list, LinkListContract.Json.LinkList));
            return 0;
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
                $"{link.User.Value.PadRight(width)}  {link.Chat.Value, 15}  since {link.LinkedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC{(link.Chat.IsPrivate ? "" : "  group")}{(link.Dead is { } dead ? $"  dead: {dead.Reason.Word()}" : "")}"
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
                "Give the code from the user's chat, or a chat's id: notify-bot link USER CODE | notify-bot link USER --chat ID"
            );
        }

        if (chat is not null)
        {
            return
                long.TryParse(chat, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id) && id != 0
                ? await DoneAsync(await links.LinkAsync(name, new ChatId(id), cancellation))
                : await FailAsync(
                    Usage,
                    $"\"{chat}\" is not a chat's id, a number such as -1001557900001. To see a group's id, send /start@BOT in the group."
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
                "This code is wrong or expired. A code is valid for 10 minutes; the user gets a new one with /start to the bot."
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
            return await FailAsync(1, $"{name} is not linked. To list the linked users: notify-bot users");
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

    /// <summary>Why a link does not count; null if it counts, or the name service fails.</summary>
    private InertLink? Inert(Link link) =>
        accounts.Find(link.User) is { } now ? InertLink.Of(link, links.StandingOf(link), now.Id, group) : null;

    private async Task<int> FailAsync(int status, string sentence)
    {
        await errors.WriteLineAsync($"notify-bot: {SafeText.Line(sentence)}");
        return status;
    }
}
