using System.Diagnostics;
using System.Globalization;
using Notify.Bot.SendApi;
using Notify.Testing;

namespace Notify.Tests.Callers;

/// <summary>Many connections and slow ones: they cost their own user something, and nobody else.</summary>
public sealed class CrowdTests(People people) : IClassFixture<People>
{
    /// <summary>Opens connections, asks for /health on each, says how many were answered, and keeps them all open.</summary>
    private const string Hoard = """
        import socket, sys, time
        kept = []
        for _ in range(int(sys.argv[2])):
            s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.settimeout(60)
            kept.append(s)
        served = 0
        for s in kept:
            try:
                s.sendall(b"GET /health HTTP/1.1\r\nHost: notify\r\n\r\n")
                served += s.recv(4096).startswith(b"HTTP/1.1 200")
            except OSError:
                pass
        print(served, flush=True)
        sys.stdin.read()
        """;

    /// <summary>
    /// Begins requests whose bodies come a byte at a time, and says how many were ended by the bot. They are not so large that those of one user are received four at a time
    /// (LargeTexts), which would make them end one after the other.
    /// </summary>
    private const string Trickle = """
        import select, socket, sys, time
        kept = []
        for _ in range(int(sys.argv[2])):
            s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.settimeout(60)
            s.sendall(b"POST /send HTTP/1.1\r\nHost: notify\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{")
            kept.append(s)
        print("trickling", flush=True)
        ended = 0
        while kept:
            time.sleep(0.1)
            for s in list(kept):
                try:
                    if not select.select([s], [], [], 0)[0]:
                        s.sendall(b" ")
                        continue
                    said = s.recv(4096)
                except OSError:
                    said = b""
                kept.remove(s)
                ended += 1
        print(ended, flush=True)
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_users_flood_of_connections_ends_at_its_own_limit()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var bob = scene.As(people.Bob);
        await using var alice = scene.As(people.Alice);
        using (
            var hoard = AccountCaller.StartAs(
                people.Alice,
                "/usr/bin/python3",
                "-c",
                Hoard,
                scene.Bot.Bot.SocketPath,
                "300"
            )
        )
        {
            var served = int.Parse(
                (await hoard.StandardOutput.ReadLineAsync(Cancellation))!,
                CultureInfo.InvariantCulture
            );

            Assert.Equal(PeerCredentialMiddleware.ConnectionsPerUser, served);
            Assert.Equal(200, (await bob.PostAsync("/send", new { text = "bob's" }, Cancellation)).Status);
            Assert.NotEqual(200, (await alice.PostAsync("/send", new { text = "alice's" }, Cancellation)).Status);
            hoard.Kill();
            await hoard.WaitForExitAsync(Cancellation);
        }

        await Eventually.TrueAsync(
            async () =>
                (
                    await alice.PostAsync("/send", new { text = "alice's, once her others are closed" }, Cancellation)
                ).Status == 200,
            () => "alice is still shut out",
            Cancellation
        );
    }

    [Fact]
    public async Task Slow_bodies_hold_up_nobody_else_and_are_given_up()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var bob = scene.As(people.Bob);
        using var trickle = AccountCaller.StartAs(
            people.Alice,
            "/usr/bin/python3",
            "-c",
            Trickle,
            scene.Bot.Bot.SocketPath,
            "100"
        );
        Assert.Equal("trickling", await trickle.StandardOutput.ReadLineAsync(Cancellation));

        Assert.Equal(200, (await bob.PostAsync("/send", new { text = "bob's" }, Cancellation)).Status);
        Assert.False(trickle.HasExited);

        Assert.Equal("100", await trickle.StandardOutput.ReadLineAsync(Cancellation));
        Assert.Empty(await scene.PhoneOf(scene.AliceChat));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(20)]
    public async Task A_crowd_that_floods_together_leaves_room_for_the_next_one(int floods)
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var bob = scene.As(people.Bob);
        var dataread = Posix.Group.Find("dataread")!.Gid;
        var crowd = new List<Process>();
        try
        {
            for (var i = 0u; i < floods; i++)
            {
                crowd.Add(
                    AccountCaller.StartAsNobody(
                        61_300 + i,
                        dataread,
                        "/usr/bin/python3",
                        "-c",
                        Hoard,
                        scene.Bot.Bot.SocketPath,
                        "200"
                    )
                );
            }

            foreach (var one in crowd)
            {
                Assert.NotEqual("0", await one.StandardOutput.ReadLineAsync(Cancellation));
            }

            Assert.Equal(200, (await bob.PostAsync("/send", new { text = "bob's" }, Cancellation)).Status);
            Assert.Equal("bob's", Assert.Single(await scene.PhoneOf(scene.BobChat)).Text);
        }
        finally
        {
            foreach (var one in crowd)
            {
                one.Kill();
                one.Dispose();
            }
        }
    }
}
