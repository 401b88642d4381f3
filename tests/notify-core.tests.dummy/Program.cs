using System.Globalization;
using System.Text;
using Notify.Files;

// A second process for the tests of what must hold between processes. It says "ready", waits for a line, and does one thing.
Console.WriteLine("ready");
await Console.In.ReadLineAsync();

if (args is ["as", var user, .. var rest])
{
    Become(user);
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
            AtomicFile.Replace(path, Encoding.ASCII.GetBytes(new string(letter, 200_000)), UnixFileMode.UserRead | UnixFileMode.UserWrite);
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

    default:
        await Console.Error.WriteLineAsync("Not a thing this program does: " + string.Join(' ', args));
        return 64;
}

// Gives up root for good, as setpriv does: glibc makes the calls reach all threads.
static void Become(string name)
{
    var account = Notify.Posix.Account.Find(name) ?? throw new InvalidOperationException($"No account {name}.");
    var groups = account.Groups().ToArray();
    if (Notify.Tests.Dummy.Identity.SetGroups((nuint)groups.Length, groups) != 0
        || Notify.Tests.Dummy.Identity.SetGid(account.Gid) != 0
        || Notify.Tests.Dummy.Identity.SetUid(account.Uid) != 0)
    {
        throw new InvalidOperationException($"Can't become {name}.");
    }
}
