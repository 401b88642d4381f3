using Microsoft.Extensions.Time.Testing;
using Notify.Sandbox;
using Notify.Testing;
using Telegram.Bot;
using Telegram.Bot.Exceptions;

namespace Notify.Tests;

/// <summary>A sandbox on a real loopback port with a clock that the test sets, a person, and the Telegram.Bot library as its client.</summary>
public abstract class SandboxSpecs : IAsyncLifetime
{
    private protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 30, 19, 20, 0, TimeSpan.Zero));

    protected SandboxServer Sandbox { get; private set; } = null!;

    protected SandboxControl Control { get; private set; } = null!;

    protected TelegramBotClient Bot { get; private set; } = null!;

    /// <summary>The private chat with Alice, who has written to the bot before.</summary>
    protected long Alice { get; private set; }

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Sending rates are off unless a class is about them.</summary>
    protected virtual SandboxOptions Options => new() { Time = Time, Limits = SendLimits.Off };

    public virtual async ValueTask InitializeAsync()
    {
        Sandbox = await SandboxServer.StartAsync(Options, Cancellation);
        Control = new SandboxControl(Sandbox);
        Bot = NewClient(Sandbox.Token);
        Alice = await Control.AddStartedPersonAsync("Alice", Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        Control.Dispose();
        await Sandbox.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected TelegramBotClient NewClient(string token) =>
        new(new TelegramBotClientOptions(token, Sandbox.ApiAddress.ToString().TrimEnd('/')) { RetryCount = 0 });

    /// <summary>Asserts that Telegram's own words come back.</summary>
    protected static async Task<ApiRequestException> RefusedAsync(int code, string description, Func<Task> call)
    {
        var refusal = await Assert.ThrowsAsync<ApiRequestException>(call);
        Assert.Equal((code, description), (refusal.ErrorCode, refusal.Message));
        return refusal;
    }
}
