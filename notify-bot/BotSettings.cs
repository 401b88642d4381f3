using System.Net;
using Notify.Bot.Telegram;
using Notify.Hosting;
using Notify.Settings;

namespace Notify.Bot;

/// <summary>What the bot is told by its environment (specification, section 2), read once at start.</summary>
public sealed record BotSettings
{
    /// <summary>The secret of the bot.</summary>
    public required BotToken Token { get; init; }

    /// <summary>The Bot API server.</summary>
    public required Uri ApiUrl { get; init; }

    /// <summary>The proxies through which the internet is reached; null where there are none.</summary>
    public OutgoingProxy? Proxy { get; init; }

    /// <summary>The bot's name without <c>@</c>, if told; else it is asked from Telegram.</summary>
    public string? BotUsername { get; init; }

    /// <summary>The folder of the shared state.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Where callers connect.</summary>
    public required string SocketPath { get; init; }

    /// <summary>Whose members may connect.</summary>
    public required string AnalystGroup { get; init; }

    /// <summary>Whose members may send for others.</summary>
    public required string TrustedGroup { get; init; }

    /// <summary>The helper that lists and runs an analyst's scripts.</summary>
    public required string ScriptsProgram { get; init; }

    /// <summary>The name shown to people.</summary>
    public required string InstanceName { get; init; }

    /// <summary>Where people enter the verification code; null where there is no dashboard.</summary>
    public Uri? WebUrl { get; init; }

    /// <summary>How fast Telegram lets the bot send.</summary>
    public required Delivery.PaceLimits Pace { get; init; }

    /// <summary>Whether delivered notifications of scripts have buttons under them.</summary>
    public required bool MessageButtons { get; init; }

    /// <summary>Where the gateway takes notifications for desktops and pages.</summary>
    public required string GatewaySocket { get; init; }

    /// <summary>A loopback port for the metrics; null where they are on the socket alone.</summary>
    public IPEndPoint? MetricsListen { get; init; }

    /// <summary>The groups whose members' links count.</summary>
    public IReadOnlyList<string> AccessGroups => [AnalystGroup, TrustedGroup];

    /// <summary>The command that lets a user in again.</summary>
    public string AddAnalyst(UserName user) => $"gpasswd -a {user} {AnalystGroup}";

    /// <summary>What only the bot may look into.</summary>
    public string PrivateFolder => Path.Combine(DataFolder, "private");

    /// <summary>Where charts lie while they are received; emptied at each start.</summary>
    public string IncomingFolder => Path.Combine(PrivateFolder, "incoming");

    /// <summary>The data folder alone, for the operator's commands that need nothing else.</summary>
    /// <exception cref="SettingsException">It is wrong.</exception>
    public static string ReadDataFolder(SettingsReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        DataFolderSetting.RequireUsable(reader, mayBeMade: false);
        return DataFolderSetting.Read(reader);
    }

    /// <summary>The two groups alone, for the operator's commands that need nothing else.</summary>
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
        var username = reader.Raw("TELEGRAM_BOT_USERNAME")?.TrimStart('@');
        if (username is not null && !username.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            reader.Wrong("TELEGRAM_BOT_USERNAME", username, "the bot's user name, letters, digits and '_'");
        }

        var groups = GroupNames(reader);
        var settings = new BotSettings
        {
            Token = token!,
            ApiUrl = reader.HttpAddress("TELEGRAM_API_URL", "https://api.telegram.org")!,
            Proxy = OutgoingProxy.Read(reader),
            BotUsername = username,
            DataFolder = dataFolder,
            SocketPath = SocketFile.ReadPath(reader, "NOTIFY_BOT_SOCKET", Path.Combine(dataFolder, "bot.sock")),
            AnalystGroup = groups.Analysts,
            TrustedGroup = groups.Trusted,
            ScriptsProgram = reader.AbsolutePath("NOTIFY_SCRIPTS_BIN", "/usr/local/bin/notify-scripts"),
            InstanceName = reader.Text("NOTIFY_INSTANCE_NAME", "Data Analyst"),
            WebUrl = reader.HttpAddress("NOTIFY_WEB_URL", null),
            GatewaySocket = SocketFile.ReadPath(reader, "NOTIFY_GATEWAY_SOCKET", Dispatching.GatewaySocket.DefaultPath),
            Pace = new Delivery.PaceLimits(
                reader.Number("TELEGRAM_MESSAGES_PER_SECOND", 30, 1, 1_000_000),
                reader.Number("TELEGRAM_CHAT_MESSAGES_PER_SECOND", 1, 1, 1_000_000),
                reader.Number("TELEGRAM_GROUP_MESSAGES_PER_MINUTE", 20, 1, 1_000_000)
            ),
            MessageButtons = reader.Switch("NOTIFY_MESSAGE_BUTTONS", true),
            MetricsListen = ReadMetricsListen(reader),
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
                "an address of this machine alone, such as http://127.0.0.1:9464 (nobody is asked for a password there)"
            );
        }

        return listen;
    }
}
