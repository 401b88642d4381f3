using System.Globalization;
using System.Text;
using System.Text.Json;
using Notify.Contracts;
using Notify.Runs;
using Notify.Scripts;

namespace Notify.Testing;

/// <summary>Writes many scripts into a home, with what rounds have kept of them: state and runs.</summary>
public static class LargeScripts
{
    private const int RunsOfEach = 300;

    /// <summary>The file name of a number.</summary>
    public static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"metric_{number:000}.py");

    /// <summary>Writes them: one of twenty fails, one of twenty has a warning.</summary>
    /// <param name="home">Whose. Files and folders belong to this process's user.</param>
    /// <param name="now">When their last round was.</param>
    /// <param name="count">How many.</param>
    public static void Write(ScriptHome home, DateTimeOffset now, int count)
    {
        ArgumentNullException.ThrowIfNull(home);
        Directory.CreateDirectory(home.ScriptsFolder);
        foreach (var folder in new[] { home.KeptFolder, home.StateFolder, home.HistoryFolder })
        {
            Directory.CreateDirectory(
                folder,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            );
        }

        for (var i = 0; i < count; i++)
        {
            var name = NameOf(i);
            var isFailing = i % 20 == 3;
            File.WriteAllText(
                Path.Combine(home.ScriptsFolder, name),
                $$"""
                # notify: every {{(i % 4 * 5) + 5}}m
                import json
                print(json.dumps({"notify": False, "cooldown": "{{(i % 12) + 1}}h"}))

                """
            );
            if (!ScriptName.TryParse(name, out var script))
            {
                throw new InvalidOperationException($"{name} is no name of a script.");
            }

            new ScriptState
            {
                LastRun = now,
                LastOutcome = isFailing ? ScriptOutcome.Error : ScriptOutcome.NoAlert,
                LastSent = now - TimeSpan.FromHours(i + 1),
                Took = TimeSpan.FromMilliseconds(300 + (i * 7)),
                Error = isFailing ? "exit status 1: KeyError: 'sku'" : null,
                FailingSince = isFailing ? now - TimeSpan.FromHours(3) : null,
                Warnings = i % 20 == 5 ? ["\"titel\" is no field; did you mean \"title\"?"] : [],
            }.Write(home, script);
            File.WriteAllBytes(home.HistoryFile(script), Runs(i, isFailing, now));
        }
    }

    private static byte[] Runs(int number, bool isFailing, DateTimeOffset now)
    {
        var random = new SampleNumbers((ulong)number);
        var lines = new StringBuilder();
        for (var run = 0; run < RunsOfEach; run++)
        {
            var failed = isFailing && run > RunsOfEach - 12;
            var record = new RunRecord
            {
                Started = now - (TimeSpan.FromMinutes(15) * (RunsOfEach - 1 - run)),
                TookMs = 200 + random.Next(2300),
                Trigger = RunTrigger.Schedule,
                Outcome =
                    failed ? RecordedOutcome.Error
                    : run % 10 == 0 ? RecordedOutcome.Delivered
                    : RecordedOutcome.NoAlert,
                Exit = failed ? 1 : 0,
                Error = failed ? "exit status 1: KeyError: 'sku'" : null,
                Stderr = failed
                    ? "Traceback (most recent call last):\n  File \"metric.py\", line 3\nKeyError: 'sku'"
                    : null,
                PeakMb = 20 + random.Next(180),
            };
            lines.Append(JsonSerializer.Serialize(record, RunsContract.Json.RunRecord)).Append('\n');
        }

        return Encoding.UTF8.GetBytes(lines.ToString());
    }
}
