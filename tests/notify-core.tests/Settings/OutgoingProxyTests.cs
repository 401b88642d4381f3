using System.Net;
using Notify.Settings;
using Xunit;

namespace Notify.Tests.Settings;

public sealed class OutgoingProxyTests
{
    private static readonly Uri Telegram = new("https://api.telegram.org");

    [Theory]
    [InlineData("https://api.telegram.org", "http://p:3128/", "HTTPS_PROXY=http://p:3128")]
    [InlineData("https://api.telegram.org", "http://p:3128/", "https_proxy=p:3128")]
    [InlineData(
        "https://api.telegram.org",
        "http://small:1/",
        "https_proxy=http://small:1",
        "HTTPS_PROXY=http://capital:2"
    )]
    [InlineData("https://api.telegram.org", "http://p:3128/", "ALL_PROXY=http://p:3128")]
    [InlineData("https://api.telegram.org", "http://p:1/", "HTTPS_PROXY=http://p:1", "all_proxy=http://all:2")]
    [InlineData("https://api.telegram.org", null, "HTTP_PROXY=http://p:3128")]
    [InlineData("http://api.example.org", "http://p:3128/", "HTTP_PROXY=http://p:3128")]
    [InlineData("http://api.example.org", "http://p:3128/", "http_proxy=http://p:3128")]
    [InlineData("http://api.example.org", null, "HTTPS_PROXY=http://p:3128")]
    [InlineData("http://api.example.org", "socks5://p:1080/", "ALL_PROXY=socks5h://p:1080")]
    [InlineData("https://api.telegram.org", "http://p/", "HTTPS_PROXY=http://p")]
    [InlineData("https://api.telegram.org", "http://[2001:db8::1]:3128/", "HTTPS_PROXY=http://[2001:db8::1]:3128/")]
    public void The_variables_count_as_they_do_for_curl(string target, string? proxy, params string[] environment) =>
        Assert.Equal(proxy, Read(environment)?.For(new Uri(target))?.AbsoluteUri);

    [Theory]
    [InlineData("https://api.telegram.org", "telegram.org", true)]
    [InlineData("https://api.telegram.org", ".telegram.org", true)]
    [InlineData("https://api.telegram.org", "*.telegram.org", true)]
    [InlineData("https://api.telegram.org", "API.Telegram.Org", true)]
    [InlineData("https://api.telegram.org", "example.org, api.telegram.org", true)]
    [InlineData("https://api.telegram.org", "example.org api.telegram.org", true)]
    [InlineData("https://api.telegram.org", "gram.org", false)]
    [InlineData("https://api.telegram.org", "api.telegram.org.example", false)]
    [InlineData("https://api.telegram.org", "*", true)]
    [InlineData("https://api.telegram.org", "telegram.org:443", true)]
    [InlineData("https://api.telegram.org", "telegram.org:8443", false)]
    [InlineData("https://10.1.2.3", "10.0.0.0/8", true)]
    [InlineData("https://10.1.2.3", "10.1.2.0/30", true)]
    [InlineData("https://10.1.2.4", "10.1.2.0/30", false)]
    [InlineData("https://10.1.2.3", "10.1.2.3", true)]
    [InlineData("https://10.1.2.3:8443", "10.1.2.3:443", false)]
    [InlineData("https://[fd00::5]", "fd00::/8", true)]
    [InlineData("https://[fd00::5]", "[fd00::5]:443", true)]
    [InlineData("https://[fd00::5]", "10.0.0.0/8", false)]
    [InlineData("https://localhost:8443", "example.org", true)]
    [InlineData("https://x.localhost", "example.org", true)]
    [InlineData("https://127.0.0.1:8443", "example.org", true)]
    [InlineData("https://[::1]:8443", "example.org", true)]
    public void What_no_proxy_names_and_this_machine_are_reached_directly(string target, string noProxy, bool isDirect)
    {
        Assert.Equal(isDirect, Read("HTTPS_PROXY=http://p:3128", $"NO_PROXY={noProxy}")!.For(new Uri(target)) is null);
        Assert.Equal(
            isDirect,
            Read("HTTPS_PROXY=http://p:3128", $"no_proxy={noProxy}", "NO_PROXY=*")!.For(new Uri(target)) is null
        );
    }

    [Fact]
    public void User_and_password_are_for_the_proxy_and_in_no_text()
    {
        var proxy = Read("HTTPS_PROXY=http://dana:s3cr%40t%3A@proxy.example.org:3128")!;
        IWebProxy forFramework = proxy;
        var address = forFramework.GetProxy(Telegram)!;

        var login = forFramework.Credentials!.GetCredential(address, "Basic");

        Assert.Equal(("dana", "s3cr@t:"), (login!.UserName, login.Password));
        Assert.Null(forFramework.Credentials.GetCredential(new Uri("http://other.example.org:3128"), "Basic"));
        Assert.Equal("Basic ZGFuYTpzM2NyQHQ6", proxy.AuthorizationFor(Telegram));
        Assert.Equal("http://proxy.example.org:3128/", address.AbsoluteUri);
        Assert.Equal("proxy.example.org:3128 (HTTPS_PROXY)", proxy.Describe(Telegram));
        Assert.DoesNotContain(
            "s3cr",
            proxy.Describe(Telegram) + OutgoingProxy.Refusal(address.Authority, Telegram, 407),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("ftp://p:3128")]
    [InlineData("http://")]
    [InlineData("http://p:99999")]
    [InlineData("http://p:3128/path")]
    [InlineData("http://p:3128?x=s3cret")]
    [InlineData("http://dana:12/s3cret@p:3128")]
    [InlineData("http://dana:12#s3cret@p:3128")]
    [InlineData("http://dana:s3cret@x@p:3128")]
    [InlineData("http://dana:s3 cret@p:3128")]
    [InlineData("dana:s3cret@")]
    [InlineData("s3cret:::")]
    public void An_address_that_is_none_is_a_wrong_setting_and_is_not_shown(string value)
    {
        foreach (var variable in (string[])["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY"])
        {
            var reader = Reader($"{variable}={value}");

            OutgoingProxy.Read(reader);

            var problem = Assert.Single(reader.Problems.Distinct(StringComparer.Ordinal));
            Assert.StartsWith($"{variable} does not hold the address of a proxy", problem, StringComparison.Ordinal);
            Assert.DoesNotContain("s3", problem, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/x")]
    [InlineData("example.org/8")]
    [InlineData("https://example.org")]
    [InlineData("ex*mple.org")]
    public void An_exception_that_is_none_is_a_wrong_setting(string entry)
    {
        var reader = Reader("HTTPS_PROXY=http://p:3128", $"NO_PROXY=example.com,{entry}");

        OutgoingProxy.Read(reader);

        Assert.Contains(entry, Assert.Single(reader.Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTPS_PROXY=")]
    [InlineData("HTTPS_PROXY=  ")]
    [InlineData("NO_PROXY=*")]
    public void Without_a_proxy_there_is_none(string environment) => Assert.Null(Read(environment));

    private static OutgoingProxy? Read(params string[] environment)
    {
        var reader = Reader(environment);
        var proxy = OutgoingProxy.Read(reader);
        Assert.Empty(reader.Problems);
        return proxy;
    }

    private static SettingsReader Reader(params string[] environment)
    {
        var values = environment
            .Select(line => line.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        return new SettingsReader(name => values.GetValueOrDefault(name));
    }
}
