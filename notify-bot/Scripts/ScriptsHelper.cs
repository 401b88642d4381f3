using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Notify.Contracts;
using Notify.Posix;
using Notify.Runs;
using Notify.Scripts;
using Notify.Text;

namespace Notify.Bot.Scripts;

/// <summary>
/// Calls <c>notify-scripts</c> as the scripts' user: through <c>sudo -n -u</c>, or directly for the bot's own
/// user. The bot itself never looks into home folders.
/// </summary>
public sealed class ScriptsHelper(BotSettings settings, TimeProvider time)
{
    /// <summary>What a helper needs beyond its script's time limit: a moment to end its leftovers.</summary>
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan ListLimit = TimeSpan.FromSeconds(15);

    /// <summary>When a helper counts as stuck: it ends each script at its time limit.</summary>
    private TimeSpan RunLimit => settings.MaxScriptTime + EndTime;

    /// <summary>When a helper that was told to end counts as hanging in the kernel.</summary>
    internal TimeSpan StuckLimit => RunLimit + EndTime;

    /// <summary>How long a helper may take to end its script once it is told to.</summary>
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Size of the largest charts and files of a result together in base64, in bytes.</summary>
    private const int MaxChartLength =
        ((ChartFile.MaxSize + 2) / 3 * 4) + (4 * (SendApiLimits.Images + SendApiLimits.Files));

    /// <summary>
    /// Largest result of a run without its chart, in bytes: POST /send's limit for title, message and data, and as much for errors and warnings. The helper is the
    /// analyst's own process, so its output has the limits of a request.
    /// </summary>
    private const int MaxTextBesideChart = 2 * SendApiLimits.JsonBody;

    /// <summary>Largest result of a run, in bytes.</summary>
    private const int MaxOutput = MaxChartLength + MaxTextBesideChart;

    /// <summary>Longest error or warning, in UTF-16 units. The helper gives 15 lines of 300.</summary>
    private const int MaxErrorLength = 10_000;

    /// <summary>Largest list, in bytes: some ten thousand scripts. The user controls names, states, errors and their number.</summary>
    private const int MaxListLength = 4_000_000;

    private const string TooMuch =
        "The result is larger than the bot takes, charts and files of 50 MB and 1 MB of text and data, so nothing was sent. Say less in it.";

    /// <summary>Lists the user's scripts.</summary>
    /// <exception cref="ScriptsHelperException">In the answer: listing failed; the message says why.</exception>
    internal HelperCall<List<ListedScript>> List(UserName user, CancellationToken cancellation) =>
        List(user, ["list"], cancellation);

    /// <summary>Lists them with the outcomes of their last runs. A helper or sudo rule of an earlier version gives the list without these.</summary>
    /// <inheritdoc cref="List(UserName, CancellationToken)"/>
    internal HelperCall<List<ListedScript>> ListWithRuns(UserName user, CancellationToken cancellation)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return new HelperCall<List<ListedScript>>(ListAsync(), ended.Task);

        async Task<List<ListedScript>> ListAsync()
        {
            var first = List(user, ["list", "--runs"], cancellation);
            var last = first;
            try
            {
                return await first.Answer;
            }
            catch (ScriptsHelperException e) when (e.IsUnreadable)
            {
                last = List(user, cancellation);
                return await last.Answer;
            }
            finally
            {
                _ = EndAsync(first.Ended, last.Ended);
            }
        }

