using Notify.Bot.Checks;
using Notify.Bot.Commands;
using Notify.Bot.Desktops;
using Notify.Bot.Outbox;
using Notify.Formatting;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>What others wrote, where it leaves the bot: its answers in chats, desktops, and the terminal of an admin.</summary>
public sealed class UntrustedTextTests
{
    [Fact]
    public void No_exit_lets_through_what_is_obeyed_instead_of_shown()
    {
        foreach (var text in SafeOutput.EveryCharacter)
        {
            var answer = new MessageBuilder().Bold(text).Line(text).Code(text).Folded(text);
            SafeOutput.Check(answer.ToString(), keepsLines: true);
            Assert.All(answer.Entities!, entity => Assert.InRange(entity.Offset + entity.Length, 1, answer.Length));

            foreach (var mode in Enum.GetValues<ParseMode>())
            {
                var shown = DesktopNotification.Of(Accepted(text, mode), webUrl: null);
                SafeOutput.Check(shown.Title!, keepsLines: true);
                SafeOutput.Check(shown.Message!, keepsLines: true);
            }

            using var output = new StringWriter();
            new CheckReport(output).Wrong("socket", text, text);
            SafeOutput.Check(output.ToString(), keepsLines: true);
        }
    }

    private static AcceptedNotification Accepted(string text, ParseMode mode) =>
        new()
        {
            Id = "x",
            User = UserName.Parse("alice"),
            Title = text,
            Message = text,
            ParseMode = mode,
            CreatedAt = DateTimeOffset.UnixEpoch,
        };
}
