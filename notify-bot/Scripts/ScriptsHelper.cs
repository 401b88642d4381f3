using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Notify.Posix;
using Notify.Scripts;
using Notify.Sending;

namespace Notify.Bot.Scripts;

/// <summary>
/// Calls <c>notify-scripts</c> as the user whose scripts it is about: through <c>sudo -n -u</c>, or directly where the user is the
/// bot's own. Home folders are never looked into by the bot itself.
/// </summary>
public sealed class ScriptsHelper(BotSettings settings, TimeProvider time)
{
    /// <summary>The helper ends each script after 60 s at the most and needs a moment to end what is left of it; then it counts as stuck.</summary>
    private static readonly TimeSpan RunLimit = TimeSpan.FromSeconds(75);

    private static readonly TimeSpan ListLimit = TimeSpan.FromSeconds(15);

    /// <summary>After so long a helper that was told to end counts as hanging in the kernel.</summary>
    internal static readonly TimeSpan StuckLimit = TimeSpan.FromSeconds(90);

    /// <summary>How long a helper may take to end its script, once it is told to.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of a chart of the largest size in base64.</summary>
    private const int MostChart = (ChartFile.MaxSize + 2) / 3 * 4;

    /// <summary>
    /// Bytes of a run's result beside the chart: what POST /send takes for title, message and data, and as much for errors and warnings. The helper is the analyst's own
    /// process, so its output is bounded like a request of theirs.
    /// </summary>
    private const int MostBesideChart = 2 * SendApiLimits.JsonBody;

    /// <summary>Bytes of a run's result.</summary>
    private const int MostOutput = MostChart + MostBesideChart;

    /// <summary>Characters (UTF-16) of an error or a warning; the helper itself gives 15 lines of 300.</summary>
    private const int MostOfError = 10_000;

    /// <summary>Bytes of a list: some ten thousand scripts. Names, states and errors are the user's, and so is how many there are.</summary>
    private const int MostList = 4_000_000;

    private const string TooMuch =
        "The result is larger than the bot takes, a chart of 50 MB and 1 MB of text and data, so nothing was sent. Say less in it.";

    /// <summary>Lists the user's scripts.</summary>
    /// <exception cref="ScriptsHelperException">In the answer: they can't be listed; the message says why.</exception>
    internal HelperCall<List<ListedScript>> List(UserName user, CancellationToken cancellation) =>
        Call(user, ["list"], ScriptsJson.Default.ListListedScript, ListLimit, Clean, cancellation);

    /// <summary>Runs a script, whatever its cooldown says.</summary>
    /// <exception cref="ScriptsHelperException">In the answer: the helper itself failed; a script's own failure is part of the result.</exception>
    internal HelperCall<RanScript> Run(UserName user, ScriptName script, CancellationToken cancellation) =>
        Objection(user, script.Value) is { } objection
            ? Refuse(List(user, cancellation), script, objection)
            : Call(user, ["run", script.Value], ScriptsJson.Default.RanScript, RunLimit, Clean, cancellation);

    /// <summary>A script that can't be run from here is looked for first: where there is none, its name is not what is wrong.</summary>
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

