using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Notify.Testing;

namespace Notify.Tests.Login;

/// <summary>On a server that reaches the provider by a proxy alone.</summary>
public sealed class ProxyTests : IAsyncDisposable
{
    private const string Secret = "s3cr";

    private readonly string _folder = Directory.CreateTempSubdirectory("notify-web-proxy-").FullName;
    private WebApplication? _provider;
    private TlsFront? _front;
    private TinyProxy? _proxy;
    private WebProcess? _web;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task People_are_sent_to_the_provider_whose_document_came_through_the_proxy()
    {
        await BeginAsync("notify:s3cr%2Et@", login: "notify s3cr.t");
        using var visitor = new WebVisitor(_web!.Address);

        var answer = await visitor.GetAsync("/login/google", Cancellation);

        Assert.True(answer.Status == HttpStatusCode.Redirect, $"{answer}\n{_web!.Said}\n{_proxy!.Log}");
        Assert.StartsWith($"{_front!.Address}auth", answer["location"], StringComparison.Ordinal);
        Assert.Contains($"CONNECT {_front!.Address.Authority}", _proxy!.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, _web!.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "somewhere.example.org", "(HTTP 403)")]
    [InlineData("notify s3cr.t", null, "it needs another user and password (HTTP 40")]
    public async Task A_proxy_that_refuses_is_said_as_such_and_named_in_the_log_alone(
        string? login,
        string? allowed,
        string reason
    )
    {
        await BeginAsync(login is null ? "" : "notify:s3cr.before@", login, allowed);
        using var visitor = new WebVisitor(_web!.Address);

        var answer = await visitor.GetAsync("/login/google", Cancellation);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        Assert.Contains(
            $"This server's proxy lets nothing through to {_front!.Address.Host} at the moment",
            answer.Text,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain($"{_proxy!.Port}", answer.Body, StringComparison.Ordinal);
        await Eventually.TrueAsync(
            () => _web!.Said.Contains("4113", StringComparison.Ordinal),
            () => _web!.Said,
            Cancellation
        );
        Assert.Contains(
            $"the proxy 127.0.0.1:{_proxy!.Port} refused the connection to {_front!.Address.Host}",
            _web!.Said,
            StringComparison.Ordinal
        );
        Assert.Contains(reason, _web!.Said, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, _web!.Said + answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_none_ends_the_dashboard_with_the_variables_name_and_without_its_value()
    {
        var environment = new Dictionary<string, string>(
            WebProcess.Settings(new Uri("https://accounts.example.org"), _folder),
            StringComparer.Ordinal
        )
        {
            ["HTTPS_PROXY"] = "http://notify:s3cret/x@proxy:3128",
        };

        var (status, said) = await RunProgram.ToEndAsync(Programs.Path("notify-web"), [], environment, Cancellation);

        Assert.Equal(78, status);
        Assert.Contains("HTTPS_PROXY does not hold the address of a proxy", said, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, said, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await (_web?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_proxy?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_front?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_provider?.DisposeAsync() ?? ValueTask.CompletedTask);

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The sandbox's Google is on this machine by name, where no proxy goes before it; this one is somewhere else.</summary>
    private async Task BeginAsync(string inAddress, string? login = null, string? allowed = null)
    {
        var behind = new Uri($"http://127.0.0.1:{FreePort.Next()}");
        _front = new TlsFront(behind, _folder);
        var address = _front!.Address.AbsoluteUri.TrimEnd('/');
        var builder = WebApplication.CreateSlimBuilder();
        _provider = builder.Build();
        _provider!.Urls.Add(behind.AbsoluteUri);
        _provider!.MapGet(
            "/.well-known/openid-configuration",
            () =>
                Results.Text(
                    $$"""
                    {"issuer": "{{address}}", "authorization_endpoint": "{{address}}/auth", "token_endpoint": "{{address}}/token", "jwks_uri": "{{address}}/keys", "response_types_supported": ["code"],
                     "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"]}
                    """,
                    "application/json"
                )
        );
        _provider!.MapGet("/keys", () => Results.Text("""{"keys": []}""", "application/json"));
        await _provider!.StartAsync(Cancellation);
        _proxy = await TinyProxy.StartAsync(_folder, Cancellation, login, allowed);
        Directory.CreateDirectory(Path.Combine(_folder, "data"));
        var environment = new Dictionary<string, string>(
            WebProcess.Settings(_front!.Address, _folder),
            StringComparer.Ordinal
        )
        {
            ["SSL_CERT_FILE"] = _front!.CertificateFile,
            ["HTTPS_PROXY"] = $"http://{inAddress}127.0.0.1:{_proxy!.Port}",
            ["TELEGRAM_BOT_USERNAME"] = "NotifyTestBot",
        };
        _web = await WebProcess.StartAsync(environment, null, Cancellation);
    }
}
