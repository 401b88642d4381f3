using System.Globalization;
using Notify.Contracts;

namespace Notify.Web.Page;

/// <summary>What an operator is asked before an act.</summary>
/// <param name="Act">The act.</param>
/// <param name="Ask">The question.</param>
/// <param name="Effects">What will happen, a sentence each.</param>
/// <param name="Button">The words on the button.</param>
/// <param name="IsDangerous">Whether it takes something from the user.</param>
/// <param name="HasToType">Whether the operator has to type the user's name: it can't be undone and concerns everything.</param>
internal sealed record OperatorQuestion(
    OperatorAct Act,
    string Ask,
    IReadOnlyList<string> Effects,
    string Button,
    bool IsDangerous = true,
    bool HasToType = false
)
{
    /// <summary>The question of an act for a user.</summary>
    /// <exception cref="Http.ApiException">404: there is no such act.</exception>
    public static OperatorQuestion Of(string act, OperatorUserAnswer user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Of(
            act,
            user.User,
            user.Waiting == 1
                ? "1 waiting notification"
                : string.Create(CultureInfo.InvariantCulture, $"{user.Waiting} waiting notifications"),
            user.LinkedAt is null ? "No phone is linked." : null
        );
    }

    /// <summary>The same without what the bot knows.</summary>
    /// <exception cref="Http.ApiException">404: there is no such act.</exception>
    public static OperatorQuestion Of(string act, string user) => Of(act, user, "waiting notifications", null);

    private static OperatorQuestion Of(string act, string user, string waiting, string? link) =>
        Enum.GetValues<OperatorAct>()
            .Where(known => known.Word() == act)
            .Select(known => (OperatorAct?)known)
            .FirstOrDefault() switch
        {
            OperatorAct.Test => new(
                OperatorAct.Test,
                $"Send {user} a test message?",
                [
                    .. NotNull(link),
                    $"The bot sends {user} one message that says that it is a test.",
                    "Nothing else changes.",
                ],
                "Send the test message",
                IsDangerous: false
            ),
            OperatorAct.Unlink => new(
                OperatorAct.Unlink,
                $"Unlink {user}’s phone?",
                [
                    .. NotNull(link),
                    $"{user}’s notifications reach no phone until {user} links one again.",
                    "The chat gets a message.",
                ],
                "Unlink"
            ),
            OperatorAct.Retry => new(
                OperatorAct.Retry,
                $"Try {user}’s {waiting} now?",
                ["The bot does not wait for the next try. What fails again waits again."],
                "Try now",
                IsDangerous: false
            ),
            OperatorAct.Drop => new(
                OperatorAct.Drop,
                $"Drop {user}’s {waiting}?",
                ["They are never delivered, and count as failed in the history.", "This can’t be undone."],
                "Drop them"
            ),
            OperatorAct.Forget => new(
                OperatorAct.Forget,
                $"Forget {user}?",
                [
                    $"This erases all that Notify keeps of {user}: link, history, charts, files, mutes, quiet hours, sessions and devices.",
                    $"Files in {user}’s home and the account itself stay.",
                    "The audit keeps one line. This can’t be undone.",
                ],
                "Forget all of it",
                HasToType: true
            ),
            _ => throw OperatorPage.NothingHere(),
        };

    private static IEnumerable<string> NotNull(string? text) => text is null ? [] : [text];
}
