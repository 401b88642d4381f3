using System.Diagnostics;
using System.Text.RegularExpressions;
using Notify.Sandbox;
using Notify.Testing;
using Telegram.Bot;

namespace Notify.Tests;

/// <summary>The program as a process of its own.</summary>
public sealed partial class ProgramTests : IDisposable
{
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("notify-sandbox-home-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _home.Delete(recursive: true);

    [Fact]
    public async Task It_prints_one_line_with_its_addresses_serves_and_ends_with_TERM()
    {
        using var sandbox = Start(
            "--token",
            "42:AAH-another-token-entirely-0000",
            "--bot-username",
            "OtherBot",
            "--limits",
            "off"
        );
        try
        {
            var line = await sandbox.StandardOutput.ReadLineAsync(Cancellation);
            var ready = ReadyLine().Match(line!);
            Assert.True(ready.Success, line);
            var me = await new TelegramBotClient(
                new TelegramBotClientOptions("42:AAH-another-token-entirely-0000", ready.Groups["api"].Value)
            ).GetMe(Cancellation);
            Assert.Equal((42, "OtherBot"), (me.Id, me.Username));
            using var control = new SandboxControl(new Uri(new Uri(ready.Groups["phone"].Value), "/"));
            var state = await control.StateAsync(Cancellation);
            Assert.Equal(("off", new Uri(ready.Groups["google"].Value)), (state.Limits, state.GoogleAddress));

            using var kill = Process.Start("kill", ["-TERM", $"{sandbox.Id}"]);
            await sandbox.WaitForExitAsync(Cancellation);
            Assert.Equal(
                (0, "", ""),
                (
                    sandbox.ExitCode,
                    await sandbox.StandardOutput.ReadToEndAsync(Cancellation),
                    await sandbox.StandardError.ReadToEndAsync(Cancellation)
                )
            );
        }
        finally
        {
            if (!sandbox.HasExited)
            {
                sandbox.Kill();
            }
        }
    }

    [Fact]
    public async Task A_login_with_its_Google_leaves_nothing_in_the_log_and_nothing_in_the_home()
    {
        const string ClientId = "another.apps.googleusercontent.com";
        using var sandbox = Start(
            "--google-client-id",
            ClientId,
            "--google-client-secret",
            "another-secret",
            "--google-account",
            "eve@example.com"
        );
        try
        {
            var ready = ReadyLine().Match((await sandbox.StandardOutput.ReadLineAsync(Cancellation))!);
            await using (
                var client = await GoogleClientApp.StartAsync(
                    new Uri(ready.Groups["google"].Value),
                    Cancellation,
                    options => (options.ClientId, options.ClientSecret) = (ClientId, "another-secret")
                )
            )
            {
                Assert.Equal("eve@example.com", (await client.ComeAsync(Cancellation)).Accounts[0]);
                var eve = await client.LogInAsync("eve@example.com", Cancellation);
                Assert.Equal(("true", "example.com"), (eve.Claims["email_verified"], eve.Claims["hd"]));
            }

            using var kill = Process.Start("kill", ["-TERM", $"{sandbox.Id}"]);
            await sandbox.WaitForExitAsync(Cancellation);
            Assert.Equal(
                (0, "", ""),
                (
                    sandbox.ExitCode,
                    await sandbox.StandardOutput.ReadToEndAsync(Cancellation),
                    await sandbox.StandardError.ReadToEndAsync(Cancellation)
                )
            );
            Assert.Empty(_home.EnumerateFileSystemInfos());
        }
        finally
        {
            if (!sandbox.HasExited)
            {
                sandbox.Kill();
            }
        }
    }

    [Theory]
    [InlineData("--listen http://0.0.0.0:8081", "loopback|127.0.0.1")]
    [InlineData("--phone-listen nonsense", "--phone-listen is nonsense")]
    [InlineData("--listen", "--listen needs a value")]
    [InlineData("--limits some", "published or off")]
    [InlineData("--token 1:x", "The token must be")]
    [InlineData("--google-listen http://192.0.2.1:0", "--google-listen .*loopback|127.0.0.1")]
    [InlineData("--google-account dana", "--google-account is dana: it should be an e-mail address")]
    [InlineData("--google-redirect notify.test/signin", "--google-redirect is notify.test/signin")]
    [InlineData("--google-redirect https://notify.test/#x", "--google-redirect is")]
    [InlineData("--port 80", "Unknown option --port")]
    public async Task An_option_that_it_cannot_use_is_said_in_a_sentence(string options, string expected)
    {
        using var sandbox = Start(options.Split(' '));
        await EndsByItselfAsync(sandbox);
        var error = await sandbox.StandardError.ReadToEndAsync(Cancellation);
        Assert.Equal(64, sandbox.ExitCode);
        Assert.Matches(expected, error);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.DoesNotContain("Parameter", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        using var sandbox = Start("--listen", $"http://{taken.LocalEndpoint}");
        await EndsByItselfAsync(sandbox);
        Assert.Equal(1, sandbox.ExitCode);
        Assert.Contains(
            "Choose another port",
            await sandbox.StandardError.ReadToEndAsync(Cancellation),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task What_it_keeps_is_bounded()
    {
        await using var sandbox = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Limits = SendLimits.Off,
                KeptMessagesPerChat = 5,
                KeptCalls = 7,
                KeptFileBytes = 10_000,
            },
            Cancellation
        );
        using var control = new SandboxControl(sandbox);
        var alice = await control.AddStartedPersonAsync("Alice", Cancellation);
        var bot = new TelegramBotClient(
            new TelegramBotClientOptions(sandbox.Token, sandbox.ApiAddress.ToString().TrimEnd('/'))
        );
        for (var i = 0; i < 10; i++)
        {
            using var file = new MemoryStream(new byte[4_000]);
            await bot.SendDocument(
                alice,
                Telegram.Bot.Types.InputFile.FromStream(file, $"{i}.bin"),
                cancellationToken: Cancellation
            );
        }

        var messages = await control.BotMessagesAsync(alice, Cancellation);
        Assert.Equal(["5.bin", "6.bin", "7.bin", "8.bin", "9.bin"], messages.Select(m => m.Document!.Name));
        Assert.Equal(7, (await control.CallsAsync(Cancellation)).Count);
        Assert.Equal(4_000, (await control.FileAsync(messages[4].Document!.FileId, Cancellation)).Length);
        await Assert.ThrowsAsync<HttpRequestException>(() =>
            control.FileAsync(messages[0].Document!.FileId, Cancellation)
        );
    }

    private static async Task EndsByItselfAsync(Process sandbox)
    {
        var ready = await sandbox.StandardOutput.ReadLineAsync(Cancellation);
        if (ready is not null)
        {
            sandbox.Kill();
        }

        Assert.Null(ready);
        await sandbox.WaitForExitAsync(Cancellation);
    }

    private Process Start(params string[] options) =>
        Process.Start(
            new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "notify-sandbox"), options)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["HOME"] = _home.FullName },
            }
        )!;

    [GeneratedRegex(
        "^notify-sandbox is ready: Bot API (?<api>http://127\\.0\\.0\\.1:\\d+) phone page (?<phone>http://127\\.0\\.0\\.1:\\d+/phone) google (?<google>http://127\\.0\\.0\\.1:\\d+)$",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex ReadyLine();
}
