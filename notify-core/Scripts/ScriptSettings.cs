using Notify.Settings;

namespace Notify.Scripts;

/// <summary>Settings of running scripts (specification, section 2).</summary>
/// <param name="TimeLimit">How long a script may run: 1 to 60 s.</param>
/// <param name="Parallel">How many scripts of a round run side by side.</param>
/// <param name="FailureAlerts">Whether a script that breaks tells its owner's phone.</param>
/// <param name="BotSocket">Where the bot listens.</param>
public sealed record ScriptSettings(TimeSpan TimeLimit, int Parallel, bool FailureAlerts, string BotSocket)
{
    private const int LongestSeconds = 60;
    private const int MostParallel = 1000;
    private const int FewestParallelByDefault = 4;

    /// <summary>Reads them; what is wrong is collected in the reader.</summary>
    public static ScriptSettings Read(SettingsReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var isSocketSet = reader.Raw("NOTIFY_BOT_SOCKET") is not null;
        return new ScriptSettings(
            TimeSpan.FromSeconds(reader.Number("NOTIFY_SCRIPT_TIMEOUT", LongestSeconds, 1, LongestSeconds)),
            reader.Number(
                "NOTIFY_RUNNER_PARALLEL",
                Math.Max(FewestParallelByDefault, Environment.ProcessorCount),
                1,
                MostParallel
            ),
            reader.Switch("NOTIFY_FAILURE_ALERTS", true),
            reader.AbsolutePath(
                "NOTIFY_BOT_SOCKET",
                (isSocketSet ? DataFolderSetting.Read(reader) : DataFolderSetting.ReadAndFind(reader)) + "/bot.sock"
            )
        );
    }
}
