using Microsoft.AspNetCore.Mvc;
using Notify.Web.Bot;

namespace Notify.Web.Page;

/// <summary>An operator's act for one user. GET asks and changes nothing; POST does it and names what was done.</summary>
public sealed class OperatorActModel(OperatorClient bot) : OperatorPage
{
    /// <summary>The user whom it concerns.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The question before the act.</summary>
    internal OperatorQuestion Question { get; private set; } = null!;

    /// <summary>What was done; null before.</summary>
    public string? Said { get; private set; }

    /// <summary>Whether the typed name was another one.</summary>
    public bool IsMistyped { get; private set; }

    /// <summary>Asks.</summary>
    public async Task OnGetAsync(string user, string act, CancellationToken cancellation)
    {
        Name = user;
        await ReadAsync(async () =>
            Question = OperatorQuestion.Of(act, await OperatorUserModel.FindAsync(bot, By, user, cancellation))
        );
        Question ??= OperatorQuestion.Of(act, user);
    }

    /// <summary>Does it.</summary>
    public async Task OnPostAsync(string user, string act, [FromForm] string? name, CancellationToken cancellation)
    {
        if (!UserName.TryParse(user, out var whom))
        {
            throw NothingHere();
        }

        Name = user;
        Question = OperatorQuestion.Of(act, user);
        if (Question.HasToType && name?.Trim() != user)
        {
            await OnGetAsync(user, act, cancellation);
            IsMistyped = true;
            Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        // Done to its end, even if the browser goes: the bot has begun it.
        await ReadAsync(
            async () => Said = await bot.ActAsync(By, whom, Question.Act, CancellationToken.None),
            isAct: true
        );
        Response.StatusCode = ProblemStatus;
    }
}
