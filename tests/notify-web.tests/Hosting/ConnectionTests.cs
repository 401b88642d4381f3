using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Notify.Posix;
using Notify.Testing;

namespace Notify.Tests.Hosting;

/// <summary>Who can connect, and how many connections that say nothing it takes to keep others out: however many.</summary>
public sealed class ConnectionTests
{
    private const string WebServerGroup = "www-data";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")]
    [InlineData(
        "POST /signin-oidc HTTP/1.1\r\nHost: {0}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10000\r\n\r\nstate="
    )]
    public async Task Connections_that_say_nothing_more_make_room_for_the_next_and_who_is_logged_in_stays(
        string beginning
    )
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();
        using var stream = await visitor.OpenAsync("/api/events", Cancellation);
        var events = await stream.Content.ReadAsStreamAsync(Cancellation);
        Assert.NotEqual(0, await events.ReadAsync(new byte[1000], Cancellation));
        var begun = System.Text.Encoding.ASCII.GetBytes(
            string.Format(CultureInfo.InvariantCulture, beginning, scene.Address.Authority)
        );
        var crowd = new List<Socket>();
        try
        {
            for (var i = 0; i < 5000; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                crowd.Add(socket);
                await socket.ConnectAsync(scene.Address.Host, scene.Address.Port, Cancellation);
                try
                {
                    await socket.SendAsync(begun, Cancellation);
                }
                catch (SocketException)
                {
                    // It has made room already.
                }
            }

            Assert.Equal(HttpStatusCode.OK, (await scene.NewVisitor().GetAsync("/login", Cancellation)).Status);
            Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/api/telegram/status", Cancellation)).Status);

            // The oldest of them have made room, and the stream of a session, which is older, has not.
            Assert.True(await IsClosedAsync(crowd[0]));
            Assert.False(await IsClosedAsync(crowd[^1]));
            var next = events.ReadAsync(new byte[1000], Cancellation).AsTask();
            var code = (await scene.Links.IssueCodeAsync(new ChatId(7001), Cancellation)).Code;
            Assert.Equal(
                HttpStatusCode.OK,
                (await visitor.PostAsync("/api/telegram/verify", new { code }, Cancellation)).Status
            );
            Assert.NotEqual(0, await next);
        }
        finally
        {
            crowd.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task The_Unix_socket_is_the_web_server_s_and_no_other_account_can_connect()
    {
        await using var scene = await WebScene.SetAsync();
        var eve = await scene.AddAccountAsync("eve", "data-ops", WebScene.Group);
        var web = await scene.AddAccountAsync("nginx", WebServerGroup);
        var path = Path.Combine(scene.Folder, "run", "web.sock");
        scene.Environment["NOTIFY_WEB_LISTEN"] = $"unix:{path}";
        scene.Environment["NOTIFY_WEB_URL"] = "https://notify.example.org";
        await scene.StartAsync();

        var socket = FileStatus.OfPath(path)!.Value;
        Assert.Equal((Group.Find(WebServerGroup)!.Gid, FileModes.GroupFile), (socket.Gid, socket.Mode));
        await using var asEve = AccountCaller.Of(eve, path);
        await using var asWeb = AccountCaller.Of(web, path);
        const int PermissionDenied = 13;
        Assert.Equal(PermissionDenied, (await asEve.GetAsync("/healthz", Cancellation)).Errno);
        Assert.Equal(200, (await asWeb.GetAsync("/healthz", Cancellation)).Status);
    }

    [Fact]
    public async Task A_Unix_socket_alone_is_no_address_for_browsers()
    {
        await using var scene = await WebScene.SetAsync();
        scene.Environment["NOTIFY_WEB_LISTEN"] = $"unix:{scene.Folder}/web.sock";
        scene.Environment.Remove("NOTIFY_WEB_URL");

        var problem = await Assert.ThrowsAsync<Settings.SettingsException>(scene.StartAsync);

        Assert.Contains("NOTIFY_WEB_URL is not set", problem.Message, StringComparison.Ordinal);
    }

    /// <summary>Whether the other end has closed or reset it; looked at for long enough to have heard of it.</summary>
    private static async Task<bool> IsClosedAsync(Socket socket)
    {
        try
        {
            return socket.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectRead)
                && await socket.ReceiveAsync(new byte[1], SocketFlags.Peek, Cancellation) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