        async Task EndAsync(Task one, Task other)
        {
            await Task.WhenAll(one, other);
            ended.SetResult();
        }
    }

    private HelperCall<List<ListedScript>> List(UserName user, string[] arguments, CancellationToken cancellation) =>
        Call(user, arguments, HelperContract.Default.ListListedScript, ListLimit, Clean, cancellation);

    /// <summary>Reads the runs of a script, newest first.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="script">Which.</param>
    /// <param name="limit">Most runs.</param>
    /// <param name="before">Only runs that began before this moment; null for all.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <exception cref="ScriptsHelperException">In the answer: reading failed; the message says why.</exception>
    internal HelperCall<IReadOnlyList<RunRecord>> History(
        UserName user,
        ScriptName script,
        int limit,
        DateTimeOffset? before,
        CancellationToken cancellation
    )
    {
        string[] count = ["history", script.Value, "--limit", limit.ToString(CultureInfo.InvariantCulture)];
        string[] until = before is { } moment
            ? ["--before", moment.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)]
            : [];
        return Objection(user, script.Value) is { } objection
            ? throw new ScriptsHelperException(objection)
            : Call(
                user,
                [.. count, .. until],
                RunsContract.Json.IReadOnlyListRunRecord,
                ListLimit,
                Clean,
                cancellation
            );
    }

    /// <summary>Resets the cooldown of a script.</summary>
    /// <exception cref="ScriptsHelperException">In the answer: the helper failed. A script without a cooldown is part of the result.</exception>
    internal HelperCall<ResetScript> Reset(UserName user, ScriptName script, CancellationToken cancellation) =>
        Objection(user, script.Value) is { } objection
            ? throw new ScriptsHelperException(objection)
            : Call(
                user,
                ["reset", script.Value],
                HelperContract.Default.ResetScript,
                ListLimit,
                done => done with { Error = Clean(done.Error) },
                cancellation
            );

    /// <summary>Runs a script without regard to its cooldown.</summary>
    /// <exception cref="ScriptsHelperException">In the answer: the helper failed. A script's failure is part of the result.</exception>
    internal HelperCall<RanScript> Run(
        UserName user,
        ScriptName script,
        RunTrigger trigger,
        CancellationToken cancellation
    ) =>
        Objection(user, script.Value) is { } objection
            ? Refuse(List(user, cancellation), script, objection)
            : Call(
                user,
                new RunArguments(script.Value, trigger, settings.MaxScriptTime, settings.MaxScriptMemory).ToArray(),
                HelperContract.Default.RanScript,
                RunLimit,
                Clean,
                cancellation
            );

    /// <summary>Checks that the script exists before it reports that its name can't run from here.</summary>
    private static HelperCall<RanScript> Refuse(
        HelperCall<List<ListedScript>> list,
        ScriptName script,
        string objection
    )
    {
        return new HelperCall<RanScript>(RefuseAsync(), list.Ended);

        async Task<RanScript> RefuseAsync()
        {
            var isThere = (await list.Answer).Exists(listed => listed.Name == script.Value);
            throw new ScriptsHelperException(
                isThere ? objection : $"There is no script {script} in ~/user/notifications."
            );
        }
    }

    /// <summary>Why a script can't run from here, as a sentence; null if it can.</summary>
    public string? Objection(UserName user, string script) =>
        SudoTakes(script) || IsOwn(Account.Find(user.Value))
            ? null
            : $"{script} can be run by cron alone, for its name: from here only names of letters, digits, '_', '.' and '-' can. Rename it, or run it by hand: notify-runner";

    private HelperCall<T> Call<T>(
        UserName user,
        string[] arguments,
        JsonTypeInfo<T> type,
        TimeSpan limit,
        Func<T, T> clean,
        CancellationToken cancellation
    )
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return new HelperCall<T>(CallAsync(user, arguments, type, limit, clean, ended, cancellation), ended.Task);
    }

    private async Task<T> CallAsync<T>(
        UserName user,
        string[] arguments,
        JsonTypeInfo<T> type,
        TimeSpan limit,
        Func<T, T> clean,
        TaskCompletionSource ended,
        CancellationToken cancellation
    )
    {
        Process process;
        try
        {
            process = Start(user, arguments);
        }
        catch
        {
            ended.SetResult();
            throw;
        }

        try
        {
            return clean(await AnswerAsync(process, user, type, limit, cancellation));
        }
        finally
        {
            _ = EndAsync(process, ended);
        }
    }

    private async Task<T> AnswerAsync<T>(
        Process process,
        UserName user,
        JsonTypeInfo<T> type,
        TimeSpan timeout,
        CancellationToken cancellation
    )
    {
        using var limit = new TimeLimit(timeout, time, cancellation);
        try
        {
            var errors = ReadTailAsync(process.StandardError, limit.Token);
            var output = await ReadAsync(
                process.StandardOutput.BaseStream,
                type.Type == typeof(RanScript) ? MaxOutput : MaxListLength,
                limit.Token
            );
            await process.WaitForExitAsync(limit.Token);
            var said = await errors;
            if (process.ExitCode == ScriptProgram.UnreadableFolder && output.Length == 0 && said.Length > 0)
            {
                throw new ScriptsHelperException(said) { IsOfFolder = true };
            }

            try
            {
                var json = output.GetBuffer().AsSpan(0, (int)output.Length);
                if (json.Length > MaxTextBesideChart && type.Type == typeof(RanScript))
                {
                    RequireLimits(json);
                }

                // Another status than 0 with JSON is a failure of the script; without JSON, of the helper or sudo.
                return JsonSerializer.Deserialize(json, type) ?? throw new JsonException();
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                throw new ScriptsHelperException(
                    $"{settings.ScriptsProgram} gave no answer for {user} (exit status {process.ExitCode}): {(said.Length > 0 ? said : "no message")}. Ask the admin to run: notify-bot doctor"
                )
                {
                    IsUnreadable = true,
                };
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ScriptsHelperException(
                $"{settings.ScriptsProgram} did not end within {timeout.TotalSeconds:0} s for {user}."
            );
        }
    }

    /// <summary>Refuses a result that exceeds a chart and POST /send's limits, before any of it becomes a string.</summary>
    private static void RequireLimits(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        var isAttachment = false;
        var bytes = 0L;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (reader.CurrentDepth == 1)
            {
                isAttachment =
                    reader.ValueTextEquals("image"u8)
                    || reader.ValueTextEquals("more_images"u8)
                    || reader.ValueTextEquals("files"u8);
            }
            else if (isAttachment && reader.CurrentDepth <= 3 && reader.ValueTextEquals("base64"u8))
            {
                reader.Read();
                bytes += reader.ValueSpan.Length;
            }
        }

        if (bytes > MaxChartLength || json.Length - bytes > MaxTextBesideChart)
        {
            throw new ScriptsHelperException(TooMuch);
        }
    }

    private static List<ListedScript> Clean(List<ListedScript> scripts) =>
        [
            .. scripts.Select(script =>
                script with
                {
                    Error = Clean(script.Error),
                    Warnings = Clean(script.Warnings),
                    Schedule = CleanLine(script.Schedule),
                    Next = CleanLine(script.Next),
                    LastRuns = RunStrip.Clean(script.LastRuns),
                    Settings = Clean(script.Settings),
                }
            ),
        ];

    private static ScriptSettingsAnswer? Clean(ScriptSettingsAnswer? settings) =>
        settings is null
            ? null
            : settings with
            {
                Cooldown = CleanLine(settings.Cooldown) ?? "",
                Timezone = CleanLine(settings.Timezone),
                Times = settings.Times?.Take(ScriptSettingsAnswer.MaxTimes).ToList(),
            };

    private static IReadOnlyList<RunRecord> Clean(IReadOnlyList<RunRecord> runs) =>
        [
            .. runs.Select(run =>
                run with
                {
                    Error = Clean(run.Error),
                    Stderr = Clean(run.Stderr),
                    Notification = CleanLine(run.Notification),
                }
            ),
        ];

    private static RanScript Clean(RanScript ran) =>
        ran with
        {
            Error = Clean(ran.Error),
            BadEnd = Clean(ran.BadEnd),
            Warnings = Clean(ran.Warnings),
        };

    private static IReadOnlyList<string>? Clean(IReadOnlyList<string>? texts) =>
        texts is null ? null : [.. texts.Select(text => Clean(text)!)];

    private static string? CleanLine(string? text) => text is null ? null : SafeText.Line(text, 200);

    private static string? Clean(string? text) => text is null ? null : SafeText.Lines(text, MaxErrorLength);

    /// <summary>The names that server/sudoers-deploy allows. A space there could split one name into several arguments.</summary>
    private static bool SudoTakes(string script) =>
        script.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    private static bool IsOwn(Account? account) => account?.Uid == Account.EffectiveUid;

    private Process Start(UserName user, string[] arguments)
    {
        if (!Account.TryFind(user.Value, out var account))
        {
            throw new ScriptsHelperException(
                $"The account {user} can't be looked up at the moment: the name service fails. Try again later."
            );
        }

        if (account is null)
        {
            throw new ScriptsHelperException($"{user} has no Unix account on this machine, and so no scripts.");
        }

        var own = IsOwn(account);
        if (!own)
        {
            // Barred here and by sudoers: a link for a user outside the analysts' group must not become a way to that account.
            if (
                account.Uid == 0
                || (Group.Find(settings.AnalystGroup) is { } analysts && !account.Groups().Contains(analysts.Gid))
            )
            {
                throw new ScriptsHelperException(
                    $"{user} is not in the group {settings.AnalystGroup}; scripts are run for its members only."
                );
            }
        }

        var start = new ProcessStartInfo
        {
            FileName = own ? settings.ScriptsProgram : "/usr/bin/sudo",
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        if (!own)
        {
            foreach (var word in (string[])["-n", "-u", user.Value, "--", settings.ScriptsProgram])
            {
                start.ArgumentList.Add(word);
            }
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // Nothing of the bot's environment: it holds the token, and an analyst's program runs here.
        var passed = new[] { "NOTIFY_SCRIPT_TIMEOUT" }
            .Select(name => (name, value: Environment.GetEnvironmentVariable(name)))
            .Where(v => v.value is not null)
            .ToArray();
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["HOME"] = account.Home;
        foreach (var (name, value) in passed)
        {
            start.Environment[name] = value;
        }

        try
        {
            var process = Process.Start(start)!;
            TellToEndWithThis(process);
            return process;
        }
        catch (Win32Exception e)
        {
            throw new ScriptsHelperException(
                $"{start.FileName} can't be started: {e.Message}. Ask the admin to run: notify-bot doctor"
            );
        }
    }

    private static async Task<MemoryStream> ReadAsync(Stream stream, int most, CancellationToken cancellation)
    {
        var output = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int count;
        while ((count = await stream.ReadAsync(buffer, cancellation)) > 0)
        {
            if (output.Length + count > most)
            {
                throw new ScriptsHelperException(
                    most == MaxListLength
                        ? $"The list of your scripts has more than {MaxListLength / 1_000_000} MB. Take what is not used any more out of ~/user/notifications."
                        : TooMuch
                );
            }

            output.Write(buffer.AsSpan(0, count));
        }

        return output;
    }

    private static async Task<string> ReadTailAsync(StreamReader reader, CancellationToken cancellation)
    {
        var tail = new StringBuilder();
        var buffer = new char[4096];
        int count;
        while ((count = await reader.ReadAsync(buffer, cancellation)) > 0)
        {
            tail.Append(buffer, 0, count);
            if (tail.Length > 2000)
            {
                tail.Remove(0, tail.Length - 1000);
            }
        }

        return SafeText.Line(tail.ToString().Trim().ReplaceLineEndings(" "), 2000);
    }

    /// <summary>sudo runs as root, so a signal is not allowed. The helper ends, with its script, when its stdin closes.</summary>
    private static void TellToEndWithThis(Process process)
    {
        try
        {
            process.StandardInput.Write(ScriptProgram.EndsWithCaller + "\n");
            process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has ended already.
        }
    }

    /// <summary>Ends a helper whose answer has arrived or is no longer needed.</summary>
    private async Task EndAsync(Process process, TaskCompletionSource ended)
    {
        using (process)
        {
            CloseInput(process);
            await process
                .WaitForExitAsync()
                .WaitAsync(EndTimeout, time)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            TryKill(process);
            await process.WaitForExitAsync();
        }

        ended.SetResult();
    }

    private static void CloseInput(Process process)
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already.
        }
    }

    private static void TryKill(Process process)
    {
        try
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            // sudo runs as root, so the bot may not kill it. The helper ends at its own limit, or has just ended.
        }
    }
}

/// <summary>A running helper.</summary>
/// <param name="Answer">Its answer.</param>
/// <param name="Ended">Completes when its process is gone, perhaps after the answer.</param>
internal sealed record HelperCall<T>(Task<T> Answer, Task Ended);

/// <summary>The helper could not be called, or gave no valid answer. The message is fit for the user.</summary>
public sealed class ScriptsHelperException(string message) : Exception(message)
{
    /// <summary>Whether the message is the helper's sentence about the scripts' folder.</summary>
    public bool IsOfFolder { get; init; }

    /// <summary>Whether the helper ended without a readable answer, as one of an earlier version does.</summary>
    public bool IsUnreadable { get; init; }
}
