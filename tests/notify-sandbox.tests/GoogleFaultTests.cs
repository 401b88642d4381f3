using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;
using Notify.Sandbox;
using Notify.Sandbox.Google;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>What goes wrong at Google on demand, and that ASP.NET Core's client then lets nobody in.</summary>
public sealed class GoogleFaultTests : GoogleSpecs
{
    [Theory]
    [InlineData(GoogleFaultKind.WrongNonce, "IDX21323")]
    [InlineData(GoogleFaultKind.NoNonce, "IDX21320")]
    [InlineData(GoogleFaultKind.WrongAudience, "IDX10214")]
    [InlineData(GoogleFaultKind.WrongIssuer, "IDX10205")]
    [InlineData(GoogleFaultKind.ExpiredToken, "IDX10223")]
    [InlineData(GoogleFaultKind.NotYetValid, "IDX10222")]
    [InlineData(GoogleFaultKind.BadSignature, "IDX10511")]
    [InlineData(GoogleFaultKind.AlgNone, "not signed with RS256")]
    [InlineData(GoogleFaultKind.NoEmailVerified, "does not say whether the e-mail is verified")]
    [InlineData(GoogleFaultKind.Token500, "internal_failure")]
    public async Task A_fault_lets_nobody_in_as_often_as_it_was_asked_for(GoogleFaultKind kind, string reason)
    {
        await Control.Google.AddFaultAsync(kind, Cancellation, times: 2);
        for (var i = 0; i < 2; i++)
        {
            var (status, text) = await Client.TryAsync(Cancellation);
            Assert.Equal(HttpStatusCode.Forbidden, status);
            Assert.Contains(reason, text, StringComparison.Ordinal);
        }

        await Client.LogInAsync("dana@example.com", Cancellation);
        Assert.Equal(
            (kind, 2),
            (
                (await Control.Google.FaultsAsync(Cancellation))[0].Kind,
                (await Control.Google.FaultsAsync(Cancellation))[0].Hits
            )
        );
    }

