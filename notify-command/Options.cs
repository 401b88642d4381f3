namespace Notify.Command;

/// <summary>All options of the program.</summary>
internal static class Options
{
    internal static readonly Option Title = new("title", "TEXT", "Bold first line.", 't');
    internal static readonly Option Image = new(
        "image",
        "FILE",
        "A PNG or JPEG. Several make one album, of at most ten.",
        'i'
    );
    internal static readonly Option File = new(
        "file",
        "FILE",
        "Any file up to 50 MB, as a document; at most ten.",
        'f'
    );
    internal static readonly Option Table = new(
        "table",
        "FILE",
        "A CSV file, shown as a table. Its first line names the columns."
    );
    internal static readonly Option Pre = new("pre", null, "Shows the text as a block of code.");
    internal static readonly Option Markdown = new("markdown", null, "The text is Markdown: *bold*, _italic_, `code`.");
    internal static readonly Option Html = new("html", null, "The text is Telegram's HTML.");
    internal static readonly Option Plain = new("plain", null, "The text is shown as it stands. This is the default.");
    internal static readonly Option Silent = new("silent", null, "The phone makes no sound.");
    internal static readonly Option Urgent = new("urgent", null, "Passes quiet hours. A mute still counts.");
    internal static readonly Option Key = new(
        "key",
        "NAME",
        "Sends it once: within 24 hours the same name sends nothing more."
    );
    internal static readonly Option Button = new("button", "TEXT=URL", "A button that opens an address; at most six.");
    internal static readonly Option Wait = new(
        "wait",
        "SECONDS",
        "Waits so long for the phone, 0 to 30, and tells what failed. Without it the bot only stores it."
    );
    internal static readonly Option Json = new("json", null, "Prints the bot's answer as JSON.");
    internal static readonly Option Help = new("help", null, "Shows this help.", 'h');
    internal static readonly Option Version = new("version", null, "Shows the version.");
    internal static readonly Option IfLonger = new(
        "if-longer",
        "SPAN",
        "Tells only of a command that took at least so long: 30s, 5m, 2h."
    );
    internal static readonly Option OnlyFailure = new("only-failure", null, "Tells only of a command that failed.");
    internal static readonly Option Tail = new(
        "tail",
        "LINES",
        "Tells the last lines of its output too: 15, or so many.",
        Default: "15"
    );
    internal static readonly Option Pid = new("pid", "NUMBER", "The process to wait for, one of yours.");

    /// <summary>Options of a send.</summary>
    internal static readonly IReadOnlyList<Option> OfSend =
    [
        Title,
        Image,
        File,
        Table,
        Pre,
        Markdown,
        Html,
        Plain,
        Silent,
        Urgent,
        Key,
        Button,
        Wait,
        Json,
        Help,
        Version,
    ];

    /// <summary>Options of <c>notify run</c>.</summary>
    internal static readonly IReadOnlyList<Option> OfRun = [Title, IfLonger, OnlyFailure, Tail, Silent, Urgent, Help];

    /// <summary>Options of <c>notify done</c>.</summary>
    internal static readonly IReadOnlyList<Option> OfDone = [Pid, Title, Silent, Urgent, Help];
}
