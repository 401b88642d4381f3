namespace Notify.Settings;

/// <summary>Where programs of analysts find the bot: <c>NOTIFY_BOT_SOCKET</c>, else the socket in the data folder.</summary>
public static class BotSocketSetting
{
    /// <summary>The variable.</summary>
    public const string Name = "NOTIFY_BOT_SOCKET";

    /// <summary>The socket's path. The reader collects faults. Whether the data folder is there matters only where the socket is in it.</summary>
    public static string Read(SettingsReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var folder = reader.Raw(Name) is null ? DataFolderSetting.ReadAndFind(reader) : DataFolderSetting.Read(reader);
        return reader.AbsolutePath(Name, folder + "/bot.sock");
    }
}
