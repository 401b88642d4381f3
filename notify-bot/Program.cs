using System.CommandLine;
using System.CommandLine.Invocation;
using Notify.Bot;
using Notify.Bot.Doctor;
using Notify.Bot.Hosting;
using Notify.Hosting;
using Notify.Linking;
using Notify.Settings;

// notify-bot                     serves (systemd starts it so)
// notify-bot users               the links
// notify-bot link USER CODE      links a user with the code from their chat, or: link USER --chat ID
// notify-bot unlink USER
// notify-bot doctor              what is wrong, and how to fix it
var user = new Argument<string>("USER") { Description = "The user's Unix name." };
var code = new Argument<string?>("CODE")
{
    Description = "The six digits that the bot sent to the chat.",
    Arity = ArgumentArity.ZeroOrOne,
};
var chat = new Option<string?>("--chat") { Description = "A chat's id, such as a team's group, in place of a code." };

var users = new Command("users", "List the users that are linked.");
users.SetAction((_, cancellation) => WithLinks(operating => operating.UsersAsync(), cancellation));
var link = new Command("link", "Link a user to a chat.") { user, code, chat };
link.SetAction(
    (line, cancellation) =>
        WithLinks(
            operating =>
                operating.LinkAsync(
                    line.GetRequiredValue(user),
                    line.GetValue(code),
                    line.GetValue(chat),
                    cancellation
                ),
            cancellation
        )
);
var unlink = new Command("unlink", "Remove a user's link.") { user };
unlink.SetAction(
    (line, cancellation) =>
        WithLinks(operating => operating.UnlinkAsync(line.GetRequiredValue(user), cancellation), cancellation)
);
var envFile = new Option<string>("--env-file")
{
    Description = "The file with the service's settings. It adds what the environment lacks.",
    DefaultValueFactory = _ => DoctorCommand.DefaultFile,
};
var doctor = new Command("doctor", "Check settings, files, rights and Telegram, and print how to fix what is wrong.")
{
    envFile,
};
doctor.SetAction(
    (line, cancellation) =>
        Guarded(() =>
            new DoctorCommand(
                Environment.GetEnvironmentVariable,
                line.GetRequiredValue(envFile),
                TimeProvider.System,
                Console.Out
            ).RunAsync(cancellation)
        )
);

var root = new RootCommand(
    "The notification bot. Without a command it serves. Its settings come from the environment (docs/operations.md)."
)
{
    users,
    link,
    unlink,
    doctor,
};
root.SetAction(
    (_, _) =>
        Guarded(() =>
        {
            var settings = SettingsReader.FromEnvironment();
            var read = BotSettings.Read(settings);
            DataFolderSetting.RequireUsable(settings, mayBeMade: true);
            return BotServer.RunAsync(read, Console.Error);
        })
);

// No time limit of the library's on the end after TERM: the server finishes what is on its way, and has a limit of its own.
// An argument with an @ is a name, such as @alice, not a response file.
var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Action is ParseErrorAction wrongUse)
{
    // Only the sentence: the whole help would hide it.
    wrongUse.ShowHelp = false;
}

return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

static Task<int> WithLinks(Func<LinkCommands, Task<int>> act, CancellationToken cancellation) =>
    Guarded(async () =>
    {
        cancellation.ThrowIfCancellationRequested();
        var reader = SettingsReader.FromEnvironment();
        var folder = BotSettings.ReadDataFolder(reader);
        var groups = BotSettings.ReadGroups(reader);
        var accounts = new Accounts(TimeProvider.System, [groups.Analysts, groups.Trusted]);
        using var store = new JsonLinkStore(folder, TimeProvider.System, accounts);
        return await act(new LinkCommands(store, accounts, groups.Analysts, Console.Out, Console.Error));
    });

static Task<int> Guarded(Func<Task<int>> act) => ServiceProgram.RunAsync("notify-bot", act);
