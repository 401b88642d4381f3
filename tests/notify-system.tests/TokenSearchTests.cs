using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Notify.Sandbox.Telegram;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>
/// The bot's token, after everything that goes well and badly: in nothing that any process wrote, said, sent or shows in a process list.
/// </summary>
public sealed class TokenSearchTests
{
    /// <summary>An alert of somebody who wants to know: it sends its environment, and keeps it in a file.</summary>
    private const string Curious = """
        import json, os, sys
        seen = json.dumps(dict(os.environ))
        open(os.path.expanduser("~/environment-" + str(os.getpid())), "w").write(seen)
        for process in filter(str.isdigit, os.listdir("/proc")):
            for what in ("environ", "cmdline"):
                try:
                    seen += open(f"/proc/{process}/{what}", "rb").read().decode(errors="replace") if what == "cmdline" or process in (str(os.getpid()), str(os.getppid())) else ""
                except OSError:
                    pass
        open(os.path.expanduser("~/processes-" + str(os.getpid())), "w").write(seen)
        print(seen, file=sys.stderr)
        print(json.dumps({"notify": True, "title": "Environment", "message": "```\n" + seen[:3000] + "\n```", "data": dict(os.environ), "cooldown": "0m"}))
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_token_is_in_nothing_that_anybody_wrote_said_or_shows()
    {
        var secret = "AAH-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));
        var token = "110201:" + secret;
        await using var machine = await Machine.StartAsync(token: token);
        await machine.AllowSudoAsync();
        var heard = new Heard();
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var watch = Task.Run(() => heard.WatchProcesses(watching.Token), Cancellation);

        await AllIsWellAsync(machine, heard);
        await TelegramMisbehavesAsync(machine, heard, token);
        await AdminsLookAsync(machine, heard);
        await SettingsAreWrongAsync(machine, heard, token);
        heard.Add("the bot's output", machine.Bot.Said);
        await TelegramIsElsewhereAsync(machine, heard, token);

        // It was there to be found: in the bot's environment, where only root and deploy can look.
        Assert.Contains(
            secret,
            await File.ReadAllTextAsync($"/proc/{machine.Bot.Id}/environ", Cancellation),
            StringComparison.Ordinal
        );
        await machine.Bot.StopAsync(Cancellation);
        heard.Add("the bot's output", machine.Bot.Said);
        await watching.CancelAsync();
        await watch;
        foreach (var chat in await machine.Phone.ChatsAsync(Cancellation))
        {
            heard.Add(
                $"chat {chat.Id}",
                JsonSerializer.Serialize(await machine.Phone.MessagesAsync(chat.Id, Cancellation))
            );
        }

        foreach (var folder in new[] { machine.Folder, machine.Alice.Home, machine.Deploy.Home })
        {
            heard.AddFilesOf(folder);
        }

        // The search finds what is there.
        var planted = Path.Combine(machine.Folder, "planted");
        await File.WriteAllTextAsync(planted, "before " + secret + " after", Cancellation);
        var control = new Heard();
        control.AddFilesOf(machine.Folder);
        Assert.Equal([$"file {planted}"], control.HoldersOf(secret));

        // All of it was there to be searched.
        Assert.True(heard.Count > 60, $"only {heard.Count} things were searched");
        foreach (
            var part in new[]
            {
                "bot.log",
                "runner.log",
                "telegram_users.json",
                "poll_offset.json",
                "environment-",
                "processes-",
                "answer of /send",
                "doctor",
                "command line of",
                "chat ",
            }
        )
        {
            Assert.True(heard.Has(part), $"nothing of {part} was searched");
        }

        Assert.Contains(
            heard.TextsOf($"chat {machine.Chat}"),
            text => text.Contains("MPLBACKEND", StringComparison.Ordinal)
        );
        Assert.Empty(heard.HoldersOf(secret));
    }

    private static async Task AllIsWellAsync(Machine machine, Heard heard)
    {
        machine.Script("curious.py", Curious);
        machine.Deploy.Write("user/notifications/curious.py", Curious);
        Machine.Run("chown", "-R", machine.Deploy.Name, machine.Deploy.Home);
        await OperateAsync(
            machine,
            heard,
            "link",
            machine.Deploy.Name,
            "--chat",
            (await machine.Phone.AddStartedPersonAsync("Deploy", Cancellation)).ToString(CultureInfo.InvariantCulture)
        );
        var round = await machine.RoundAsync();
        Assert.Equal(0, round.Status);
        heard.Add("the runner's output", round.Said);

        await using var root = AccountCaller.OfThisUser(machine.Bot.SocketPath);
        foreach (var user in new[] { machine.Alice.Name, machine.Deploy.Name })
        {
            heard.Add(
                await root.AskAsync("POST", $"/scripts/curious.py/run?user={user}", null, null, Cancellation),
                "/run",
                status: 200
            );
            heard.Add(await root.GetAsync($"/scripts?user={user}", Cancellation), "/scripts", status: 200);
        }

        foreach (var path in new[] { "/health", "/metrics", $"/link?user={machine.Alice.Name}" })
        {
            heard.Add(await root.GetAsync(path, Cancellation), path, status: 200);
        }

        heard.Add(
            await root.PostAsync("/send", new { user = "nobody_knows", text = "x" }, Cancellation),
            "/send",
            status: 404
        );
        heard.Add(await root.PostAsync("/send", new { user = machine.Alice.Name }, Cancellation), "/send", status: 400);
        heard.Add(
            await root.AskAsync("POST", "/send", "application/json", "{"u8.ToArray(), Cancellation),
            "/send",
            status: 400
        );
        var stranger = await machine.Phone.AddStartedPersonAsync("Stranger", Cancellation);
        foreach (
            var (chat, text) in new[]
            {
                (machine.Chat, "/whoami"),
                (machine.Chat, "/status"),
                (machine.Chat, "/test"),
                (machine.Chat, "/run curious"),
                (machine.Chat, "/help"),
                (stranger, "/start"),
                (stranger, "/start of-somebody-else"),
            }
        )
        {
            await machine.Phone.TypeAsync(chat, text, Cancellation);
        }

        await machine.Phone.WaitForBotMessagesAsync(
            machine.Chat,
            m => m.Any(x => x.Text.Contains("curious: delivered", StringComparison.Ordinal)),
            Cancellation
        );
        await machine.Phone.WaitForBotMessagesAsync(stranger, 2, Cancellation);
    }

    private static async Task TelegramMisbehavesAsync(Machine machine, Heard heard, string token)
    {
        var quoted = $"http://127.0.0.1/bot{token}/sendMessage";
        var page = $"<html><body>Cannot POST {quoted}</body></html>";
        Fault[] faults =
        [
            new()
            {
                Kind = FaultKind.Answer,
                Status = 401,
                Description = $"Unauthorized: {token}",
            },
            new()
            {
                Kind = FaultKind.Answer,
                Status = 404,
                Body = page,
            },
            new()
            {
                Kind = FaultKind.Answer,
                Status = 400,
                Description = $"Bad Request: wrong HTTP URL {quoted}",
            },
            new()
            {
                Kind = FaultKind.Answer,
                Status = 403,
                Description = $"Forbidden: {quoted} was blocked by the user",
            },
            new()
            {
                Kind = FaultKind.Answer,
                Status = 429,
                RetryAfter = 9000,
                Description = $"Too Many Requests: {quoted}",
            },
            new()
            {
                Kind = FaultKind.Answer,
                Status = 502,
                Body = page,
            },
            new()
            {
                Kind = FaultKind.Answer,
                Status = 413,
                Body = page,
            },
            new()
            {
                Kind = FaultKind.Answer,
                Status = 200,
                Body = page,
            },
            new()
            {
                Kind = FaultKind.Answer,
                Status = 200,
                ContentType = "application/json",
                Body = $$"""{"ok":true,"result":"{{quoted}}"}""",
            },
            new() { Kind = FaultKind.Drop },
            new() { Kind = FaultKind.Drop, Taken = true },
            new() { Kind = FaultKind.Cut, Taken = true },
            new() { Kind = FaultKind.Hang },
        ];
        var sends = new List<Task>();
        foreach (var (fault, number) in faults.Select((fault, number) => (fault, number)))
        {
            var chat = await machine.Phone.AddStartedPersonAsync($"Fault {number}", Cancellation);
            await OperateAsync(
                machine,
                heard,
                "link",
                $"fault_{number}",
                "--chat",
                chat.ToString(CultureInfo.InvariantCulture)
            );
            await machine.Phone.AddFaultAsync(fault with { ChatId = chat }, Cancellation);
            sends.Add(SendAsync($"fault_{number}"));
        }

        async Task SendAsync(string user)
        {
            await using var root = AccountCaller.OfThisUser(machine.Bot.SocketPath);
            var answer = await root.PostAsync(
                "/send",
                new
                {
                    user,
                    text = "*hello*",
                    wait = 0,
                },
                Cancellation
            );
            Assert.NotEqual(0, answer.Status);
            heard.Add(answer, "/send");
        }

        await Task.WhenAll(sends);

        // The poller meets them too.
        foreach (var fault in faults.Where(f => f.Kind != FaultKind.Hang))
        {
            await machine.Phone.AddFaultAsync(fault with { Method = "getUpdates", Times = 1 }, Cancellation);
        }

        await machine.Phone.BeginOutageAsync(Cancellation, seconds: 1);
        await Eventually.TrueAsync(
            async () =>
                (await machine.Phone.FaultsAsync(Cancellation))
                    .Where(f => f.Method == "getUpdates")
                    .Any(f => f.Hits > 0),
            () => "no poll has met a fault",
            Cancellation
        );
        await using var asker = AccountCaller.OfThisUser(machine.Bot.SocketPath);
        heard.Add(await asker.GetAsync("/health", Cancellation), "/health", status: 200);
        await machine.Phone.ClearFaultsAsync(Cancellation);
    }

    private static async Task AdminsLookAsync(Machine machine, Heard heard)
    {
        await OperateAsync(machine, heard, "users");
        await OperateAsync(machine, heard, "doctor");
        await OperateAsync(machine, heard, "link", "somebody", "000000");
        await OperateAsync(machine, heard, "unlink", "fault_1");
        await OperateAsync(machine, heard, "--help");
        await OperateAsync(machine, heard, "no-such-command");
    }

    private static async Task SettingsAreWrongAsync(Machine machine, Heard heard, string token)
    {
        foreach (
            var (name, value) in new[]
            {
                ("TELEGRAM_BOT_TOKEN", "bot" + token),
                ("TELEGRAM_BOT_TOKEN", token + "!"),
                ("TELEGRAM_BOT_TOKEN", $"\"{token}\""),
                ("TELEGRAM_API_URL", token),
                ("TELEGRAM_API_URL", $"https://api.telegram.org/bot{token}/?x=1"),
                ("TELEGRAM_API_URL", $"https://{token}@api.telegram.org"),
                ("TELEGRAM_BOT_USERNAME", token),
                ("NOTIFY_DATA_DIR", token),
                ("NOTIFY_TRUSTED_GROUP", token),
            }
        )
        {
            var environment = new Dictionary<string, string>(machine.BotEnvironment, StringComparer.Ordinal)
            {
                [name] = value,
            };
            foreach (
                var command in (string[][])
                    [
                        [],
                        ["doctor"],
                    ]
            )
            {
                var (status, said) = await RunProgram.ToEndAsync(
                    Programs.Path("notify-bot"),
                    command,
                    environment,
                    Cancellation
                );
                Assert.True(status == 78, $"{name}: {status} {said}");
                Assert.Contains(name, said, StringComparison.Ordinal);
                heard.Add($"wrong {name}", said);
            }
        }
    }

    /// <summary>A name that does not exist, a closed port, a server that speaks no TLS, an address with the token in it already.</summary>
    private static async Task TelegramIsElsewhereAsync(Machine machine, Heard heard, string token)
    {
        var api = machine.BotEnvironment["TELEGRAM_API_URL"];
        foreach (
            var url in new[]
            {
                "http://no-such-host.invalid",
                "http://127.0.0.1:9",
                api.Replace("http:", "https:", StringComparison.Ordinal),
                api.TrimEnd('/') + "/bot" + token,
            }
        )
        {
            machine.BotEnvironment["TELEGRAM_API_URL"] = url;
            await OperateAsync(machine, heard, "doctor");
            await machine.Bot.StopAsync(Cancellation);
            await machine.StartBotAsync(isTelegramThere: false);
            await using var root = AccountCaller.OfThisUser(machine.Bot.SocketPath);
            var round = machine.RoundAsync();
            heard.Add(
                await root.PostAsync(
                    "/send",
                    new
                    {
                        user = machine.Alice.Name,
                        text = "x",
                        wait = 0,
                    },
                    Cancellation
                ),
                "/send",
                status: 200
            );
            heard.Add(await root.GetAsync("/health", Cancellation), "/health", status: 200);
            Assert.Equal(0, (await round).Status);
            heard.Add("the runner's output", (await round).Said);
            heard.Add("the bot's output", machine.Bot.Said);
        }
    }

    private static async Task OperateAsync(Machine machine, Heard heard, params string[] arguments)
    {
        var (_, said) = await machine.Deploy.RunAsync(
            Programs.Path("notify-bot"),
            arguments,
            machine.BotEnvironment.AsReadOnly(),
            Cancellation
        );
        heard.Add($"notify-bot {arguments[0]}", said);
    }

    /// <summary>All that was said and written, each with what it is.</summary>
    private sealed class Heard
    {
        private readonly ConcurrentBag<(string What, string Text)> _things = [];
        private readonly ConcurrentDictionary<string, byte> _commandLines = new(StringComparer.Ordinal);

        public int Count => _things.Count;

        public void Add(string what, string text) => _things.Add((what, text));

        public void Add(ApiAnswer answer, string path, int? status = null)
        {
            Assert.True(status is null || answer.Status == status, $"{path} was answered {answer} instead of {status}");
            Add($"answer of {path}", answer.Body + string.Join('\n', answer.Headers));
        }

        public void AddFilesOf(string folder)
        {
            foreach (
                var file in Directory.EnumerateFiles(
                    folder,
                    "*",
                    new EnumerationOptions
                    {
                        RecurseSubdirectories = true,
                        AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Device,
                    }
                )
            )
            {
                if (Posix.FileStatus.OfPath(file, followLink: false)?.Kind == Posix.FileKind.Regular)
                {
                    Add($"file {file}", Encoding.Latin1.GetString(File.ReadAllBytes(file)));
                }
            }
        }

        /// <summary>What everybody on the machine can see of every process, over and over.</summary>
        public void WatchProcesses(CancellationToken cancellation)
        {
            while (!cancellation.IsCancellationRequested)
            {
                foreach (
                    var process in Directory
                        .EnumerateDirectories("/proc")
                        .Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0]))
                )
                {
                    try
                    {
                        var line = File.ReadAllText(Path.Combine(process, "cmdline"));
                        if (_commandLines.TryAdd(line, 0))
                        {
                            Add($"command line of {process}", line);
                        }
                    }
                    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                    {
                        // It has just ended.
                    }
                }

                cancellation.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(20));
            }
        }

        public bool Has(string part) => _things.Any(thing => thing.What.Contains(part, StringComparison.Ordinal));

        public IEnumerable<string> TextsOf(string what) =>
            _things.Where(thing => thing.What == what).Select(thing => thing.Text);

        public IEnumerable<string> HoldersOf(string secret) =>
            _things.Where(thing => thing.Text.Contains(secret, StringComparison.Ordinal)).Select(thing => thing.What);
    }
}
