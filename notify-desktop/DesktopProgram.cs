using System.Text.Json;
using Notify.Contracts;
using Notify.Posix;

namespace Notify.Desktop;

/// <summary>The commands.</summary>
internal static class DesktopProgram
{
    /// <summary>Longest token in characters; the gateway takes messages of 4,096 bytes.</summary>
    private const int MaxTokenLength = 4_000;

    internal static Task<int> ShowAsync(bool isPrinted, CancellationToken cancellation) =>
        GuardedAsync(async () =>
        {
            var configuration = DesktopConfiguration.Read();
            using var desktop = isPrinted ? null : await DesktopService.ConnectAsync(Say, cancellation);
            var feed = desktop is null ? null : new DesktopFeed(desktop.ShowAsync, TimeProvider.System);
            var seen = new ShownIds();
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var showing =
                feed?.RunAsync(end.Token) ?? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, end.Token);
            var link = new GatewayLink(configuration, TimeProvider.System, Say).StayConnectedAsync(
                HearAsync,
                end.Token
            );
            // Both run until the token is refused, the program is told to end, or a bug ends one.
            var ended = await Task.WhenAny(showing, link);
            await end.CancelAsync();
            await Task.WhenAll(showing, link).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ended;
            return 0;

            async Task HearAsync(GatewayMessage notification)
            {
                if (!seen.IsNew(notification.Id))
                {
                    return;
                }

                var shown = ShownNotification.Of(notification);
                if (feed is null)
                {
                    await Console.Out.WriteLineAsync(shown.ForTerminal());
                }
                else
                {
                    feed.Take(shown);
                }
            }
        });

    internal static Task<int> LoginAsync(string address, CancellationToken cancellation) =>
        GuardedAsync(async () =>
        {
            var gateway = DesktopConfiguration.ParseAddress(address);
            if (Terminal.IsInput)
            {
                await Console.Error.WriteAsync("Paste the token, then press Enter: ");
            }

            var token = (await Console.In.ReadLineAsync(cancellation))?.Trim() ?? "";
            if (
                token.Length is 0 or > MaxTokenLength
                || token.Count(c => c == '.') != 2
                || !token.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
            )
            {
                throw new DesktopException(
                    DesktopException.NotSetUp,
                    "This is not a token. Copy all of it from the dashboard; it begins with eyJ."
                );
            }

            new DesktopConfiguration(gateway, token).Write();
            await Console.Out.WriteLineAsync(
                $"""
                Stored. See whether it works:
                  {Program} status
                Show your notifications, as long as it runs:
                  {Program}
                Start it with each of your sessions:
                  mkdir -p ~/.config/systemd/user
                  {Program} unit > ~/.config/systemd/user/notify-desktop.service
                  systemctl --user enable --now notify-desktop
                """
            );
            return 0;
        });

    internal static async Task<int> PrintUnitAsync(CancellationToken cancellation)
    {
        using var unit = new StreamReader(
            typeof(DesktopProgram).Assembly.GetManifestResourceStream("notify-desktop.service")!
        );
        await Console.Out.WriteAsync((await unit.ReadToEndAsync(cancellation)).AsMemory(), cancellation);
        return 0;
    }

    internal static Task<int> StatusAsync(bool json, CancellationToken cancellation) =>
        GuardedAsync(async () =>
        {
            var configuration = DesktopConfiguration.Read();
            var user = await new GatewayLink(configuration, TimeProvider.System, Say).TryOnceAsync(cancellation);
            await Console.Out.WriteLineAsync(
                json
                    ? JsonSerializer.Serialize(
                        new DesktopStatus(configuration.Address.ToString(), user),
                        StatusContract.Json.DesktopStatus
                    )
                    : $"{configuration.Address} accepts this device as {user}. Notifications appear while this runs: {Program}"
            );
            return 0;
        });

    /// <summary>The program's path as a person can type it: a download is usually not on the PATH.</summary>
    private static string Program => Environment.ProcessPath ?? "notify-desktop";

    private static async Task<int> GuardedAsync(Func<Task<int>> act)
    {
        try
        {
            return await act();
        }
        catch (DesktopException e)
        {
            await Console.Error.WriteLineAsync($"notify-desktop: {e.Message}");
            return e.Status;
        }
        catch (OperationCanceledException)
        {
            // Told to end.
            return 0;
        }
    }

    private static void Say(string sentence) => Console.Error.WriteLine($"notify-desktop: {sentence}");
}
