using System.Net;
using Notify.Hosting;
using Notify.Scripts;
using Notify.Settings;

namespace Notify.Bot;

/// <summary>The bot's settings, read from the environment once at start.</summary>
public sealed record BotSettings
{
    /// <summary>The bot's token.</summary>
    public required BotToken Token { get; init; }

    /// <summary>The Bot API server.</summary>
    public required Uri ApiUrl { get; init; }

    /// <summary>The proxies to the internet; null without any.</summary>
    public OutgoingProxy? Proxy { get; init; }

    /// <summary>The bot's name without <c>@</c>; null: the bot asks Telegram.</summary>
    public string? BotUsername { get; init; }

    /// <summary>The folder of the shared state.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Where callers connect.</summary>
    public required string SocketPath { get; init; }

    /// <summary>The group whose members may connect.</summary>
    public required string AnalystGroup { get; init; }

    /// <summary>The group whose members may send for others.</summary>
    public required string TrustedGroup { get; init; }

    /// <summary>The helper that lists and runs an analyst's scripts.</summary>
    public required string ScriptsProgram { get; init; }

    /// <summary>The longest time limit that a script may set for a run on request.</summary>
    public TimeSpan MaxScriptTime { get; init; } = ScriptSettings.DefaultTimeLimit;

    /// <summary>The largest memory limit of a run on request, in bytes; null: none.</summary>
    public long? MaxScriptMemory { get; init; }

    /// <summary>The name shown to people.</summary>
    public required string InstanceName { get; init; }

    /// <summary>Whom people ask.</summary>
    public string Contact { get; init; } = AdminContact.Default;

    /// <summary>The dashboard, where people enter the verification code; null without one.</summary>
    public Uri? WebUrl { get; init; }

    /// <summary>How fast Telegram lets the bot send.</summary>
    public required PaceLimits Pace { get; init; }

    /// <summary>Whether delivered notifications of scripts have buttons.</summary>
    public required bool MessageButtons { get; init; }

    /// <summary>Where the gateway takes notifications for desktops and pages.</summary>
    public required string GatewaySocket { get; init; }

    /// <summary>A loopback port for the metrics; null: only on the socket.</summary>
    public IPEndPoint? MetricsListen { get; init; }

    /// <summary>What the bot calls once a minute while it is well; null for nothing.</summary>
    public HeartbeatAddress? Heartbeat { get; init; }

    /// <summary>The groups whose members' links count.</summary>
    public IReadOnlyList<string> AccessGroups => [AnalystGroup, TrustedGroup];

    /// <summary>The command that adds a user to the group again.</summary>
    public string AddAnalyst(UserName user) => $"gpasswd -a {user} {AnalystGroup}";

    /// <summary>The folder that only the bot may write to.</summary>
    public string PrivateFolder => Path.Combine(DataFolder, "private");

    /// <summary>The folder for charts while they arrive; emptied at each start.</summary>
    public string IncomingFolder => Path.Combine(PrivateFolder, "incoming");

    /// <summary>The data folder alone, for admins' commands that need nothing else.</summary>
    /// <exception cref="SettingsException">It is wrong.</exception>
    public static string ReadDataFolder(SettingsReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        DataFolderSetting.RequireUsable(reader, mayBeMade: false);
        return DataFolderSetting.Read(reader);
    }

    /// <summary>The two groups alone, for admins' commands that need nothing else.</summary>
    /// <exception cref="SettingsException">One is wrong.</exception>
    public static (string Analysts, string Trusted) ReadGroups(SettingsReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var groups = GroupNames(reader);
        reader.ThrowIfWrong();
        return groups;
    }

    /// <summary>Reads and checks all settings.</summary>
    /// <exception cref="SettingsException">At least one is wrong.</exception>
    public static BotSettings Read(SettingsReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var dataFolder = DataFolderSetting.Read(reader);
        var token = BotToken.TryParse(
            reader.Secret("TELEGRAM_BOT_TOKEN", text => BotToken.TryParse(text) is not null, BotToken.Shape)
        );
        var groups = GroupNames(reader);
        var settings = new BotSettings
        {
            Token = token!,
            ApiUrl = reader.HttpAddress("TELEGRAM_API_URL", "https://api.telegram.org")!,
            Proxy = OutgoingProxy.Read(reader),
            BotUsername = reader.BotUsername(),
            DataFolder = dataFolder,
            SocketPath = SocketFile.ReadPath(reader, "NOTIFY_BOT_SOCKET", Path.Combine(dataFolder, "bot.sock")),
            AnalystGroup = groups.Analysts,
            TrustedGroup = groups.Trusted,
            ScriptsProgram = reader.AbsolutePath("NOTIFY_SCRIPTS_BIN", "/usr/local/bin/notify-scripts"),
            MaxScriptTime = ScriptSettings.ReadMaxTimeLimit(reader),
            MaxScriptMemory = ScriptSettings.ReadMaxMemory(reader),
            InstanceName = reader.Text("NOTIFY_INSTANCE_NAME", "Data Analyst"),
            Contact = AdminContact.Read(reader),
            WebUrl = reader.HttpAddress("NOTIFY_WEB_URL", null),
            GatewaySocket = SocketFile.ReadPath(reader, "NOTIFY_GATEWAY_SOCKET", Dispatching.GatewaySocket.DefaultPath),
            Pace = new PaceLimits(
                reader.Number("TELEGRAM_MESSAGES_PER_SECOND", 30, 1, 1_000_000),
                reader.Number("TELEGRAM_CHAT_MESSAGES_PER_SECOND", 1, 1, 1_000_000),
                reader.Number("TELEGRAM_GROUP_MESSAGES_PER_MINUTE", 20, 1, 1_000_000)
            ),
            MessageButtons = reader.Switch("NOTIFY_MESSAGE_BUTTONS", true),
            MetricsListen = ReadMetricsListen(reader),
            Heartbeat = HeartbeatAddress.TryParse(
                reader.OptionalSecret(
                    HeartbeatAddress.Variable,
                    text => HeartbeatAddress.TryParse(text) is not null,
                    HeartbeatAddress.Shape
                )
            ),
        };
        reader.ThrowIfWrong();
        return settings;
    }

    private static (string Analysts, string Trusted) GroupNames(SettingsReader reader) =>
        (reader.GroupName("NOTIFY_ANALYST_GROUP", "dataread"), reader.GroupName("NOTIFY_TRUSTED_GROUP", "data-ops"));

    private static IPEndPoint? ReadMetricsListen(SettingsReader reader)
    {
        const string Name = "NOTIFY_METRICS_LISTEN";
        var listen = reader.ListenAddress(Name, null);
        if (listen is not null && !IPAddress.IsLoopback(listen.Address))
        {
            reader.Wrong(
                Name,
                reader.Raw(Name)!,
                "an address of this machine, such as http://127.0.0.1:9464 (the metrics have no password)"
            );
        }

        return listen;
    }
}
