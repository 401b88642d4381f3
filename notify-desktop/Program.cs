using System.CommandLine;
using System.CommandLine.Invocation;
using Notify.Desktop;
using Notify.Text;

// notify-desktop            shows notifications on this desktop as they arrive; a user unit starts it
// notify-desktop --print    prints them instead
// notify-desktop login ADDRESS    saves the gateway's address and the token that it asks for
// notify-desktop status     checks whether the gateway accepts this device
// notify-desktop unit       prints the user unit
var address = new Argument<string>("ADDRESS")
{
    Description = "The gateway's address, as the dashboard shows it with the token: wss://...",
};
var print = new Option<bool>("--print")
{
    Description = "Print the notifications on this terminal instead of showing them on the desktop.",
};
var login = new Command(
    "login",
    "Save the gateway's address and a token from the dashboard. The token comes from standard input."
)
{
    address,
};
login.SetAction((line, cancellation) => DesktopProgram.LoginAsync(line.GetRequiredValue(address), cancellation));
var json = new Option<bool>("--json") { Description = "Print one JSON document." };
var status = new Command("status", "Check whether the gateway accepts this device.") { json };
status.SetAction((line, cancellation) => DesktopProgram.StatusAsync(line.GetValue(json), cancellation));
var unit = new Command(
    "unit",
    "Print a systemd unit that starts it in each of your sessions, for ~/.config/systemd/user/notify-desktop.service."
);
unit.SetAction((_, cancellation) => DesktopProgram.PrintUnitAsync(cancellation));
var root = new RootCommand("Shows your notifications on this desktop as your scripts send them.")
{
    print,
    login,
    status,
    unit,
};
root.SetAction((line, cancellation) => DesktopProgram.ShowAsync(line.GetValue(print), cancellation));

// An argument with an @ is a name, such as @alice, not a response file.
var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Action is ParseErrorAction)
{
    // Only the sentences: the whole help would hide them.
    return WrongUse.Say("notify-desktop", parsed.Errors.Select(error => error.Message));
}

return await parsed.InvokeAsync();
