using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Notify.Contracts;
using Notify.Posix;
using Notify.Runs;
using Notify.Sending;
using Notify.Text;

namespace Notify.Scripts;

/// <summary>The commands of <c>notify-scripts</c>.</summary>
internal static class ScriptsCommands
{
    private const string Program = "notify-scripts";

    /// <summary>Leaves quotes and umlauts unescaped: readers parse JSON, and people look at it.</summary>
    private static readonly JsonWriterOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Parses a command line: help, version, and unknown commands.</summary>
    internal static int Invoke(string[] arguments)
    {
        var name = new Argument<string>("NAME.py") { Description = "A file name of ~/user/notifications." };
        var run = new Command(
            "run",
            "Runs a script now and prints its result as JSON. Ignores the cooldown and does not change it."
        )
        {
            name,
        };
        run.SetAction(parsed => Run(new RunArguments(parsed.GetRequiredValue(name), RunTrigger.Terminal)));
        var json = new Option<bool>("--json") { Description = "Prints JSON, also on a terminal." };
        var limit = new Option<int>("--limit") { Description = "Most runs.", DefaultValueFactory = _ => 50 };
        var before = new Option<string?>("--before")
        {
            Description = "Only runs that began before this time: 2026-05-01T08:00:00Z, or milliseconds since 1970.",
        };
        var which = new Argument<string>("NAME.py") { Description = "A file name of ~/user/notifications." };
        var history = new Command("history", "Prints the runs of a script as JSON, newest first.")
        {
            which,
            limit,
            before,
            json,
        };
        history.SetAction(parsed =>
            History(parsed.GetRequiredValue(which), parsed.GetValue(limit), parsed.GetValue(before))
        );
        var withRuns = new Option<bool>("--runs")
        {
            Description = "Adds the outcomes of the last 40 runs, a letter each, and the settings to the JSON.",
        };
        var list = new Command("list", "Lists your scripts: as JSON, or as a table on a terminal.") { json, withRuns };
        list.SetAction(parsed => List(parsed.GetValue(json), parsed.GetValue(withRuns)));
        var ofScript = new Argument<string>("NAME.py") { Description = "A file name of ~/user/notifications." };
        var reset = new Command("reset", "Resets the cooldown of a script: its next alert is sent.") { ofScript };
        reset.SetAction(parsed => Reset(parsed.GetRequiredValue(ofScript)));
        var syncStatus = new Command("sync-status", "Prints the age of your folder ~/server as JSON.") { json };
        syncStatus.SetAction(_ => ShowSyncStatus());
        var root = new RootCommand("Lists and runs the notification scripts of one user, for the bot.")
        {
            list,
            run,
            history,
            reset,
            syncStatus,
        };

        // An argument with an @ is a name, such as @alice. It is not a file to read arguments from.
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction)
        {
            // Only the sentences: the whole help would hide them.
            return WrongUse.Say(Program, parsed.Errors.Select(error => error.Message));
        }

