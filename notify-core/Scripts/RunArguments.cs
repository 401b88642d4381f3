using System.Globalization;
using Notify.Contracts;

namespace Notify.Scripts;

/// <summary>The arguments of <c>notify-scripts run</c>, as the bot writes them, the sudo rules let them through and the helper reads them.</summary>
/// <param name="Script">The script's file name.</param>
/// <param name="Trigger">Who asked for the run.</param>
/// <param name="MaxTime">The longest time limit that the script may set.</param>
/// <param name="MaxMemory">The largest memory limit, in bytes; null: none.</param>
public sealed record RunArguments(string Script, RunTrigger Trigger, TimeSpan? MaxTime = null, long? MaxMemory = null)
{
    private const string Command = "run";
    private const string TriggerOption = "--trigger";
    private const string TimeOption = "--timeout-max";
    private const string MemoryOption = "--memory-max";

    /// <summary>The arguments, always in one order.</summary>
    public string[] ToArray()
    {
        string[] run = [Command, Script, TriggerOption, Trigger.Word()];
        string[] time = MaxTime is { } span ? [TimeOption, Number((long)span.TotalSeconds)] : [];
        string[] memory = MaxMemory is { } bytes ? [MemoryOption, Number(bytes)] : [];
        return [.. run, .. time, .. memory];
    }

    /// <summary>Reads them; null for anything else, such as an option in the place of the name.</summary>
    public static RunArguments? TryParse(ReadOnlySpan<string> arguments)
    {
        if (
            arguments is not [Command, var script, .. var options]
            || script is TriggerOption or TimeOption or MemoryOption or "--help" or "-h" or "-?"
        )
        {
            return null;
        }

        var read = new RunArguments(script, RunTrigger.Terminal);
        while (options is [var option, var value, .. var others])
        {
            if (option == TriggerOption && RunTriggers.Find(value) is { } trigger)
            {
                read = read with { Trigger = trigger };
            }
            else if (option == TimeOption && TryRead(value, out var seconds) && seconds <= int.MaxValue)
            {
                read = read with { MaxTime = TimeSpan.FromSeconds(seconds) };
            }
            else if (option == MemoryOption && TryRead(value, out var bytes))
            {
                read = read with { MaxMemory = bytes };
            }
            else
            {
                return null;
            }

            options = others;
        }

        return options.Length == 0 ? read : null;
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static bool TryRead(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
