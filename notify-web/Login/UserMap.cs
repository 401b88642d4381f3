using Notify.Files;
using Notify.Posix;

namespace Notify.Web.Login;

/// <summary>The result of the user map for an address.</summary>
public abstract record MappedUser
{
    private MappedUser() { }

    /// <summary>It maps the address to a user.</summary>
    public sealed record Mapped(UserName User) : MappedUser;

    /// <summary>It has no line for the address.</summary>
    public sealed record None : MappedUser;

    /// <summary>Its line is invalid, or several lines contradict each other.</summary>
    public sealed record Unclear : MappedUser;

    /// <summary>The file is unreadable and always was.</summary>
    public sealed record NotReadable : MappedUser;
}

/// <summary>The file <c>NOTIFY_USER_MAP</c>: lines <c>e-mail user</c>, read again when it changes.</summary>
/// <remarks>
/// Empty lines and comments after <c>#</c> don't count. An invalid line is logged, and its address can't log in, because
/// the name before the @ may be another person's. While the file is unreadable, the last readable state
/// counts; without one nobody can log in.
/// </remarks>
public sealed partial class UserMap
{
    private const long MaxFile = 10_000_000;

    private readonly ILogger<UserMap> _log;
    private readonly ReloadingFile<Table>? _file;
    private FileStatus? _problemSaidOf;
    private bool _problemSaid;

    /// <summary>Reads nothing yet.</summary>
    public UserMap(WebSettings settings, ILogger<UserMap> log)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _log = log;
        _file = settings.UserMap is { } path
            ? new ReloadingFile<Table>(path, (status, before) => Read(path, status, before))
            : null;
    }

    /// <summary>What the map says about an address.</summary>
    public MappedUser Find(string email) =>
        _file is null ? new MappedUser.None()
        : _file.Content.Users is { } users ? users.GetValueOrDefault(email) ?? new MappedUser.None()
        : new MappedUser.NotReadable();

    private (Table Table, bool IsRead) Read(string path, FileStatus? status, Table? before)
    {
        string[] lines;
        try
        {
            if (status is not { Kind: FileKind.Regular, Size: <= MaxFile })
            {
                throw new IOException(status is null ? "it is missing or unreadable" : "it is not a text file");
            }

            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_problemSaid || _problemSaidOf != status)
            {
                (_problemSaid, _problemSaidOf) = (true, status);
                LogNotReadable(_log, path, e.Message.TrimEnd('.'));
            }

            return (before ?? new Table([], null), false);
        }

        _problemSaid = false;
        if (before is { Users: not null } && before.Lines.SequenceEqual(lines, StringComparer.Ordinal))
        {
            // Its problems are already logged.
            return (before, true);
        }

        var users = new Dictionary<string, MappedUser>(StringComparer.Ordinal);
        for (var i = 0; i < lines.Length; i++)
        {
            ReadLine(path, i + 1, lines[i].Split('#')[0], users);
        }

        return (new Table(lines, users), true);
    }

    private void ReadLine(string path, int number, string line, Dictionary<string, MappedUser> users)
    {
        var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
        {
            return;
        }

        var email = AsciiText.Lower(words[0]);
        MappedUser mapped =
            words.Length == 2 && UserName.TryParse(words[1], out var user)
                ? new MappedUser.Mapped(user)
                : new MappedUser.Unclear();
        if (!email.Contains('@', StringComparison.Ordinal) || mapped is MappedUser.Unclear)
        {
            LogUnreadableLine(_log, path, number);
        }
        else if (users.TryGetValue(email, out var before) && before != mapped)
        {
            LogContradiction(_log, path, number);
            mapped = new MappedUser.Unclear();
        }

        users[email] = mapped;
    }

    /// <param name="Lines">The file's.</param>
    /// <param name="Users">By address; null if the file was never readable.</param>
    private sealed record Table(string[] Lines, Dictionary<string, MappedUser>? Users);

    [LoggerMessage(
        4101,
        LogLevel.Error,
        "{Path}, the file of NOTIFY_USER_MAP, can't be read: {Reason}. The dashboard uses what it read before. After a restart nobody can log in."
    )]
    private static partial void LogNotReadable(ILogger log, string path, string reason);

    [LoggerMessage(
        4102,
        LogLevel.Warning,
        "{Path}, line {Number}: it should be an e-mail address and a user name, such as \"alice@example.org alice\" (a user name has letters, digits, '_', '.', '-' and '@'). Its address can't log in until you fix the line."
    )]
    private static partial void LogUnreadableLine(ILogger log, string path, int number);

    [LoggerMessage(
        4103,
        LogLevel.Warning,
        "{Path}, line {Number}: an earlier line gives the same address to another user. It can't log in until you remove one."
    )]
    private static partial void LogContradiction(ILogger log, string path, int number);
}
