using Notify.Posix;

namespace Notify.Web.Login;

/// <summary>What the map of users says about an address.</summary>
public abstract record MappedUser
{
    private MappedUser() { }

    /// <summary>It gives it to a user.</summary>
    public sealed record Mapped(UserName User) : MappedUser;

    /// <summary>It has no line for it.</summary>
    public sealed record None : MappedUser;

    /// <summary>Its line is broken, or several lines contradict each other.</summary>
    public sealed record Unclear : MappedUser;

    /// <summary>It can't be read, and never could.</summary>
    public sealed record NotReadable : MappedUser;
}

/// <summary>The file <c>NOTIFY_USER_MAP</c>: lines <c>e-mail user</c>, read anew when it changes.</summary>
/// <remarks>
/// Empty lines and what follows a <c>#</c> don't count. A line that can't be read is logged and gives nobody anything; the address in it is barred rather than
/// treated as if it had no line, for the line may be there because the name before the @ is somebody else's. While the file can't be read, what was read before
/// goes on counting; where nothing was, nobody gets in.
/// </remarks>
public sealed partial class UserMap(WebSettings settings, ILogger<UserMap> log)
{
    private const long LargestFile = 10_000_000;

    private readonly Lock _gate = new();
    private volatile Table? _table;
    private FileStatus? _problemSaidOf;
    private bool _problemSaid;

    /// <summary>What the map says about an address.</summary>
    public MappedUser Find(string email)
    {
        if (settings.UserMap is not { } path)
        {
            return new MappedUser.None();
        }

        var status = FileStatus.OfPath(path);
        var table = _table;
        if (table is null || table.File != status)
        {
            lock (_gate)
            {
                table = _table;
                if (table is null || table.File != status)
                {
                    table = _table = Read(path, status) ?? table;
                }
            }
        }

        return table is null
            ? new MappedUser.NotReadable()
            : table.Users.GetValueOrDefault(email) ?? new MappedUser.None();
    }

    private Table? Read(string path, FileStatus? status)
    {
        string[] lines;
        try
        {
            if (status is not { Kind: FileKind.Regular, Size: <= LargestFile })
            {
                throw new IOException(
                    status is null ? "it is not there, or not to be looked at" : "it is no file of lines"
                );
            }

            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_problemSaid || _problemSaidOf != status)
            {
                (_problemSaid, _problemSaidOf) = (true, status);
                LogNotReadable(log, path, e.Message.TrimEnd('.'));
            }

            return null;
        }

        _problemSaid = false;
        var users = new Dictionary<string, MappedUser>(StringComparer.Ordinal);
        for (var i = 0; i < lines.Length; i++)
        {
            ReadLine(path, i + 1, lines[i].Split('#')[0], users);
        }

        return new Table(status, users);
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
            LogBrokenLine(log, path, number);
        }
        else if (users.TryGetValue(email, out var before) && before != mapped)
        {
            LogContradiction(log, path, number);
            mapped = new MappedUser.Unclear();
        }

        users[email] = mapped;
    }

    private sealed record Table(FileStatus? File, Dictionary<string, MappedUser> Users);

    [LoggerMessage(
        4101,
        LogLevel.Error,
        "{Path}, the file of NOTIFY_USER_MAP, can't be read: {Reason}. What was read before goes on counting; after a restart nobody can log in."
    )]
    private static partial void LogNotReadable(ILogger log, string path, string reason);

    [LoggerMessage(
        4102,
        LogLevel.Warning,
        "{Path}, line {Number}: it should be an e-mail address and the name of a user, such as \"alice@example.org alice\" (a user name has letters, digits, '_', '.', '-' and '@'). The address in it can't log in until it is."
    )]
    private static partial void LogBrokenLine(ILogger log, string path, int number);

    [LoggerMessage(
        4103,
        LogLevel.Warning,
        "{Path}, line {Number}: an earlier line gives the same address to another user. It can't log in until only one does."
    )]
    private static partial void LogContradiction(ILogger log, string path, int number);
}
