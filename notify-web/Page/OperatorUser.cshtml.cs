using Notify.Contracts;
using Notify.Web.Bot;

namespace Notify.Web.Page;

/// <summary>One user for operators: what is wrong, and what can be done.</summary>
public sealed class OperatorUserModel(OperatorClient bot) : OperatorPage
{
    /// <summary>The user's name.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Null without the bot's answer.</summary>
    internal OperatorUserAnswer? Is { get; private set; }

    /// <summary>Shows it.</summary>
    public async Task OnGetAsync(string user, CancellationToken cancellation)
    {
        Name = user;
        await ReadAsync(async () => Is = await FindAsync(bot, By, user, cancellation));
    }

    /// <summary>What the bot knows of a user.</summary>
    internal static async Task<OperatorUserAnswer> FindAsync(
        OperatorClient bot,
        UserName by,
        string user,
        CancellationToken cancellation
    ) =>
        (
            UserName.TryParse(user, out var name) ? await bot.UsersAsync(by, name.Value, null, cancellation) : []
        ).FirstOrDefault(found => found.User == user) ?? throw NothingHere();
}
