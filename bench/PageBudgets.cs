using System.Diagnostics;
using System.Globalization;
using System.Net;
using Notify.Http;
using Notify.Posix;
using Notify.Scripts;
using Notify.Testing;

namespace Notify.Bench;

/// <summary>
/// How long the server takes for each page of the dashboard, with 100,000 notifications of 1,000 users in the bot and 200 scripts of the reader, who has 20,000 of the
/// notifications. From the first byte of the request to the last of the answer, one page after the other.
/// </summary>
internal sealed class PageBudgets(Scratch scratch)
{
    private const int All = 100_000;
    private const int OfReader = 20_000;
    private const int Others = 999;
    private const int Scripts = 200;
    private const int WarmUps = 10;
    private const int Loads = 21;

    /// <summary>What a page may take, in milliseconds.</summary>
    private const double Budget = 50;

    /// <summary>The measured pages: name, address, and a text of the right answer.</summary>
    private static readonly (string What, string Path, string Has)[] Pages =
    [
        ("overview", "/", "Overview of"),
        ("notifications", "/notifications", "Delivered"),
        ("notifications: a word", "/notifications?q=revenue", "</html>"),
        ("notifications: a rare word", $"/notifications?q={LargeHistory.RareWord}", "</html>"),
        ("notifications: the beginning of words", "/notifications?q=rev+ord", "</html>"),
        ("notifications: a state", "/notifications?state=failed", "</html>"),
        ("notifications: a script", "/notifications?script=metric_003", "</html>"),
        ("notifications: a day", "/notifications?day=DAY", "</html>"),
        ("scripts", "/scripts", "metric_0"),
        ("scripts: one", "/scripts/metric_003.py", "About"),
        ("settings", "/settings", "Telegram"),
        ("help", "/help/notifications", "</html>"),
        ("operator: users", "/operator", "Page 1 of"),
        ("operator: a search", "/operator?q=99", "bench-analyst99"),
        ("operator: a user", "/operator/users/bench-analyst7", "Send a test message"),
        ("operator: a question", "/operator/users/bench-analyst7/unlink", "Unlink"),
        ("operator: queue", "/operator/queue", "Nothing waits."),
        ("operator: failed", "/operator/failed", "refused"),
        ("operator: audit", "/operator/audit", "Nothing yet."),
    ];

    private readonly List<string[]> _rows =
    [
        ["page", "median", "95 of 100 within", "must be under", "size", ""],
    ];

    internal async Task MeasureAsync(TextWriter output)
    {
        var home = ScriptHome.OfThisUser();
        LargeScripts.Write(home, TimeProvider.System.GetUtcNow(), Scripts);
        try
        {
            await MeasureWithScriptsAsync();
        }
        finally
        {
            Directory.Delete(Path.Combine(home.Home, "user"), recursive: true);
            Directory.Delete(home.KeptFolder, recursive: true);
        }

        await output.WriteLineAsync();
        await Columns.WriteAsync(output, _rows);
    }

    private async Task MeasureWithScriptsAsync()
    {
        string[] users = [scratch.Account.Name, .. Enumerable.Range(0, Others).Select(WebBudgets.User)];
        var links = DeliveryBudgets.LinksJson(users);
        var (bot, data) = scratch.StartBot(links: links);
        await Scratch.UntilOkAsync(data);
        bot.End();
        LargeHistory.Write(
            Path.Combine(data, "private", "outbox.db"),
            TimeProvider.System.GetUtcNow(),
            [
                .. users
                    .Index()
                    .Select(user =>
                        (
                            user.Item,
                            Account.Find(user.Item)?.Uid,
                            user.Index == 0 ? OfReader : (All - OfReader + Others - user.Index) / Others
                        )
                    ),
            ],
            LargeScripts.NameOf
        );
        (bot, _) = scratch.StartBot(data: data);
        try
        {
            await Scratch.UntilOkAsync(data);
            await MeasureListAsync(Path.Combine(data, "bot.sock"));
            var (web, address) = scratch.StartWeb(data, isReaderAnalyst: true);
            try
            {
                await WebBudgets.UntilServingAsync(address, "\"status\":\"ok\"");
                using var reader = new WebVisitor(address);
                await reader.ComeBackAsync(
                    await reader.TypeAsync($"{scratch.Account.Name}@example.com", CancellationToken.None),
                    CancellationToken.None
                );
                var day = TimeProvider
                    .System.GetUtcNow()
                    .AddDays(-7)
                    .ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
                foreach (var (what, path, has) in Pages)
                {
                    await MeasureAsync(reader, what, path.Replace("DAY", day, StringComparison.Ordinal), has);
                }
            }
            finally
            {
                web.End();
            }
        }
        finally
        {
            bot.End();
        }
    }

    /// <summary>What the pages with scripts wait for: the bot starts a helper that reads the reader's home.</summary>
    private async Task MeasureListAsync(string socket)
    {
        using var bot = UnixHttp.NewClient(new Uri("http://notify"), socket, () => { }, _ => { });
        await MeasureAsync(
            "of the bot: its list of scripts",
            "GET /scripts",
            async () =>
            {
                var began = Stopwatch.GetTimestamp();
                var body = await bot.GetStringAsync(new Uri("/scripts", UriKind.Relative));
                return (Stopwatch.GetElapsedTime(began), body.Length);
            }
        );
    }

    private Task MeasureAsync(WebVisitor reader, string what, string path, string has) =>
        MeasureAsync(
            what,
            path,
            async () =>
            {
                var (took, answer) = await LoadAsync(reader, path);
                // A card that is late for its page is a slow page, whose time counts.
                return
                    answer.Status == HttpStatusCode.OK
                    && (
                        answer.Body.Contains(has, StringComparison.Ordinal)
                        || answer.Body.Contains("data-late", StringComparison.Ordinal)
                    )
                    ? (took, answer.Body.Length)
                    : throw new BenchException($"{path} answers {(int)answer.Status} and has no \"{has}\".");
            }
        );

    private async Task MeasureAsync(string what, string path, Func<Task<(TimeSpan Took, int Length)>> load)
    {
        var (times, length) = (new List<double>(), 0);
        for (var i = 0; i < WarmUps + Loads; i++)
        {
            (var took, length) = await load();
            if (i >= WarmUps)
            {
                times.Add(took.TotalMilliseconds);
            }
        }

        times.Sort();
        var median = times[Loads / 2];
        _rows.Add([
            $"{what} ({path})",
            Ms(median),
            Ms(times[Loads * 95 / 100]),
            $"{Budget:0} ms",
            string.Create(CultureInfo.InvariantCulture, $"{length / 1000.0:0} kB"),
            median < Budget ? "pass" : "FAIL",
        ]);
    }

    /// <summary>Loads a page. A person does not load it twice a second all the time, so the limits stay as they are and the load waits for them.</summary>
    private static async Task<(TimeSpan Took, WebAnswer Answer)> LoadAsync(WebVisitor reader, string path)
    {
        while (true)
        {
            var began = Stopwatch.GetTimestamp();
            var answer = await reader.GetAsync(path, CancellationToken.None);
            var took = Stopwatch.GetElapsedTime(began);
            if (answer.Status != HttpStatusCode.TooManyRequests)
            {
                return (took, answer);
            }

            await Task.Delay(
                TimeSpan.FromSeconds(int.Parse(answer["Retry-After"], CultureInfo.InvariantCulture)),
                TimeProvider.System,
                CancellationToken.None
            );
        }
    }

    private static string Ms(double milliseconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.0} ms");
}