    [Fact]
    public async Task Without_a_number_a_fault_lasts_until_it_is_removed()
    {
        await Control.Google.AddFaultAsync(GoogleFaultKind.BadSignature, Cancellation, times: null);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await Client.TryAsync(Cancellation)).Status);
        }

        await Control.Google.ClearFaultsAsync(Cancellation);
        await Client.LogInAsync("dana@example.com", Cancellation);
    }

    [Theory]
    [InlineData(GoogleEndpoint.Token)]
    [InlineData(GoogleEndpoint.Discovery)]
    [InlineData(GoogleEndpoint.Keys)]
    public async Task An_endpoint_that_never_answers_is_given_up_by_the_client(GoogleEndpoint endpoint)
    {
        using var giveUp = new CancellationTokenSource();
        await using var client = await GoogleClientApp.StartAsync(
            Sandbox.GoogleAddress,
            Cancellation,
            options => options.BackchannelHttpHandler = new Impatient(giveUp.Token)
        );
        await Control.Google.AddFaultAsync(
            new GoogleFault { Kind = GoogleFaultKind.Hang, Endpoint = endpoint },
            Cancellation
        );
        var login = client.TryAsync(Cancellation);
        while ((await Control.Google.FaultsAsync(Cancellation))[0].Hits == 0)
        {
            await Task.Yield();
        }

        Assert.False(login.IsCompleted);
        await giveUp.CancelAsync();
        Assert.Contains(
            (await login).Status,
            (HttpStatusCode[])[HttpStatusCode.Forbidden, HttpStatusCode.InternalServerError]
        );
    }

    [Fact]
    public async Task A_sandbox_ends_while_an_endpoint_hangs()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions(), Cancellation);
        using var control = new SandboxControl(sandbox);
        using var http = new HttpClient();
        await control.Google.AddFaultAsync(
            new GoogleFault { Kind = GoogleFaultKind.Hang, Endpoint = GoogleEndpoint.Discovery },
            Cancellation
        );
        var hanging = http.GetAsync(new Uri(sandbox.GoogleAddress, "/.well-known/openid-configuration"), Cancellation);
        while ((await control.Google.FaultsAsync(Cancellation))[0].Hits == 0)
        {
            await Task.Yield();
        }

        await sandbox.DisposeAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => hanging);
    }

    [Fact]
    public async Task In_an_outage_connections_are_refused_until_it_ends()
    {
        await Client.LogInAsync("dana@example.com", Cancellation);
        await Control.Google.BeginOutageAsync(Cancellation);
        using var http = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(Sandbox.GoogleAddress, Cancellation));
        // Telegram and the control API are other ports.
        await http.GetAsync(Sandbox.ApiAddress, Cancellation);
        await Control.Google.EndOutageAsync(Cancellation);
        await Client.LogInAsync("dana@example.com", Cancellation);
    }

    [Fact]
    public async Task After_a_change_of_keys_the_client_asks_for_the_new_one_and_goes_on()
    {
        var before = await Client.LogInAsync("dana@example.com", Cancellation);
        var published = await Control.Google.RotateKeyAsync(Cancellation);
        Assert.DoesNotContain(before.Header.GetProperty("kid").GetString(), published.Select(k => k.Kid));
        Assert.Contains("IDX10503", (await Client.TryAsync(Cancellation)).Text, StringComparison.Ordinal);
        var after = await Client.LogInAsync("dana@example.com", Cancellation);
        Assert.Equal(Assert.Single(published).Kid, after.Header.GetProperty("kid").GetString());
    }

    [Fact]
    public async Task Earlier_keys_can_be_kept_up_to_ten()
    {
        var first = (await Client.LogInAsync("dana@example.com", Cancellation)).Header.GetProperty("kid").GetString();
        var published = await Control.Google.RotateKeyAsync(Cancellation, keepsEarlier: true);
        Assert.Equal((2, first), (published.Count, published[1].Kid));
        for (var i = 0; i < 10; i++)
        {
            published = await Control.Google.RotateKeyAsync(Cancellation, keepsEarlier: true);
        }

        Assert.Equal(10, published.Count);
        Assert.DoesNotContain(first, published.Select(k => k.Kid));
    }

    [Fact]
    public async Task A_bad_signature_names_the_right_key_and_alg_none_has_no_signature()
    {
        var tokens = new List<string>();
        await using var client = await GoogleClientApp.StartAsync(
            Sandbox.GoogleAddress,
            Cancellation,
            options =>
                options.Events.OnTokenResponseReceived = received =>
                {
                    tokens.Add(received.TokenEndpointResponse.IdToken);
                    return Task.CompletedTask;
                }
        );
        await client.LogInAsync("dana@example.com", Cancellation);
        await Control.Google.AddFaultAsync(GoogleFaultKind.BadSignature, Cancellation);
        await client.TryAsync(Cancellation);
        await Control.Google.AddFaultAsync(GoogleFaultKind.AlgNone, Cancellation);
        await client.TryAsync(Cancellation);
        Assert.Equal(tokens[0].Split('.')[0], tokens[1].Split('.')[0]);
        Assert.Equal(tokens[0].Split('.')[2].Length, tokens[1].Split('.')[2].Length);
        Assert.Equal(
            "none",
            JsonDocument
                .Parse(Base64UrlEncoder.Decode(tokens[2].Split('.')[0]))
                .RootElement.GetProperty("alg")
                .GetString()
        );
        Assert.Equal("", tokens[2].Split('.')[2]);
    }

    [Theory]
    [InlineData("accounts", """{"email":"nonsense"}""")]
    [InlineData("accounts", """{"email":"x@example.com","verified":true}""")]
    [InlineData("accounts", """{"email":"x@example.com","hd":""}""")]
    [InlineData("accounts", """{"email":"x@example.com","name":""}""")]
    [InlineData("accounts", """{"hd":"example.com"}""")]
    [InlineData("faults", """{"kind":"explode"}""")]
    [InlineData("faults", """{"kind":"hang","times":0}""")]
    [InlineData("faults", """{"kind":"wrong_nonce","endpoint":"keys"}""")]
    [InlineData("faults", """{"kind":"wrong_nonce","seconds":5}""")]
    [InlineData("rotate", """{"kept":true}""")]
    [InlineData("outage", """{"minutes":1}""")]
    public async Task The_control_API_says_what_is_wrong_with_a_request(string path, string body)
    {
        using var http = new HttpClient();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(
            new Uri(Sandbox.ControlAddress, "/sandbox/google/" + path),
            content,
            Cancellation
        );
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("\"error\":", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Accounts_are_bounded_and_one_that_is_not_there_cannot_be_removed()
    {
        for (var i = (await Control.Google.AccountsAsync(Cancellation)).Count; i < 1_000; i++)
        {
            await Control.Google.AddAccountAsync(new GoogleAccount($"person{i}@example.com"), Cancellation);
        }

        await Control.Google.AddAccountAsync(new GoogleAccount("DANA@example.com", Name: "Dana Changed"), Cancellation);
        Assert.Equal("Dana Changed", (await Control.Google.AccountsAsync(Cancellation))[0].Name);
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            Control.Google.AddAccountAsync(new GoogleAccount("one-more@example.com"), Cancellation)
        );
        using var http = new HttpClient();
        using var answer = await http.DeleteAsync(
            new Uri(Sandbox.ControlAddress, "/sandbox/google/accounts/nobody%40example.com"),
            Cancellation
        );
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    /// <summary>Gives up waiting for Google when the test says so, instead of after a minute.</summary>
    private sealed class Impatient(CancellationToken giveUp) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, giveUp);
            return await base.SendAsync(request, either.Token);
        }
    }
}
