using System.Globalization;
using System.Text;
using Notify;
using Notify.Files;
using Notify.Linking;
using Notify.Posix;
using Notify.Runs;
using Notify.Scripts;
using Notify.Tests.Dummy;

// A second process for the tests of what must hold between processes. It says "ready", waits for a line, and does one thing.
Console.WriteLine("ready");
await Console.In.ReadLineAsync();

if (args is ["as", var account, .. var rest])
{
    Become(account);
    args = rest;
}

switch (args)
{
    case ["replace", var path, var text]:
        AtomicFile.Replace(path, Encoding.UTF8.GetBytes(text), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return 0;

    case ["replace-for-ever", var path]:
        for (var i = 0; ; i++)
        {
            var letter = (char)('a' + (i % 26));
            AtomicFile.Replace(
                path,
                Encoding.ASCII.GetBytes(new string(letter, 200_000)),
                UnixFileMode.UserRead | UnixFileMode.UserWrite
            );
        }

    case ["log", var path, var name, var count, var maxBytes]:
        using (var log = new BoundedLog(path, TimeProvider.System, long.Parse(maxBytes, CultureInfo.InvariantCulture)))
        {
            for (var i = 0; i < int.Parse(count, CultureInfo.InvariantCulture); i++)
            {
                log.Write(string.Create(CultureInfo.InvariantCulture, $"{name} {i} {new string('x', 40)} end"));
            }

            Console.WriteLine(log.Dropped);
        }

        return 0;

    case ["append-runs", var home, var name, var count]:
        for (var i = 0; i < int.Parse(count, CultureInfo.InvariantCulture); i++)
        {
            if (AppendRun(home, name, i) is { } lost)
            {
                Console.WriteLine(lost);
            }
        }

        return 0;

    case ["append-runs-for-ever", var home]:
        for (var i = 0; ; i++)
        {
            Console.WriteLine(AppendRun(home, "for ever", i) ?? i.ToString(CultureInfo.InvariantCulture));
        }

    case ["link", var folder, var prefix, var count]:
        using (var store = new JsonLinkStore(folder, TimeProvider.System))
        {
            var first = prefix[0] * 1_000_000L;
            for (var i = 0; i < int.Parse(count, CultureInfo.InvariantCulture); i++)
            {
                await store.LinkAsync(
                    UserName.Parse(string.Create(CultureInfo.InvariantCulture, $"{prefix}{i}")),
                    new ChatId(first + i),
                    CancellationToken.None
                );
            }
        }

        return 0;

    case ["verify", var folder, var prefix, var count, var code]:
        using (var store = new JsonLinkStore(folder, TimeProvider.System))
        {
            var tries = Enumerable
                .Range(0, int.Parse(count, CultureInfo.InvariantCulture))
                .Select(i =>
                    Task.Run(() =>
                        store.VerifyAsync(
                            UserName.Parse(string.Create(CultureInfo.InvariantCulture, $"{prefix}{i}")),
                            code,
                            CancellationToken.None
                        )
                    )
                );
            foreach (var outcome in await Task.WhenAll(tries))
            {
                Console.WriteLine(outcome.GetType().Name);
            }
        }

        return 0;

    case ["guess", var folder, var user, .. var codes]:
        using (var store = new JsonLinkStore(folder, TimeProvider.System))
        {
            foreach (var code in codes)
            {
                Console.WriteLine(
                    (await store.VerifyAsync(UserName.Parse(user), code, CancellationToken.None)).GetType().Name
                );
            }
        }

        return 0;

    case ["find-twice", var folder, var user]:
        using (var store = new JsonLinkStore(folder, TimeProvider.System))
        {
            try
            {
                Console.WriteLine(store.Find(UserName.Parse(user))?.Chat);
            }
            catch (StateUnreadableException exception)
            {
                Console.WriteLine(exception.Message);
            }

            await Console.In.ReadLineAsync();
            Console.WriteLine(store.Find(UserName.Parse(user))?.Chat);
        }

        return 0;

    case ["open-for", var uid, var maxBytes, .. var paths]:
        foreach (var path in paths)
        {
            Console.WriteLine(Open(path, uid, long.Parse(maxBytes, CultureInfo.InvariantCulture)));
        }

        return 0;

    case ["open-again-and-again", var uid, var path, var rounds]:
        foreach (
            var group in Enumerable
                .Range(0, int.Parse(rounds, CultureInfo.InvariantCulture))
                .Select(_ => Open(path, uid, 1000))
                .GroupBy(outcome => outcome, StringComparer.Ordinal)
        )
        {
            Console.WriteLine($"{group.Key} {group.Count()}");
        }

        return 0;

    case ["hold-lock-for-ever", var folder]:
        using (
            FileLock.TryAcquire(Path.Combine(folder, ".lock"))
                ?? throw new InvalidOperationException("Somebody else has it.")
        )
        {
            Console.WriteLine("held");
            await Console.In.ReadLineAsync();
        }

        return 0;

    default:
        await Console.Error.WriteLineAsync("Not a thing this program does: " + string.Join(' ', args));
        return 64;
}

static string? AppendRun(string home, string name, int number) =>
    RunHistory.Append(
        new ScriptHome(Account.Current() with { Home = home }),
        ScriptName.TryParse("sales.py", out var script) ? script : throw new InvalidOperationException(),
        new RunRecord
        {
            Started = DateTimeOffset.UnixEpoch.AddYears(50).AddSeconds(number),
            TookMs = number,
            Notification = name,
        }
    );

static string Open(string path, string uid, long maxBytes)
{
    var id = uint.Parse(uid, CultureInfo.InvariantCulture);
    switch (CallerFile.Open(path, id, [.. Account.Find(id)!.Groups()], maxBytes, CallerFileUse.PhotoPath))
    {
        case CallerFileResult.Opened opened:
            using (var stream = new FileStream(opened.Handle, FileAccess.Read))
            using (var reader = new StreamReader(stream))
            {
                return reader.ReadToEnd();
            }

        case CallerFileResult.Refused refused:
            return refused.Reason.ToString();

        case var other:
            throw new InvalidOperationException(other.ToString());
    }
}

// Gives up root for good, as setpriv does: glibc makes the calls reach all threads.
static void Become(string name)
{
    var account = Account.Find(name) ?? throw new InvalidOperationException($"No account {name}.");
    var groups = account.Groups().ToArray();
    if (
        Identity.SetGroups((nuint)groups.Length, groups) != 0
        || Identity.SetGid(account.Gid) != 0
        || Identity.SetUid(account.Uid) != 0
    )
    {
        throw new InvalidOperationException($"Can't become {name}.");
    }
}
