using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Notify.Posix;
using Notify.Testing;

namespace Notify.Bench;

/// <summary>What it costs to ask the dashboard's API something, while a thousand people are logged in, beside a bare answer of the same server, in one run.</summary>
internal sealed class WebBudgets(Scratch scratch)
{
    /// <summary>The group of the accounts that ./dev bench adds.</summary>
    internal const string AnalystGroup = "bench-analysts";

    private const int Sessions = 1000;
    private const int AtOnce = 64;
    private const int LoginsAtOnce = 8;
    private const int Turns = 5;
    private const int RequestsATurn = 40_000;
    private const int WarmUps = 3;
    private const string Status = "/api/telegram/status";

    private readonly List<string[]> _rows =
    [
        ["what", "measured", "a bare answer beside it", "must reach", ""],
    ];

    internal async Task MeasureAsync(TextWriter output)
    {
        var users = Analysts();
        var (bot, data) = scratch.StartBot(links: DeliveryBudgets.LinksJson(users));
        try
        {
            await Scratch.UntilOkAsync(data);
            var (web, address) = scratch.StartWeb(data);
            try
            {
                await UntilServingAsync(address, "\"status\":\"ok\"");
                var sessions = await LogInAsync(address, users);
                var bare = scratch.StartBareAnswer(sessions[0].Status);
                try
                {
                    await UntilServingAsync(bare.Address, sessions[0].Status);
                    await MeasureTurnsAsync(
                        new Server(web, address, sessions),
                        new Server(bare.Process, bare.Address, sessions),
                        users.Count
                    );
                }
                finally
                {
                    bare.Process.End();
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

        await output.WriteLineAsync();
        await Columns.WriteAsync(output, _rows);
    }

    /// <summary>Somebody who is logged in.</summary>
    /// <param name="Cookie">NAME=VALUE.</param>
    /// <param name="Status">What the dashboard says of their link.</param>
    private sealed record LoggedIn(string Cookie, string Status);

    private sealed record Figures(double Rate, TimeSpan Median, TimeSpan Percentile99, TimeSpan Cpu);

    /// <summary>One of the two, and what it is asked: the same by each session in turn.</summary>
    private sealed class Server(MeasuredProcess process, Uri address, IReadOnlyList<LoggedIn> sessions)
    {
        private readonly byte[][] _requests =
        [
            .. sessions.Select(session =>
                Encoding.ASCII.GetBytes(
                    $"GET {Status} HTTP/1.1\r\nHost: {address.Authority}\r\nAccept: application/json\r\nCookie: {session.Cookie}\r\n\r\n"
                )
            ),
        ];

        internal async Task<Figures> AskAsync(int times)
        {
            var cpu = process.CpuTime();
            var all = await SendLoad.RunAsync(
                new IPEndPoint(IPAddress.Loopback, address.Port),
                AtOnce,
                times,
                i => _requests[i % _requests.Length]
            );
            cpu = process.CpuTime() - cpu;
            return all.Refused == 0
                ? new Figures(all.Rate, all.Median, all.Percentile99, cpu / times)
                : throw new BenchException($"{address} refused {all.Refused} of {times} requests.");
        }

        /// <summary>Asks, and waits until it has compiled what it now knows to be asked often.</summary>
        internal async Task WarmUpAsync()
        {
            await AskAsync(RequestsATurn);
            TimeSpan before;
            do
            {
                before = process.CpuTime();
                await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, CancellationToken.None);
            } while (process.CpuTime() - before > TimeSpan.FromMilliseconds(30));
        }
    }

    private async Task MeasureTurnsAsync(Server web, Server bare, int users)
    {
        // Both are compiled anew while they run, twice, by what they are asked most: that comes first.
        for (var i = 0; i < WarmUps; i++)
        {
            await bare.WarmUpAsync();
            await web.WarmUpAsync();
        }

        var turns = new List<(Figures Web, Figures Bare)>();
        for (var turn = 0; turn < Turns; turn++)
        {
            // Who is first changes with each turn.
            if (turn % 2 == 0)
            {
                var first = await web.AskAsync(RequestsATurn);
                turns.Add((first, await bare.AskAsync(RequestsATurn)));
            }
            else
            {
                var first = await bare.AskAsync(RequestsATurn);
                turns.Add((await web.AskAsync(RequestsATurn), first));
            }
        }

        double Median(Func<(Figures Web, Figures Bare), double> of) => turns.Select(of).Order().ElementAt(Turns / 2);
        var ratio = Median(turn => turn.Web.Rate / turn.Bare.Rate);
        _rows.Add([
            $"GET {Status}, {Sessions} sessions of {users} Unix {(users == 1 ? "user" : "users")}, {AtOnce} at once",
            $"{Median(turn => turn.Web.Rate):0}/s = {ratio:0.00} x (median of {Turns} turns, {turns.Min(turn => turn.Web.Rate / turn.Bare.Rate):0.00} to {turns.Max(turn => turn.Web.Rate / turn.Bare.Rate):0.00})",
            $"{Median(turn => turn.Bare.Rate):0}/s",
            "0.30 x",
            ratio >= 0.3 ? "pass" : "FAIL",
        ]);
        AddTime("  p50", figures => figures.Median);
        AddTime("  p99", figures => figures.Percentile99);
        AddTime("  CPU of the server for each", figures => figures.Cpu);

        void AddTime(string what, Func<Figures, TimeSpan> of) =>
            _rows.Add([
                what,
                $"{Ms(Median(turn => of(turn.Web).TotalMilliseconds))} = {Median(turn => of(turn.Web) / of(turn.Bare)):0.00} x",
                Ms(Median(turn => of(turn.Bare).TotalMilliseconds)),
                "",
                "",
            ]);
    }

    /// <summary>Those that ./dev bench has added to the accounts; where it could not, the one that all of it runs as has all the sessions.</summary>
    private List<string> Analysts() =>
        Account.Find(User(0)) is null ? [scratch.Account.Name] : [.. Enumerable.Range(0, Sessions).Select(User)];

    internal static string User(int i) => $"bench-analyst{i.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Waits until a server's health has a state.</summary>
    internal static async Task UntilServingAsync(Uri address, string wanted)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address };
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                if (
                    (await http.GetStringAsync(new Uri("healthz", UriKind.Relative))).Contains(
                        wanted,
                        StringComparison.Ordinal
                    )
                )
                {
                    return;
                }
            }
            catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
            {
                // It does not listen yet.
            }

            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(30))
            {
                throw new BenchException($"{address} does not serve after 30 s.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>Logs in as a browser does, as often as there are sessions: the users in turn.</summary>
    private static async Task<LoggedIn[]> LogInAsync(Uri address, List<string> users)
    {
        var sessions = new LoggedIn[Sessions];
        await Parallel.ForAsync(
            0,
            Sessions,
            new ParallelOptions { MaxDegreeOfParallelism = LoginsAtOnce },
            async (i, cancellation) =>
            {
                using var visitor = new WebVisitor(address);
                var answer = await visitor.ComeBackAsync(
                    await visitor.TypeAsync($"{users[i % users.Count]}@example.com", cancellation),
                    cancellation
                );
                var status = await visitor.GetAsync(Status, cancellation);
                if (
                    visitor.SessionCookie is not { } cookie
                    || status.Status != HttpStatusCode.OK
                    || !status.Json.GetProperty("linked").GetBoolean()
                )
                {
                    throw new BenchException(
                        $"{users[i % users.Count]} is not logged in, or not linked: {answer}, then {status}"
                    );
                }

                sessions[i] = new LoggedIn($"{cookie.Name}={cookie.Value}", status.Body);
            }
        );
        return sessions;
    }

    private static string Ms(double milliseconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.000} ms");
}
