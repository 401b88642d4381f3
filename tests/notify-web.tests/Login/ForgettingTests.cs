using System.Net;
using Notify.Testing;

namespace Notify.Tests.Login;

/// <summary>An operator has the bot forget a user: the dashboard ends the sessions and devices, also if it was down.</summary>
public sealed class ForgettingTests
{
    private const string TokenPath = "/api/desktop/token";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sessions_and_devices_of_a_forgotten_user_end_and_others_stay(bool wasDown)
    {
        await using var both = await WebAndGateway.BeginAsync();
        await using var bot = await BotProcess.StartAsync(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["TELEGRAM_BOT_TOKEN"] = both.Web.Sandbox.Token,
                ["TELEGRAM_API_URL"] = both.Web.Sandbox.ApiAddress.AbsoluteUri,
                ["NOTIFY_DATA_DIR"] = both.Web.Data,
            },
            user: null,
            Cancellation
        );
        var (alice, user, _) = await both.Web.LogInAnalystAsync();
        var (bob, _, _) = await both.Web.LogInAnalystAsync();
        var device = await MadeAsync(alice, new { device = "laptop" });
        var page = await MadeAsync(alice, null);
        var bobs = await MadeAsync(bob, new { device = "laptop" });
        using var client = await both.OpenAsync(device);
        if (wasDown)
        {
            await both.Web.StopAsync();
        }

        using (
            var answer = await bot.Client.PostAsync(
                new Uri($"/operator/users/{user}/forget", UriKind.Relative),
                null,
                Cancellation
            )
        )
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        if (wasDown)
        {
            await both.Web.StartAsync();
        }

        var devices = Path.Combine(both.Web.State, "devices.json");
        await Eventually.TrueAsync(
            () => !File.ReadAllText(devices).Contains(user.Value, StringComparison.Ordinal),
            () => $"devices.json is {File.ReadAllText(devices)}; the log: {both.Web.Log}",
            Cancellation
        );
        Assert.Equal(HttpStatusCode.Unauthorized, (await alice.GetAsync("/api/telegram/status", Cancellation)).Status);
        Assert.True(await both.IsRefusedAsync(device));
        Assert.True(await both.IsRefusedAsync(page));
        Assert.DoesNotContain(
            user.Value,
            await File.ReadAllTextAsync(Path.Combine(both.Web.State, "pages.json"), Cancellation),
            StringComparison.Ordinal
        );
        Assert.Equal(HttpStatusCode.OK, (await bob.GetAsync("/api/telegram/status", Cancellation)).Status);
        Assert.False(await both.IsRefusedAsync(bobs));

        // A new login is a new session, from the next second on. It keeps what it makes.
        var again = both.Web.NewVisitor();
        await Eventually.TrueAsync(
            async () =>
            {
                await again.LogInAsync($"{user}@example.com", Cancellation);
                return (await again.GetAsync("/api/telegram/status", Cancellation)).Status == HttpStatusCode.OK;
            },
            () => $"nobody gets in: {both.Web.Log}",
            Cancellation
        );
        var anew = await MadeAsync(again, new { device = "laptop" });
        await both.Web.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await again.GetAsync("/api/telegram/status", Cancellation)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await alice.GetAsync("/api/telegram/status", Cancellation)).Status);
        Assert.False(await both.IsRefusedAsync(anew));
    }

    private static async Task<string> MadeAsync(WebVisitor visitor, object? fields)
    {
        var made = await visitor.PostAsync(TokenPath, fields, Cancellation);
        Assert.True(made.Status == HttpStatusCode.OK, made.Body);
        return made.Json.GetProperty("token").GetString()!;
    }
}
