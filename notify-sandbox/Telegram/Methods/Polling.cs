using System.Text.Json;

namespace Notify.Sandbox.Telegram.Methods;

/// <summary><c>getUpdates</c>, the one method that waits. https://core.telegram.org/bots/api#getupdates</summary>
internal static class Polling
{
    private const int MaxTimeout = 50;
    private const int MaxUpdates = 100;

    /// <summary>Gives the updates there are, or waits for the first one up to the call's <c>timeout</c>.</summary>
    /// <exception cref="BotApiRefusal">409: another poll came while this one waited.</exception>
    public static async Task<IReadOnlyList<Update>> GetUpdatesAsync(
        TelegramWorld world,
        BotApiRequest request,
        CancellationToken cancellation
    )
    {
        var offset = request.Number("offset", 0);
        var limit = request.Number("limit", MaxUpdates, 1, MaxUpdates);
        var timeout = request.Number("timeout", 0, 0, MaxTimeout);
        TaskCompletionSource<bool> waiting;
        lock (world.Gate)
        {
            world.Updates.EndWaiting();
            if (request.Json("allowed_updates", "allowed updates") is { } allowed)
            {
                world.Updates.Allow(Kinds(allowed));
            }

            var ready = world.Updates.Take(offset, limit);
            if (ready.Count > 0 || timeout == 0)
            {
                return ready;
            }

            waiting = world.Updates.Wait();
        }

        try
        {
            var hasUpdates = await waiting.Task.WaitAsync(TimeSpan.FromSeconds(timeout), world.Time, cancellation);
            if (!hasUpdates)
            {
                throw new BotApiRefusal(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
                );
            }
        }
        catch (TimeoutException)
        {
            return [];
        }
        finally
        {
            lock (world.Gate)
            {
                world.Updates.StopWaiting(waiting);
            }
        }

        lock (world.Gate)
        {
            return world.Updates.Take(offset, limit);
        }
    }

    private static List<string> Kinds(JsonElement allowed) =>
        allowed.ValueKind == JsonValueKind.Array
            ? [.. allowed.EnumerateArray().Where(k => k.ValueKind == JsonValueKind.String).Select(k => k.GetString()!)]
            : throw BotApiRefusal.BadRequest("expected an Array of String as allowed updates");
}
