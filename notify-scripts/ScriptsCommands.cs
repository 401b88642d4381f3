using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Notify.Files;
using Notify.Posix;

namespace Notify.Scripts;

/// <summary>The commands of <c>notify-scripts</c> (specification, section 11).</summary>
internal static class ScriptsCommands
{
    private const string Program = "notify-scripts";

    /// <summary>What reads it reads JSON, not a web page: quotes and umlauts stay what they are, for the person who looks on.</summary>
    private static readonly JsonWriterOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reads a command line: help, version, and what is none of the commands.</summary>
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
        run.SetAction(parsed => Run(parsed.GetRequiredValue(name)));
        var list = new Command("list", "Lists your scripts: as JSON, or as a table on a terminal.");
        list.SetAction(_ => List());
        var syncStatus = new Command("sync-status", "Tells how old your folder ~/server is, as JSON.");
        syncStatus.SetAction(_ => ShowSyncStatus());
        var root = new RootCommand("Lists and runs the notification scripts of one user, for the bot.")
        {
            list,
            run,
            syncStatus,
        };

        // An argument with an @ is a name, such as @alice. It is not a file to read arguments from.
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction error)
        {
            error.ShowHelp = false;
        }

        return parsed.Invoke();
    }

    /// <summary>Prints the scripts.</summary>
    internal static int List() =>
        ScriptProgram.Run(
            Program,
            (home, _, _) =>
            {
                // Nothing is at work that would have to be ended first.
                CallerWatch.Begin(() => Environment.Exit(ScriptProgram.Failed));
                IReadOnlyList<ListedScript> scripts;
                // A crontab line of an older guide writes its log there, and a shell that can't write a log starts no program. A home that can't be written can be looked at.
                _ = home.TryMakeFolders();
                try
                {
                    scripts = ScriptListing.ReadAll(home, TimeProvider.System.GetUtcNow());
                }
                catch (IOException e)
                {
                    Console.Error.WriteLine(e.Message);
                    return ScriptProgram.UnreadableFolder;
                }

                if (Terminal.IsOutput)
                {
                    ScriptTable.Print(scripts, TimeProvider.System.GetUtcNow());
                }
                else
                {
                    Print([.. scripts], ScriptsJson.Default.ListListedScript);
                }

                return ScriptProgram.Done;
            }
        );

    /// <summary>Runs one script and prints its result, or what was wrong.</summary>
    internal static int Run(string name) =>
        ScriptProgram.Run(
            Program,
            (home, settings, cancellation) =>
            {
                var ran = Run(home, settings, name, cancellation);
                Print(ran, ScriptsJson.Default.RanScript);
                return ran.Error is null ? ScriptProgram.Done : ScriptProgram.Failed;
            },
            CallerWatch.Begin
        );

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
                    ScriptsJson.Default.SyncStatus
                );
                return ScriptProgram.Done;
            }
        );

    private static RanScript Run(ScriptHome home, ScriptSettings settings, string name, CancellationToken cancellation)
    {
        if (!ScriptName.TryParse(name, out var script))
        {
            return Error(ScriptFailure.NotFound, ScriptName.Refusal);
        }

        if (ScriptFolder.Objection(home, script) is { } objection)
        {
            return Error(ScriptFailure.NotFound, $"{script} can't be run: {objection}.");
        }

        ScriptRunner.Prepare();
        _ = home.TryMakeFolders();
        var start = TimeProvider.System.GetUtcNow();
        using var held = ScriptLock.TryAcquire(home, script);
        var run = held is null
            ? ScriptRunner.AlreadyRunning()
            : new ScriptRunner(home, settings.TimeLimit, TimeProvider.System)
            {
                CrontabVariables = Crontab.Variables(home, TimeProvider.System, cancellation),
            }.Run(held, cancellation);
        ScriptRunner.EndAll(TimeProvider.System);
        if (held is not null)
        {
            Keep(home, script, start, run);
        }

        return run switch
        {
            ScriptRun.Finished { Result.Notify: false, BadEnd: { } end } => Error(end.Reason, end.Text),
            ScriptRun.Finished finished => Result(finished),
            ScriptRun.Broken broken => Error(broken.Reason, broken.Text),
            _ => throw new InvalidOperationException("A run ends with a result or without."),
        };
    }

    /// <summary>Keeps how it ended, for whoever looks later. The state belongs to the rounds; one that they can't read is theirs to mend, and a run is not lost for a note.</summary>
    private static void Keep(ScriptHome home, ScriptName script, DateTimeOffset start, ScriptRun run)
    {
        var last = run switch
        {
            ScriptRun.Broken { Reason: ScriptFailure.Interrupted or ScriptFailure.NotFound } => null,
            ScriptRun.Broken broken => new LastRunOf(start, ScriptOutcome.Error, broken.Text),
            ScriptRun.Finished { Result.Notify: true } finished => new LastRunOf(
                start,
                ScriptOutcome.HandedOver,
                finished.BadEnd?.Text
            ),
            ScriptRun.Finished { BadEnd: { } end } => new LastRunOf(start, ScriptOutcome.Error, end.Text),
            _ => new LastRunOf(start, ScriptOutcome.NoAlert, null),
        };
        var state = ScriptState.Read(home, script);
        if (last is null || state.Problem is not null)
        {
            return;
        }

        try
        {
            (
                state with
                {
                    Requested = last,
                    Warnings = run is ScriptRun.Finished { Result.Warnings: var warnings } ? warnings : [],
                }
            ).Write(home, script);
        }
        catch (FileNotWrittenException)
        {
            // A full disk: the answer says how it went all the same.
        }
    }

    private static RanScript Result(ScriptRun.Finished finished) =>
        new()
        {
            Notify = finished.Result.Notify,
            Title = finished.Result.Title,
            Message = finished.Message,
            ImagePath = finished.Result.ImagePath,
            Cooldown = finished.Result.Cooldown.Text,
            Data = finished.Result.Data,
            Image = finished.Chart is { } chart ? new RanScriptImage(chart.TypeName, chart.Bytes) : null,
            BadEnd = finished.BadEnd?.Text,
            Warnings = finished.Result.Warnings.Count > 0 ? finished.Result.Warnings : null,
        };

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
