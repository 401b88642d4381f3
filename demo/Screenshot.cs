using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Notify.Demo;

/// <summary>A picture of the phone page at a phone's size, for the README: chromium, told what to do through its DevTools protocol.</summary>
/// <remarks>Its own --screenshot waits for a page without open connections; this one keeps one for what is new.</remarks>
internal sealed partial class Screenshot : IDisposable
{
    /// <summary>A common phone in CSS pixels, less high, so that the notifications fill it; the picture has twice as many, for sharp text.</summary>
    private const int Width = 412;

    private const int Height = 677;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ClientWebSocket _chromium = new();
    private int _calls;

    private Screenshot() { }

    internal static async Task TakeAsync(
        Programs programs,
        Uri page,
        string file,
        ScratchFolder scratch,
        CancellationToken cancellation
    )
    {
        var program =
            new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(
                File.Exists
            ) ?? throw new DemoException("--screenshot needs chromium: sudo apt-get install chromium");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            var devTools = await StartAsync(programs, program, scratch, limit.Token);
            using var picture = new Screenshot();
            await picture._chromium.ConnectAsync(devTools, limit.Token);
            await picture.OpenAsync(page, limit.Token);
            var png = await picture.CallAsync(
                "Page.captureScreenshot",
                new JsonObject { ["format"] = "png" },
                limit.Token
            );
            await File.WriteAllBytesAsync(file, Convert.FromBase64String((string)png["data"]!), limit.Token);
        }
        catch (Exception e)
            when (e is WebSocketException or HttpRequestException
                || (e is OperationCanceledException && !cancellation.IsCancellationRequested)
            )
        {
            throw new DemoException(
                $"chromium took no picture: {e.Message} {programs.LastWords(Path.GetFileName(program))}",
                e
            );
        }
    }

    /// <inheritdoc />
    public void Dispose() => _chromium.Dispose();

    private static async Task<Uri> StartAsync(
        Programs programs,
        string program,
        ScratchFolder scratch,
        CancellationToken cancellation
    )
    {
        // The only page that it opens is the sandbox's, so that chromium's own sandbox, which needs rights of its own, guards nothing here.
        var listening = programs.WaitForLineAsync(Path.GetFileName(program), DevToolsAddress(), cancellation);
        await programs.ServeAsync(
            program,
            [
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                $"--user-data-dir={scratch.FullPath}/chromium",
                "--remote-debugging-port=0",
                "about:blank",
            ],
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["PATH"] = "/usr/bin:/bin",
                ["HOME"] = scratch.FullPath,
                ["LANG"] = "C.UTF-8",
            },
            cancellation
        );
        var browser = new Uri((await listening).Groups["address"].Value);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        while (true)
        {
            var targets = await http.GetFromJsonAsync<JsonArray>(
                new Uri($"http://{browser.Authority}/json/list"),
                cancellation
            );
            if (targets!.FirstOrDefault(t => (string?)t!["type"] == "page") is { } page)
            {
                return new Uri((string)page["webSocketDebuggerUrl"]!);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellation);
        }
    }

    private async Task OpenAsync(Uri page, CancellationToken cancellation)
    {
        await CallAsync(
            "Emulation.setDeviceMetricsOverride",
            new JsonObject
            {
                ["width"] = Width,
                ["height"] = Height,
                ["deviceScaleFactor"] = 2,
                ["mobile"] = true,
            },
            cancellation
        );
        await CallAsync(
            "Emulation.setEmulatedMedia",
            new JsonObject
            {
                ["features"] = new JsonArray(
                    new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = "light" },
                    new JsonObject { ["name"] = "prefers-reduced-motion", ["value"] = "reduce" }
                ),
            },
            cancellation
        );
        await CallAsync("Page.navigate", new JsonObject { ["url"] = page.ToString() }, cancellation);
        const string IsDrawn =
            "document.readyState === 'complete' && document.querySelectorAll('#messages li').length > 3 && [...document.images].every(i => i.complete) && document.fonts.status === 'loaded'";
        while (
            !(bool)
                (
                    await CallAsync(
                        "Runtime.evaluate",
                        new JsonObject { ["expression"] = IsDrawn, ["returnByValue"] = true },
                        cancellation
                    )
                )["result"]!["value"]!
        )
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellation);
        }
    }

    private async Task<JsonNode> CallAsync(string method, JsonObject parameters, CancellationToken cancellation)
    {
        var id = ++_calls;
        var call = new JsonObject
        {
            ["id"] = id,
            ["method"] = method,
            ["params"] = parameters,
        };
        await _chromium.SendAsync(
            JsonSerializer.SerializeToUtf8Bytes(call),
            WebSocketMessageType.Text,
            endOfMessage: true,
            cancellation
        );
        while (true)
        {
            var answer = await ReceiveAsync(cancellation);
            if ((int?)answer["id"] == id)
            {
                return answer["result"] ?? throw new DemoException($"chromium refused {method}: {answer["error"]}");
            }
        }
    }

    private async Task<JsonNode> ReceiveAsync(CancellationToken cancellation)
    {
        var buffer = new byte[64 * 1024];
        using var message = new MemoryStream();
        while (true)
        {
            var part = await _chromium.ReceiveAsync(buffer, cancellation);
            await message.WriteAsync(buffer.AsMemory(0, part.Count), cancellation);
            if (part.EndOfMessage)
            {
                return JsonNode.Parse(message.GetBuffer().AsSpan(0, (int)message.Length))
                    ?? throw new DemoException("chromium answered nothing.");
            }
        }
    }

    [GeneratedRegex(@"DevTools listening on (?<address>\S+)", RegexOptions.None, 1000)]
    private static partial Regex DevToolsAddress();
}
