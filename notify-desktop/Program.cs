using System.CommandLine;
using System.CommandLine.Invocation;
using Notify.Desktop;

// notify-desktop            shows notifications on this desktop, as they come; a user unit starts it
// notify-desktop --print    prints them instead
// notify-desktop login ADDRESS    stores the gateway's address and the token, which it asks for
// notify-desktop status     whether the gateway lets this device in
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
    "Store the gateway's address and a token from the dashboard; the token is read from standard input."
)
{
    address,
};
login.SetAction((line, cancellation) => DesktopProgram.LoginAsync(line.GetRequiredValue(address), cancellation));
var status = new Command("status", "Say whether the gateway lets this device in.");
status.SetAction((_, cancellation) => DesktopProgram.StatusAsync(cancellation));
var unit = new Command(
    "unit",
    "Print the unit with which systemd starts it in each of your sessions, for ~/.config/systemd/user/notify-desktop.service."
);
unit.SetAction((_, cancellation) => DesktopProgram.PrintUnitAsync(cancellation));
var root = new RootCommand("Shows your notifications on this desktop the moment your scripts send them.")
{
    print,
    login,
    status,
    unit,
};
root.SetAction((line, cancellation) => DesktopProgram.ShowAsync(line.GetValue(print), cancellation));

// An argument with an @ is a name, such as @alice. It is not a file to read arguments from.
var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Action is ParseErrorAction wrongUse)
{
    wrongUse.ShowHelp = false;
}

return await parsed.InvokeAsync();
