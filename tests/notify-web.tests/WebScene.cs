using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Notify.Linking;
using Notify.Posix;
using Notify.Sandbox;
using Notify.Sandbox.Google;
using Notify.Settings;
using Notify.Testing;
using Notify.Web;
using Notify.Web.Hosting;

namespace Notify.Tests;

/// <summary>A sandbox and a dashboard in this process, on real ports and a scratch folder, with people who have accounts here and at the sandbox's Google.</summary>
internal sealed class WebScene : IAsyncDisposable
{
    /// <summary>The analysts' group.</summary>
    public const string Group = "dataread";

    private readonly List<TestAccount> _accounts = [];
    private readonly List<WebVisitor> _visitors = [];
    private readonly TimeProvider _time;

    private WebScene(SandboxServer sandbox, TimeProvider time)
    {
        Sandbox = sandbox;
        Control = new SandboxControl(sandbox);
        _time = time;
        Folder = Directory.CreateTempSubdirectory("notify-web-").FullName;
        File.SetUnixFileMode(Folder, (UnixFileMode)0b111_101_101);
        Directory.CreateDirectory(Data);
        Environment = new Dictionary<string, string>(
            WebProcess.Settings(sandbox.GoogleAddress, Folder),
            StringComparer.Ordinal
        );
        Environment["TELEGRAM_BOT_USERNAME"] = "NotifyTestBot";
        Links = new JsonLinkStore(Data, time);
    }

    /// <summary>Telegram and Google.</summary>
    public SandboxServer Sandbox { get; }

    /// <summary>The hands in it.</summary>
    public SandboxControl Control { get; }

    /// <summary>A folder for the test's own files.</summary>
    public string Folder { get; }

    /// <summary>The folder of the shared files.</summary>
    public string Data => Path.Combine(Folder, "data");

    /// <summary>The dashboard's own folder.</summary>
    public string State => Environment["NOTIFY_WEB_STATE_DIR"];

    /// <summary>What the next dashboard is started with.</summary>
    public Dictionary<string, string> Environment { get; }

    /// <summary>The links, as another program on the same files sees them.</summary>
    public JsonLinkStore Links { get; }

    /// <summary>The dashboard that was started last.</summary>
    public WebApplication Web { get; private set; } = null!;

    /// <summary>What the dashboards have logged.</summary>
    public StringWriter Log { get; } = new();

    /// <summary>All who have come so far.</summary>
    public IReadOnlyList<WebVisitor> Visitors => _visitors;

    /// <summary>The dashboard's public address.</summary>
    public Uri Address => new(Environment["NOTIFY_WEB_URL"]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A sandbox without a dashboard.</summary>
    public static async Task<WebScene> SetAsync(TimeProvider? time = null)
    {
        TestAccount.SkipUnlessRoot();
        return new WebScene(
            await SandboxServer.StartAsync(new SandboxOptions { Limits = SendLimits.Off }, Cancellation),
            time ?? TimeProvider.System
        );
    }

    /// <summary>A sandbox and a dashboard.</summary>
    public static async Task<WebScene> BeginAsync(TimeProvider? time = null)
    {
        var scene = await SetAsync(time);
        await scene.StartAsync();
        return scene;
    }

    /// <summary>Starts a dashboard with <see cref="Environment"/>, in place of the one before.</summary>
    public async Task StartAsync()
    {
        if (Web is not null)
        {
            await Web.DisposeAsync();
        }

        Web = await AnotherAsync(Environment);
    }

    /// <summary>Ends the dashboard.</summary>
    public async Task StopAsync()
    {
        await Web.DisposeAsync();
        Web = null!;
    }

    /// <summary>Starts one more dashboard, as a second process would be; the caller disposes it.</summary>
    public async Task<WebApplication> AnotherAsync(IReadOnlyDictionary<string, string> environment)
    {
        var web = WebServer.Build(
            WebSettings.Read(new SettingsReader(environment.GetValueOrDefault)),
            _time,
            new Systemd(_ => null),
            TextWriter.Synchronized(Log)
        );
        await web.StartAsync(Cancellation);
        return web;
    }

    /// <summary>The same settings for another dashboard on this machine: the same files, another port.</summary>
    public Dictionary<string, string> AtAnotherPort()
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");
        return new Dictionary<string, string>(Environment, StringComparer.Ordinal)
        {
            ["NOTIFY_WEB_URL"] = address,
            ["NOTIFY_WEB_LISTEN"] = address,
        };
    }

    /// <summary>An analyst with an account here and one in the Workspace; gives the e-mail address.</summary>
    public async Task<(TestAccount Account, string Email)> AddAnalystAsync(string name = "alice")
    {
        var account = await AddAccountAsync(name, Group);
        return (account, await AddGoogleAsync($"{account.Name}@example.com"));
    }

    /// <summary>A Unix account.</summary>
    public async Task<TestAccount> AddAccountAsync(string name, params string[] groups)
    {
        var account = await TestAccount.CreateAsync(name, groups);
        _accounts.Add(account);
        return account;
    }

    /// <summary>An account of a Workspace at the sandbox's Google.</summary>
    public Task<string> AddGoogleAsync(string email) => AddGoogleAsync(GoogleAccount.OfWorkspace(email));

    /// <summary>An account at the sandbox's Google.</summary>
    public async Task<string> AddGoogleAsync(GoogleAccount account)
    {
        await Control.Google.AddAccountAsync(account, Cancellation);
        return account.Email;
    }

    /// <summary>Somebody without cookies.</summary>
    public WebVisitor NewVisitor(Uri? address = null)
    {
        var visitor = new WebVisitor(address ?? Address);
        _visitors.Add(visitor);
        return visitor;
    }

    /// <summary>A new analyst who has logged in.</summary>
    public async Task<(WebVisitor Visitor, UserName User, TestAccount Account)> LogInAnalystAsync(string name = "alice")
    {
        var (account, email) = await AddAnalystAsync(name);
        var visitor = NewVisitor();
        var page = await visitor.LogInAsync(email, Cancellation);
        Assert.True(page.Status == HttpStatusCode.OK, page.ToString());
        return (visitor, UserName.Parse(account.Name), account);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Web is not null)
        {
            await Web.DisposeAsync();
        }

        foreach (var visitor in _visitors)
        {
            visitor.Dispose();
        }

        Control.Dispose();
        Links.Dispose();
        await Sandbox.DisposeAsync();
        foreach (var account in _accounts)
        {
            await account.DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }
}