    /// <summary>Why a script can't be run from here, as a sentence; null where it can.</summary>
    public string? Objection(UserName user, string script) =>
        SudoTakes(script) || IsOwn(user)
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
        TimeSpan limit,
        CancellationToken cancellation
    )
    {
        using var end = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellation);
        try
        {
            var errors = ReadTailAsync(process.StandardError, either.Token);
            var output = await ReadAsync(
                process.StandardOutput.BaseStream,
                type.Type == typeof(RanScript) ? MostOutput : MostList,
                either.Token
            );
            await process.WaitForExitAsync(either.Token);
            var said = await errors;
            if (process.ExitCode == ScriptProgram.UnreadableFolder && output.Length == 0 && said.Length > 0)
            {
                throw new ScriptsHelperException(said) { IsOfFolder = true };
            }

            try
            {
                var json = output.GetBuffer().AsSpan(0, (int)output.Length);
                if (json.Length > MostBesideChart && type.Type == typeof(RanScript))
                {
                    RequireLimits(json);
                }

                // A status other than 0 with JSON is a script's failure; without, the helper's or sudo's.
                return JsonSerializer.Deserialize(json, type) ?? throw new JsonException();
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                throw new ScriptsHelperException(
                    $"{settings.ScriptsProgram} gave no answer for {user} (exit status {process.ExitCode}): {(said.Length > 0 ? said : "nothing was said")}. The operator runs: notify-bot doctor"
                );
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ScriptsHelperException(
                $"{settings.ScriptsProgram} did not end within {limit.TotalSeconds:0} s for {user}."
            );
        }
    }

    /// <summary>Refuses a result that has more than a chart and what POST /send takes. Nothing of it is made a text before that.</summary>
    private static void RequireLimits(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        var isInImage = false;
        var chart = 0;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (reader.CurrentDepth == 1)
            {
                isInImage = reader.ValueTextEquals("image"u8);
            }
            else if (isInImage && chart == 0 && reader.CurrentDepth == 2 && reader.ValueTextEquals("base64"u8))
            {
                reader.Read();
                chart = reader.ValueSpan.Length;
            }
        }

        if (chart > MostChart || json.Length - chart > MostBesideChart)
        {
            throw new ScriptsHelperException(TooMuch);
        }
    }

    private static List<ListedScript> Clean(List<ListedScript> scripts) =>
        [.. scripts.Select(script => script with { Error = Clean(script.Error), Warnings = Clean(script.Warnings) })];

    private static RanScript Clean(RanScript ran) =>
        ran with
        {
            Error = Clean(ran.Error),
            BadEnd = Clean(ran.BadEnd),
            Warnings = Clean(ran.Warnings),
        };

    private static IReadOnlyList<string>? Clean(IReadOnlyList<string>? texts) =>
        texts is null ? null : [.. texts.Select(text => Clean(text)!)];

    private static string? Clean(string? text) =>
        text is null ? null : SafeText.Lines(text.Length > MostOfError ? text[..MostOfError] + "..." : text);

    /// <summary>What server/sudoers-deploy lets through. A space there could part one name into several arguments.</summary>
    private static bool SudoTakes(string script) =>
        script.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    private static bool IsOwn(UserName user) => Account.Find(user.Value)?.Uid == Account.EffectiveUid;

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

        var own = account.Uid == Account.EffectiveUid;
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

        // Nothing of the bot's environment: it holds the token, and what runs here is an analyst's.
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
                $"{start.FileName} can't be started: {e.Message}. The operator runs: notify-bot doctor"
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
                    most == MostList
                        ? $"The list of your scripts has more than {MostList / 1_000_000} MB. Take what is not used any more out of ~/user/notifications."
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

        return SafeText.OneLine(tail.ToString().Trim().ReplaceLineEndings(" "), 2000);
    }

    /// <summary>A signal would not do: sudo runs as root. So the helper ends, with its script, when its stdin is closed.</summary>
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

    /// <summary>Lets a helper end whose answer is there, or not waited for any more.</summary>
    private async Task EndAsync(Process process, TaskCompletionSource ended)
    {
        using (process)
        {
            CloseInput(process);
            await process
                .WaitForExitAsync()
                .WaitAsync(EndPatience, time)
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
            // sudo runs as root, so the bot may not end it; the helper ends itself at its own limit. Or it has just ended.
        }
    }
}

/// <summary>A helper at work.</summary>
/// <param name="Answer">What it says.</param>
/// <param name="Ended">Its process is gone; later than the answer, where that is not waited for any more.</param>
internal sealed record HelperCall<T>(Task<T> Answer, Task Ended);

/// <summary>The helper could not be called, or did not answer as it should. The message can be shown to the user.</summary>
public sealed class ScriptsHelperException(string message) : Exception(message)
{
    /// <summary>Whether the message is the helper's own sentence about the folder of the scripts.</summary>
    public bool IsOfFolder { get; init; }
}
