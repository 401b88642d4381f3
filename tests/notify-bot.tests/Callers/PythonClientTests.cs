using Notify.Testing;

namespace Notify.Tests.Callers;

/// <summary>The client that users' own scripts have: Python's http.client over the socket, a few fields, and a look at the status only.</summary>
public sealed class PythonClientTests(People people) : IClassFixture<People>
{
    private const string Client = """
        import http.client, json, socket, sys

        class BotConnection(http.client.HTTPConnection):
            def __init__(self, path):
                super().__init__("localhost")
                self.path = path

            def connect(self):
                self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                self.sock.connect(self.path)

        def post(path, payload):
            connection = BotConnection(sys.argv[1])
            connection.request("POST", path, json.dumps(payload), {"Content-Type": "application/json"})
            return connection.getresponse().status == 200

        user, chart = sys.argv[2:]
        print(post("/send", {"user": user, "text": "*Nightly load* done in load_stg", "parse_mode": "Markdown"}))
        print(post("/send_photo", {"user": user, "photo_path": chart, "caption": "Rows per _hour_"}))
        print(post("/send", {"user": "root", "text": "as somebody else", "parse_mode": "Markdown"}))
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_works_unchanged()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        File.SetUnixFileMode(people.Alice.Home, (UnixFileMode)0b111_101_101);
        var chart = people.Alice.Write("chart.png", TestPictures.Png(80, 60), (UnixFileMode)0b110_100_100);

        var (status, said) = await people.Alice.RunAsync(
            "/usr/bin/python3",
            ["-c", Client, scene.Bot.Bot.SocketPath, people.Alice.Name, chart],
            new Dictionary<string, string>(StringComparer.Ordinal),
            Cancellation
        );

        Assert.Equal((0, "True\nTrue\nFalse\n"), (status, said));
        var messages = await scene.PhoneOf(scene.AliceChat);
        Assert.Equal(["Nightly load done in load_stg", "Rows per hour"], messages.Select(m => m.Text));
        Assert.NotNull(messages[1].Photo);
    }
}
