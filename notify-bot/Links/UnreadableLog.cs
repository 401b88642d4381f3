using Notify.Linking;

namespace Notify.Bot.Links;

/// <summary>Logs which files and entries of the shared state can't be read, when this changes.</summary>
public sealed partial class UnreadableLog(ILinkStore links, ILogger<UnreadableLog> log)
{
    private HashSet<UnreadableFile> _said = [];

    /// <summary>Checks, at the cost of a <c>stat</c> for each file. For one thread.</summary>
    public void Look()
    {
        var now = links.Unreadable();
        if (now.Count == 0 && _said.Count == 0)
        {
            return;
        }

        foreach (var unreadable in now.Where(unreadable => !_said.Contains(unreadable)))
        {
            LogUnreadable(log, unreadable.ToString());
        }

        if (now.Count == 0)
        {
            LogReadable(log);
        }

        _said = [.. now];
    }

    [LoggerMessage(
        1210,
        LogLevel.Error,
        "Can't read {Unreadable}. The bot leaves it alone and uses all else. Fix it with an editor under the folder's lock (flock .lock nano FILE)."
    )]
    private static partial void LogUnreadable(ILogger log, string unreadable);

    [LoggerMessage(1211, LogLevel.Information, "All files of the data folder can be read again.")]
    private static partial void LogReadable(ILogger log);
}
