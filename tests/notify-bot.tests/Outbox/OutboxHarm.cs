using System.Globalization;
using System.Security.Cryptography;

namespace Notify.Tests.Outbox;

/// <summary>What the tests of damage have in common: a full outbox, what is written over it, and that it works afterwards.</summary>
internal static class OutboxHarm
{
    /// <summary>Bytes of a page of SQLite.</summary>
    internal const int Page = 4096;

    /// <summary>Notifications in a full outbox.</summary>
    internal const int Rows = 2000;

    /// <summary>An outbox that was closed with this many waiting, all of them numbered.</summary>
    internal static async Task<OutboxScene> FullAsync()
    {
        var scene = new OutboxScene();
        await Task.WhenAll(
            Enumerable.Range(0, Rows).Select(i => scene.AcceptAsync(i.ToString(CultureInfo.InvariantCulture)))
        );
        scene.Close();
        return scene;
    }

    /// <summary>Bytes without meaning. No zeros: to SQLite a page of zeros is one that is not in use.</summary>
    internal static byte[] Rubbish(int length)
    {
        var bytes = RandomNumberGenerator.GetBytes(length);
        bytes.AsSpan().Replace((byte)0, (byte)0xee);
        for (var i = 0; i < length; i += Page)
        {
            // The first byte of a page says of which kind it is; this is none.
            bytes[i] = 0xee;
        }

        return bytes;
    }

    internal static async Task AssertWorksAsync(OutboxScene scene, IReadOnlyList<string> before)
    {
        await scene.AcceptAsync("9999");
        scene.Close();
        Assert.Equal([.. before, "9999"], scene.Waiting());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(scene.File));
        Assert.Equal("ok", scene.Sql("PRAGMA integrity_check"));
    }
}
