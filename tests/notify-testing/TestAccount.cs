using System.Diagnostics;
using System.Security.Cryptography;
using Notify.Posix;

namespace Notify.Testing;

/// <summary>
/// A real Unix account for one test, with a home of mode 0750 and a name of its own such as <c>alice-3f2a</c>, since several test projects run at
/// once; gone when the test is. Only root can make one: <see cref="SkipUnlessRoot"/> says so where it can't.
/// </summary>
public sealed class TestAccount : IAsyncDisposable
{
    private TestAccount(Account account)
    {
        Name = account.Name;
        Uid = account.Uid;
        Gid = account.Gid;
        Home = account.Home;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its user id.</summary>
    public uint Uid { get; private set; }

    /// <summary>The id of its own group.</summary>
    public uint Gid { get; private set; }

    /// <summary>Its home, mode 0750.</summary>
    public string Home { get; }

    /// <summary>Skips the test, with the reason, where this process may not make accounts.</summary>
    public static void SkipUnlessRoot() =>
        Xunit.Assert.SkipUnless(Account.EffectiveUid == 0, "needs root: it makes real users and groups");

    /// <summary>Makes an account in some groups, which are made if they are missing and then stay.</summary>
    /// <param name="name">The beginning of its name, and, as directories have them, what stands from an <c>@</c> on.</param>
    /// <param name="groups">Such as <c>dataread</c>.</param>
    public static async Task<TestAccount> CreateAsync(string name, params string[] groups)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(groups);
        var random = $"-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}";
        var at = name.IndexOf('@', StringComparison.Ordinal);
        var unique = name.Insert(at < 0 ? name.Length : at, random);
        foreach (var group in groups)
        {
            await RunLockedAsync("groupadd", "--force", group);
        }

        string[] memberships = groups.Length > 0 ? ["--groups", string.Join(',', groups)] : [];
        await RunLockedAsync(
            "useradd",
            [
                "--create-home",
                "--base-dir",
                "/tmp",
                "--no-log-init",
                "--shell",
                "/bin/sh",
                "--user-group",
                "--badname",
                "--comment",
                "Notify test account",
                "-K",
                "HOME_MODE=0750",
                .. memberships,
                unique,
            ]
        );
        return new TestAccount(
            Account.Find(unique) ?? throw new InvalidOperationException($"useradd made no {unique}.")
        );
    }

    /// <summary>Writes a file as the account's own.</summary>
    public string Write(
        string relativePath,
        string content,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite
    ) => Write(relativePath, System.Text.Encoding.UTF8.GetBytes(content), mode);

    /// <summary>Writes a file as the account's own, with the folders on the way.</summary>
    public string Write(
        string relativePath,
        ReadOnlySpan<byte> content,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite
    )
    {
        var path = Path.Combine(Home, relativePath);
        var folders = new Stack<string>();
        for (
            var folder = Path.GetDirectoryName(path)!;
            !Directory.Exists(folder);
            folder = Path.GetDirectoryName(folder)!
        )
        {
            folders.Push(folder);
        }

        foreach (var folder in folders)
        {
            Directory.CreateDirectory(folder, (UnixFileMode)0b111_101_000);
            Own(folder);
        }

        File.WriteAllBytes(path, content);
        File.SetUnixFileMode(path, mode);
        Own(path);
        return path;
    }

    /// <summary>Gives a file or folder to the account.</summary>
    public void Own(string path) => Run("chown", "-h", $"{Name}:{Name}", path);

    /// <summary>Runs a program as the account, with all its groups.</summary>
    public Task<(int Status, string Said)> RunAsync(
        string program,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        CancellationToken cancellation
    ) =>
        RunProgram.ToEndAsync(
            "/usr/bin/setpriv",
            [$"--reuid={Name}", $"--regid={Name}", "--init-groups", "--", program, .. arguments],
            environment,
            cancellation
        );

    /// <summary>Takes the account out of a group, as an operator does.</summary>
    public Task LeaveAsync(string group) => RunLockedAsync("gpasswd", "-d", Name, group);

    /// <summary>Puts the account into a group, as an operator does.</summary>
    public Task JoinAsync(string group) => RunLockedAsync("gpasswd", "-a", Name, group);

    /// <summary>Deletes the account, as an operator does when somebody leaves.</summary>
    public Task DeleteAsync() => RunLockedAsync("userdel", "--remove", "--force", Name);

    /// <summary>Makes an account of this name once more, after it was deleted: another person's, with a user id of its own, unless an id is given.</summary>
    public async Task MakeAgainAsync(uint? uid, params string[] groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        var id =
            uid
            ?? Enumerable
                .Range(0, 1000)
                .Select(_ => (uint)RandomNumberGenerator.GetInt32(30_000, 59_000))
                .First(free => free != Uid && Account.Find(free) is null);
        string[] memberships = groups.Length > 0 ? ["--groups", string.Join(',', groups)] : [];
        await RunLockedAsync(
            "useradd",
            [
                "--create-home",
                "--base-dir",
                "/tmp",
                "--no-log-init",
                "--shell",
                "/bin/sh",
                "--user-group",
                "--comment",
                "Notify test account",
                "-K",
                "HOME_MODE=0750",
                "--uid",
                id.ToString(System.Globalization.CultureInfo.InvariantCulture),
                .. memberships,
                Name,
            ]
        );
        (Uid, Gid) = Account.Find(Name) is { } made
            ? (made.Uid, made.Gid)
            : throw new InvalidOperationException($"useradd made no {Name}.");
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Account.Find(Name) is null)
        {
            return;
        }

        Run("pkill", "-KILL", "-u", Name);
        await Eventually.TrueAsync(
            () => Run("pgrep", "-u", Name) != 0,
            () => $"processes of {Name} are still there",
            CancellationToken.None
        );
        await RunLockedAsync("userdel", "--remove", "--force", Name);
    }

    /// <summary>
    /// While this is held no test makes or removes an account: each of that puts a new /etc/passwd in place, and what is mounted over the old
    /// one in another namespace is gone with it.
    /// </summary>
    public static async Task<IDisposable> KeepAccountsAsTheyAreAsync()
    {
        FileLock? turn = null;
        await Eventually.TrueAsync(
            () => (turn = FileLock.TryAcquire("/run/notify-test-accounts.lock")) is not null,
            () => "another test still makes accounts",
            CancellationToken.None
        );
        return turn!;
    }

    /// <summary>useradd and its kin refuse while another of them works.</summary>
    private static async Task RunLockedAsync(string program, params string[] arguments)
    {
        using (await KeepAccountsAsTheyAreAsync())
        {
            var said = new StringWriter();
            var status = Run(said, program, arguments);

            // 12 of userdel: there is no mail spool to remove.
            if (status is not 0 and not 12)
            {
                throw new InvalidOperationException(
                    $"{program} {string.Join(' ', arguments)} ended with {status}: {said}"
                );
            }
        }
    }

    private static int Run(string program, params string[] arguments) => Run(TextWriter.Null, program, arguments);

    private static int Run(TextWriter said, string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        said.Write(process.StandardOutput.ReadToEnd());
        said.Write(errors.GetAwaiter().GetResult());
        process.WaitForExit();
        return process.ExitCode;
    }
}
