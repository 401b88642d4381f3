using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;
using Notify.Bot;
using Notify.Bot.Doctor;
using Notify.Bot.Hosting;
using Notify.Hosting;
using Notify.Linking;
using Notify.Posix;
using Notify.Sending;
using Notify.Settings;
using Notify.Text;

// notify-bot                     serves (systemd starts it so)
// notify-bot users               the links
// notify-bot link USER CODE      links a user with the code from their chat, or: link USER --chat ID
// notify-bot unlink USER
// notify-bot doctor              what is wrong, and how to fix it
// notify-bot status, queue, failed, audit, forget USER      for operators, by the running bot
var user = new Argument<string>("USER") { Description = "The user's Unix name." };
var code = new Argument<string?>("CODE")
{
    Description = "The six digits that the bot sent to the chat.",
    Arity = ArgumentArity.ZeroOrOne,
};
var chat = new Option<string?>("--chat") { Description = "A chat's id, such as a team's group, in place of a code." };

var json = new Option<bool>("--json") { Description = "Print one JSON document." };
var limit = new Option<int>("--limit") { Description = "The most entries, 1 to 200.", DefaultValueFactory = _ => 50 };
limit.Validators.Add(result =>
{
    if (
        result.Tokens is [var token]
        && (
            !int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var entries)
            || entries is < 1 or > 200
        )
    )
    {
        result.AddError("--limit is a number from 1 to 200.");
    }
});
var users = new Command("users", "List the users that are linked.");
users.Add(json);
users.SetAction(
    (line, cancellation) => WithLinks(operating => operating.UsersAsync(line.GetValue(json)), cancellation)
);
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
var status = new Command("status", "Show how the bot is: Telegram, queue, failures, disk, and what is to be fixed.")
{
    json,
};
status.SetAction((line, cancellation) => WithBot(desk => desk.StatusAsync(line.GetValue(json), cancellation)));
var queue = new Command("queue", "List the users with waiting notifications, and why they wait.") { json };
queue.SetAction((line, cancellation) => WithBot(desk => desk.QueueAsync(line.GetValue(json), cancellation)));
var since = new Option<string?>("--since") { Description = "How far back, such as 12h or 7d. 24 hours if missing." };
var failed = new Command("failed", "List the newest failed notifications, and why. Never their texts.")
{
    since,
    limit,
    json,
};
failed.SetAction(
    (line, cancellation) =>
        WithBot(desk => desk.FailedAsync(line.GetValue(since), line.GetValue(limit), line.GetValue(json), cancellation))
);
var audit = new Command("audit", "List what operators did: who, what, to whom.") { limit, json };
audit.SetAction(
    (line, cancellation) => WithBot(desk => desk.AuditAsync(line.GetValue(limit), line.GetValue(json), cancellation))
);
var yes = new Option<bool>("--yes") { Description = "Do not ask first." };
var forget = new Command("forget", "Erase for good what is kept of a user, and say what was erased.")
{
    user,
    yes,
    json,
};
forget.SetAction(
    (line, cancellation) =>
        WithBot(desk =>
            desk.ForgetAsync(
                line.GetRequiredValue(user),
                line.GetValue(yes),
                Terminal.IsInput,
                line.GetValue(json),
                cancellation
            )
        )
);
var envFile = new Option<string>("--env-file")
{
    Description = "The file with the service's settings. It adds what the environment lacks.",
    DefaultValueFactory = _ => DoctorCommand.DefaultFile,
};
var doctor = new Command("doctor", "Check settings, files, rights and Telegram, and print how to fix what is wrong.")
{
    envFile,
    json,
};
doctor.SetAction(
    (line, cancellation) =>
        Guarded(() =>
            new DoctorCommand(
                Environment.GetEnvironmentVariable,
                line.GetRequiredValue(envFile),
                TimeProvider.System,
                Console.Out,
                line.GetValue(json)
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
    status,
    queue,
    failed,
    audit,
    forget,
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
if (parsed.Action is ParseErrorAction)
{
    // Only the sentences: the whole help would hide them.
    return WrongUse.Say("notify-bot", parsed.Errors.Select(error => error.Message));
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

static Task<int> WithBot(Func<OperatorCommands, Task<int>> act) =>
    Guarded(() =>
    {
        var reader = SettingsReader.FromEnvironment();
        var socket = BotSocketSetting.Read(reader);
        var groups = BotSettings.ReadGroups(reader);
        return act(
            new OperatorCommands(
                new SendApiClient(socket, TimeProvider.System),
                groups.Trusted,
                TimeProvider.System,
                Console.In,
                Console.Out,
                Console.Error
            )
        );
    });

static Task<int> Guarded(Func<Task<int>> act) => ServiceProgram.RunAsync("notify-bot", act);
