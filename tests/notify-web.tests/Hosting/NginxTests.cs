using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using Notify.Testing;

namespace Notify.Tests.Hosting;

/// <summary>Behind Debian's nginx with TLS, on another port and under a path.</summary>
public sealed class NginxTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/notify/", "/notify/", "$host")]
    [InlineData("/notify/", "/", "$http_host")]
    [InlineData("/", "/", "$http_host")]
    public async Task Cookies_are_secure_redirects_right_and_events_come_through(
        string location,
        string passedOn,
        string host
    )
    {
        await using var scene = await WebScene.SetAsync();
        var port = FreePort.Next();
        var address = new Uri(
            string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{port}{location.TrimEnd('/')}")
        );
        var backend = scene.Environment["NOTIFY_WEB_LISTEN"];
        scene.Environment["NOTIFY_WEB_URL"] = address.AbsoluteUri;
        await scene.StartAsync();
        await using var nginx = await StartNginxAsync(
            scene.Folder,
            $$"""
            listen 127.0.0.1:{{port}} ssl;
            location {{location}} {
                proxy_pass {{backend}}{{passedOn}};
                proxy_set_header Host {{host}};
                proxy_http_version 1.1;
                proxy_set_header Connection "";
                proxy_read_timeout 5m;
            }
            """
        );
        var (_, email) = await scene.AddAnalystAsync();
        var visitor = scene.NewVisitor(address);
        var path = location.TrimEnd('/');

        Assert.Equal(path + "/login", (await visitor.GetAsync("/", Cancellation))["Location"]);
        var begun = await visitor.GetAsync("/login/google", Cancellation);
        Assert.Contains(
            Uri.EscapeDataString($"{address.AbsoluteUri.TrimEnd('/')}/signin-oidc"),
            begun["Location"],
            StringComparison.Ordinal
        );
        var done = await visitor.ComeBackAsync(await visitor.ChooseAsync(email, Cancellation), Cancellation);
        Assert.Equal(path + "/", done["Location"]);
        var cookie = visitor.SessionCookie!;
        Assert.Equal((true, true, path + "/"), (cookie.Secure, cookie.HttpOnly, cookie.Path.TrimEnd('/') + "/"));
        Assert.Equal(path.Length == 0 ? "__Host-notify-session" : "__Secure-notify-session", cookie.Name);

        var page = await visitor.GetAsync("/", Cancellation);
        await scene.NewVisitor(address).GetAsync("/login/google", Cancellation);
        Assert.All(scene.Visitors.SelectMany(one => one.Cookies.GetAllCookies()), AssertABrowserTakes);
        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.StartsWith("max-age=", page["Strict-Transport-Security"], StringComparison.Ordinal);
        Assert.Contains($"action=\"{path}/logout\"", page.Body, StringComparison.Ordinal);
        var code = (await scene.Links.IssueCodeAsync(new ChatId(7001), Cancellation)).Code;
        using var stream = await visitor.OpenAsync("/api/events", Cancellation);
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync(Cancellation));
        Assert.Equal(
            HttpStatusCode.OK,
            (await visitor.PostAsync("/api/telegram/verify", new { code }, Cancellation)).Status
        );
        string? line;
        do
        {
            line = await reader.ReadLineAsync(Cancellation);
        } while (line is not null and not "event: link");

        Assert.NotNull(line);
        Assert.Equal(path + "/login?signed-out", (await visitor.LogOutAsync(Cancellation))["Location"]);
    }

    [Fact]
    public async Task Logins_that_were_begun_and_left_keep_nobody_out_behind_the_product_s_own_site()
    {
        await using var scene = await WebScene.SetAsync();
        var (address, nginx) = await BeginBehindOwnSiteAsync(scene);
        await using var _ = nginx;
        var (_, email) = await scene.AddAnalystAsync();
        var visitor = scene.NewVisitor(address);

        for (var i = 0; i < 40; i++)
        {
            Assert.Equal(HttpStatusCode.Redirect, (await visitor.GetAsync("/login/google", Cancellation)).Status);
        }

        var done = await visitor.ComeBackAsync(await visitor.ChooseAsync(email, Cancellation), Cancellation);

        Assert.True(done is { Status: HttpStatusCode.Redirect } && done["Location"] == "/", done.ToString());
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/", Cancellation)).Status);
        Assert.Empty(LoginCookies(visitor));
    }

    [Fact]
    public async Task Two_tabs_that_log_in_side_by_side_both_end_up_logged_in()
    {
        await using var scene = await WebScene.SetAsync();
        var (address, nginx) = await BeginBehindOwnSiteAsync(scene);
        await using var _ = nginx;
        var (_, email) = await scene.AddAnalystAsync();
        var browser = scene.NewVisitor(address);
        var first = await browser.ChooseAsync(email, Cancellation);
        var second = await browser.ChooseAsync(email, Cancellation);
        var third = await browser.ChooseAsync(email, Cancellation);

        Assert.Equal("/", (await browser.ComeBackAsync(second, Cancellation))["Location"]);
        Assert.Equal("/", (await browser.ComeBackAsync(first, Cancellation))["Location"]);
        Assert.Equal("/", (await browser.ComeBackAsync(third, Cancellation))["Location"]);

        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/", Cancellation)).Status);
        Assert.Empty(LoginCookies(browser));

        // Who has no session gets none by coming back without the cookies of a login.
        var stranger = scene.NewVisitor(address);
        Assert.Equal(HttpStatusCode.BadRequest, (await stranger.ComeBackAsync(third, Cancellation)).Status);
    }

    [Theory]
    [InlineData("POST /api/telegram/verify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n")]
    [InlineData(
        "GET /gateway HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )]
    public async Task An_account_of_the_machine_that_holds_all_it_may_keeps_nobody_else_out(string request)
    {
        const int Limit = 20;
        await using var scene = await WebScene.SetAsync();
        using var gateway = ListenSilently(scene.Folder);
        var (address, nginx) = await BeginBehindOwnSiteAsync(
            scene,
            site =>
                Replaced(site, "limit_conn ([a-z_]+) [0-9]+;", $"limit_conn $1 {Limit};")
                    .Replace("client_body_timeout 10s;", "client_body_timeout 10m;", StringComparison.Ordinal)
        );
        await using var _ = nginx;

        // Each from an address of its own.
        var held = new List<SslStream>();
        var answers = new List<Task<string>>();
        for (var i = 1; i <= Limit + 1; i++)
        {
            held.Add(await ConnectAsync(address, IPAddress.Parse($"127.1.0.{i}"), request));
            answers.Add(ReadLineAsync(held[^1]));
        }

        var refused = await Task.WhenAny(answers);
        Assert.StartsWith("HTTP/1.1 429 ", await refused, StringComparison.Ordinal);
        Assert.Equal(Limit, answers.Count(answer => !answer.IsCompleted));
        Assert.Equal(HttpStatusCode.OK, (await scene.NewVisitor(address).GetAsync("/login", Cancellation)).Status);
        held.Add(await ConnectAsync(address, IPAddress.Loopback, request));
        await held[^1].WriteAsync(new byte[10], Cancellation);
        if (request.StartsWith("POST", StringComparison.Ordinal))
        {
            Assert.StartsWith("HTTP/1.1 401 ", await ReadLineAsync(held[^1]), StringComparison.Ordinal);
        }
        else
        {
            for (var i = 0; i <= Limit; i++)
            {
                using var passedOn = await gateway.AcceptAsync(Cancellation);
            }
        }

        held.ForEach(stream => stream.Dispose());
    }

    [Fact]
    public async Task Who_never_ends_the_header_is_cut_off()
    {
        await using var scene = await WebScene.SetAsync();
        var (address, nginx) = await BeginBehindOwnSiteAsync(scene);
        await using var _ = nginx;
        await using var stream = await ConnectAsync(
            address,
            IPAddress.Loopback,
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        );

        var answer = await ReadLineAsync(stream);

        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal), answer);
    }

    [Fact]
    public async Task Two_hundred_people_with_three_pages_each_may_share_an_address()
    {
        var site = await ReadSiteAsync();

        Assert.InRange(LimitOf("notify_site"), 200 * 3 * (1 + 3), int.MaxValue);
        Assert.InRange(LimitOf("notify_gateway"), 200 * 5, int.MaxValue);

        int LimitOf(string zone) =>
            int.Parse(
                Regex
                    .Match(site, $"limit_conn {zone} ([0-9]+);", RegexOptions.None, TimeSpan.FromSeconds(1))
                    .Groups[1]
                    .Value,
                CultureInfo.InvariantCulture
            );
    }

    private static Socket ListenSilently(string folder)
    {
        var path = Path.Combine(folder, "gateway.sock");
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
        listener.Listen(128);
        return listener;
    }

    private static async Task<SslStream> ConnectAsync(Uri address, IPAddress from, string request)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(IPAddress.Loopback, address.Port, Cancellation);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "127.0.0.1",
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=127.0.0.1",
            },
            Cancellation
        );
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), Cancellation);
        return stream;
    }

    /// <summary>The first line of the answer; empty where the connection ends without one.</summary>
    private static async Task<string> ReadLineAsync(SslStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        try
        {
            return await reader.ReadLineAsync(Cancellation) ?? "";
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return "";
        }
    }

    private static string Replaced(string site, string pattern, string by) =>
        Regex.Replace(site, pattern, by, RegexOptions.None, TimeSpan.FromSeconds(1));

    private static Task<string> ReadSiteAsync() =>
        File.ReadAllTextAsync(Path.Combine(Programs.Repository, "server", "nginx-notify.conf"), Cancellation);

    private static IEnumerable<Cookie> LoginCookies(WebVisitor visitor) =>
        visitor
            .Cookies.GetAllCookies()
            .Where(cookie =>
                cookie.Name.Contains("login-", StringComparison.Ordinal)
                || cookie.Name.Contains("nonce-", StringComparison.Ordinal)
            );

    /// <summary>
    /// A dashboard on a Unix socket behind the site that is installed, with its own limits; only names, port, certificate and the machine's own addresses, which are
    /// 127.1.0.0/16 here, are this test's.
    /// </summary>
    private static async Task<(Uri Address, IAsyncDisposable Nginx)> BeginBehindOwnSiteAsync(
        WebScene scene,
        Func<string, string>? change = null
    )
    {
        var port = FreePort.Next();
        var address = new Uri(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{port}"));
        var socket = Path.Combine(scene.Folder, "web.sock");
        scene.Environment["NOTIFY_WEB_URL"] = address.AbsoluteUri;
        scene.Environment["NOTIFY_WEB_LISTEN"] = $"unix:{socket}";
        await scene.StartAsync();
        var site = await ReadSiteAsync();
        site = Replaced(site, "listen [^;]*443[^;]*;", "");
        site = Replaced(site, "(?s)server \\{\\s*listen 80.*", "");
        site = Replaced(site, "ssl_certificate(?:_key)? [^;]*;", "");
        site = Replaced(
            site,
            "server_name [^;]*;",
            string.Create(
                CultureInfo.InvariantCulture,
                $"listen 127.0.0.1:{port} ssl; server_name 127.0.0.1; {Certificate(scene.Folder)}"
            )
        );
        site = site.Replace("/run/notify-web/web.sock", socket, StringComparison.Ordinal)
            .Replace(
                "/run/notify-gateway/client.sock",
                Path.Combine(scene.Folder, "gateway.sock"),
                StringComparison.Ordinal
            )
            .Replace("127.0.0.0/8", "127.1.0.0/16", StringComparison.Ordinal);
        return (address, await StartNginxWithAsync(scene.Folder, change?.Invoke(site) ?? site));
    }

    /// <summary>What browsers ask of cookies with such names, and HttpClient does not.</summary>
    private static void AssertABrowserTakes(Cookie cookie)
    {
        Assert.True(cookie.Secure && cookie.HttpOnly, cookie.Name);
        Assert.Matches("^__(Host|Secure)-notify-", cookie.Name);
        if (cookie.Name.StartsWith("__Host-", StringComparison.Ordinal))
        {
            Assert.Equal("/", cookie.Path);
        }
    }

    private static string Certificate(string folder) =>
        $"ssl_certificate {folder}/nginx/cert.pem; ssl_certificate_key {folder}/nginx/key.pem;";

    private static Task<NginxProcess> StartNginxAsync(string folder, string server) =>
        StartNginxWithAsync(
            folder,
            $$"""
            server {
                {{Certificate(folder)}}
                {{server}}
            }
            """
        );

    /// <param name="folder">The test's.</param>
    /// <param name="servers">What stands in <c>http { }</c>.</param>
    private static async Task<NginxProcess> StartNginxWithAsync(string folder, string servers)
    {
        var own = Directory.CreateDirectory(Path.Combine(folder, "nginx")).FullName;
        using (var key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        {
            var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
            using var certificate = request.CreateSelfSigned(
                TimeProvider.System.GetUtcNow().AddDays(-1),
                TimeProvider.System.GetUtcNow().AddDays(1)
            );
            await File.WriteAllTextAsync(
                Path.Combine(own, "cert.pem"),
                certificate.ExportCertificatePem(),
                Cancellation
            );
            await File.WriteAllTextAsync(Path.Combine(own, "key.pem"), key.ExportPkcs8PrivateKeyPem(), Cancellation);
        }

        var settings = Path.Combine(own, "nginx.conf");
        await File.WriteAllTextAsync(
            settings,
            $$"""
            user www-data;
            daemon off;
            pid {{own}}/nginx.pid;
            error_log stderr warn;
            events { }
            http {
                access_log off;
                client_body_temp_path {{own}}/body; proxy_temp_path {{own}}/proxy; fastcgi_temp_path {{own}}/fastcgi; uwsgi_temp_path {{own}}/uwsgi; scgi_temp_path {{own}}/scgi;
                {{servers}}
            }
            """,
            Cancellation
        );
        var process = Process.Start(
            new ProcessStartInfo("/usr/sbin/nginx", ["-c", settings, "-e", "stderr", "-p", own])
            {
                UseShellExecute = false,
                RedirectStandardError = true,
            }
        )!;
        var nginx = new NginxProcess(process);
        await Eventually.TrueAsync(
            () => process.HasExited || File.Exists(Path.Combine(own, "nginx.pid")),
            () => "nginx has not started",
            Cancellation
        );
        Assert.False(
            process.HasExited,
            process.HasExited ? await process.StandardError.ReadToEndAsync(Cancellation) : ""
        );
        return nginx;
    }

    private sealed class NginxProcess(Process process) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            // TERM, or its workers would outlive it.
            Process.Start("/usr/bin/kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }
    }
}