        return parsed.Invoke();
    }

    /// <summary>Prints the scripts.</summary>
    /// <param name="json">Whether to print JSON on a terminal, too.</param>
    /// <param name="hasRuns">Whether with the outcomes of their last runs.</param>
    internal static int List(bool json = false, bool hasRuns = false) =>
        ScriptProgram.Run(
            Program,
            (home, settings, cancellation) =>
            {
                // Nothing runs that has to end first.
                CallerWatch.Begin(() => Environment.Exit(ScriptProgram.Failed));
                IReadOnlyList<ListedScript> scripts;
                // A crontab line of an older guide logs there, and a shell that can't write its log starts no program. An unwritable home is still readable.
                _ = home.TryMakeFolders();
                try
                {
                    settings = ScriptSettings.OfRounds(home, TimeProvider.System, cancellation);
                    scripts = ScriptListing.ReadAll(home, settings, TimeProvider.System.GetUtcNow());
                }
                catch (IOException e)
                {
                    Console.Error.WriteLine(e.Message);
                    return ScriptProgram.UnreadableFolder;
                }

                if (Terminal.IsOutput && !json)
                {
                    ScriptTable.Print(scripts, TimeProvider.System.GetUtcNow());
                }
                else
                {
                    Print(
                        [
                            .. scripts.Select(script =>
                                hasRuns ? WithRuns(home, script) : script with { Settings = null }
                            ),
                        ],
                        HelperContract.Default.ListListedScript
                    );
                }

                return ScriptProgram.Done;
            }
        );

    private static ListedScript WithRuns(ScriptHome home, ListedScript script) =>
        ScriptName.TryParse(script.Name, out var name) ? script with { LastRuns = RunStrip.Read(home, name) } : script;

    /// <summary>Runs one script and prints its result or the error.</summary>
    internal static int Run(RunArguments call) =>
        ScriptProgram.Run(
            Program,
            (home, settings, cancellation) =>
            {
                var ran = Run(
                    home,
                    settings with
                    {
                        MaxTimeLimit = call.MaxTime ?? settings.MaxTimeLimit,
                        MaxMemory = call.MaxMemory ?? settings.MaxMemory,
                    },
                    call,
                    cancellation
                );
                Print(ran, HelperContract.Default.RanScript);
                return ran.Error is null ? ScriptProgram.Done : ScriptProgram.Failed;
            },
            CallerWatch.Begin
        );

    /// <summary>Resets the cooldown of a script, and prints what hindered it.</summary>
    internal static int Reset(string name) =>
        ScriptProgram.Run(
            Program,
            (home, _, _) =>
            {
                var done = ScriptName.TryParse(name, out var script)
                    ? CooldownReset.Apply(home, script, TimeProvider.System.GetUtcNow())
                    : new ResetScript(ScriptName.Refusal, ScriptFailure.NotFound);
                Print(done, HelperContract.Default.ResetScript);
                return done.Error is null ? ScriptProgram.Done : ScriptProgram.Failed;
            }
        );

    /// <summary>Prints the runs of a script.</summary>
    internal static int History(string name, int limit, string? before) =>
        ScriptProgram.Run(
            Program,
            (home, _, _) =>
            {
                if (!ScriptName.TryParse(name, out var script))
                {
                    Console.Error.WriteLine(ScriptName.Refusal);
                    return ScriptProgram.Failed;
                }

                DateTimeOffset? until = null;
                if (before is not null && (until = Moment(before)) is null)
                {
                    Console.Error.WriteLine("--before takes a time such as 2026-05-01T08:00:00Z.");
                    return WrongUse.Status;
                }

                var runs = RunHistory.Read(home, script, new RunQuery(Math.Clamp(limit, 1, RunHistory.MaxRuns), until));
                Print(runs, RunsContract.Json.IReadOnlyListRunRecord);
                return ScriptProgram.Done;
            }
        );

    private static DateTimeOffset? Moment(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
        && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
        : DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var moment
        )
            ? moment
        : null;

    /// <summary>Prints the age of the synchronised folder.</summary>
    internal static int ShowSyncStatus() =>
        ScriptProgram.Run(
            Program,
            (home, _, _) =>
            {
                var status = FileStatus.OfPath(Path.Combine(home.Home, "server"));
                var age = status is { } found
                    ? TimeProvider.System.GetUtcNow()
                        - DateTimeOffset.UnixEpoch.AddTicks(found.ModifiedNanoseconds / 100)
                    : (TimeSpan?)null;
                Print(
                    new SyncStatus(
                        age is not null,
                        age is { } past ? Math.Max(0, (long)past.TotalSeconds) : null,
                        age is { } span ? ScriptAge.Ago(span) : null
                    ),
                    HelperContract.Default.SyncStatus
                );
                return ScriptProgram.Done;
            }
        );

    private static RanScript Run(
        ScriptHome home,
        ScriptSettings settings,
        RunArguments call,
        CancellationToken cancellation
    )
    {
        if (!ScriptName.TryParse(call.Script, out var script))
        {
            return Error(ScriptFailure.NotFound, ScriptName.Refusal);
        }

        if (ScriptFolder.Objection(home, script) is { } objection)
        {
            return Error(ScriptFailure.NotFound, $"{script} can't be run: {objection}.");
        }

        var run = RequestedRun
            .Take(home, settings, script, call.Trigger, TimeProvider.System, ran => ran.Keep(), cancellation)
            .Run;
        return run switch
        {
            ScriptRun.Finished { Result.Notify: false, BadEnd: { } end } => Error(end.Reason, end.Text),
            ScriptRun.Finished finished => Result(finished),
            ScriptRun.Failed failed => Error(failed.Reason, failed.Text),
            _ => throw new InvalidOperationException("A run either gives a result or fails."),
        };
    }

    private static RanScript Result(ScriptRun.Finished finished)
    {
        var result = finished.Result;
        var (charts, files, leftOut) = Carried(finished);
        return new()
        {
            Notify = result.Notify,
            Title = result.Title,
            Message = ScriptRun.Finished.WithLine(finished.Message, leftOut),
            ImagePath = result.ImagePath,
            Cooldown = result.Cooldown.Text,
            Data = result.Data,
            Image = charts is [var first, ..] ? first : null,
            MoreImages = charts.Count > 1 ? charts[1..] : null,
            Files = files.Count > 0 ? files : null,
            Table = result.Table?.Json,
            Buttons = NotificationJson.Buttons(result),
            Urgent = result.Urgent ? true : null,
            Silent = result.Silent ? true : null,
            BadEnd = finished.BadEnd?.Text,
            Warnings = result.Warnings.Count > 0 ? result.Warnings : null,
        };
    }

    /// <summary>The charts and files that fit into a result, as this program's reader takes it, and a line about the others.</summary>
    private static (List<RanScriptImage> Charts, List<RanScriptFile> Files, string? LeftOut) Carried(
        ScriptRun.Finished finished
    )
    {
        var room = (long)SendApiLimits.Photo;
        var charts = new List<RanScriptImage>();
        var files = new List<RanScriptFile>();
        string? leftOut = null;
        bool Fits(long length, string name)
        {
            if (length <= room)
            {
                room -= length;
                return true;
            }

            leftOut = ScriptRun.Finished.WithLine(
                leftOut,
                ScriptRun.Finished.NoFileLine(
                    $"{name} is left out, because a run on request carries {SendApiLimits.Photo / 1_000_000} MB"
                )
            );
            return false;
        }

        foreach (var chart in finished.Charts.Where(chart => Fits(chart.Bytes.Length, chart.Path)))
        {
            charts.Add(new RanScriptImage(chart.TypeName, chart.Bytes));
        }

        foreach (var file in finished.Files.Where(file => Fits(file.Length, file.Name)))
        {
            try
            {
                files.Add(new RanScriptFile(file.Name, file.ReadAll()));
            }
            catch (IOException e)
            {
                leftOut = ScriptRun.Finished.WithLine(leftOut, ScriptRun.Finished.NoFileLine(e.Message));
            }
        }

        return (charts, files, leftOut);
    }

    private static RanScript Error(ScriptFailure reason, string error) => new() { Error = error, Reason = reason };

    private static void Print<T>(T value, JsonTypeInfo<T> type)
    {
        using var output = Console.OpenStandardOutput();
        using (var json = new Utf8JsonWriter(output, Readable))
        {
            JsonSerializer.Serialize(json, value, type);
        }

        output.WriteByte((byte)'\n');
    }
}
