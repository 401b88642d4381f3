using System.Globalization;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>A client that stops reading costs itself its connection, and nobody else anything (case C35).</summary>
public sealed class SlowClientTests
{
    private const int Notifications = 10_000;

    private static readonly string Kilobyte = new('m', 1000);

    [Fact]
    public async Task One_client_stops_reading_while_10_000_notifications_go_to_it_and_others_who_get_all_of_them_in_order()
    {
        await using var scene = await GatewayScene.BeginAsync();
        using var deaf = await RawClient.ConnectAsync(scene.Gateway.Address);
        await deaf.LogInAsync(GatewayToken.Of("alice"));
        GatewayClient[] others = [await scene.LogInAsync("alice"), await scene.LogInAsync("alice")];
        var reading = Task.WhenAll(others.Select(ReadAllAsync));

        var sent = new List<int>();
        for (var i = 0; i < Notifications; i++)
        {
            // Each call is answered whatever the deaf one does; were one to wait for it, all would stand still here.
            sent.Add(await scene.Caller.DispatchAsync("alice", i.ToString(CultureInfo.InvariantCulture), Kilobyte));
        }

        var inOrder = Enumerable.Range(0, Notifications).Select(i => i.ToString(CultureInfo.InvariantCulture));
        Assert.All(await reading, ids => Assert.Equal(inOrder, ids));
        Assert.Equal([3, 2], sent.Distinct());
        Assert.Equal("""{"status":"ok","connections":2,"users":{"alice":2}}""", await scene.Caller.GetAsync("/health"));
        await scene.Caller.WaitForMetricAsync("notify_gateway_ended_total{reason=\"slow\"}", 1);
        await scene.Caller.WaitForMetricAsync("notify_gateway_waiting_bytes", 0);
        Assert.Contains(
            "WARNING 3102 A connection of alice from 127.0.0.1 ended: The client reads too slowly.",
            scene.Gateway.Said,
            StringComparison.Ordinal
        );

        // What it did not read is gone with it; the next connection begins with what comes next.
        using var again = await scene.LogInAsync("alice");
        Assert.Equal(3, await scene.Caller.DispatchAsync("alice", "next"));
        Assert.Equal("next", await again.NextIdAsync());
        Array.ForEach(others, c => c.Dispose());
    }

    [Fact]
    public async Task A_client_that_pauses_for_a_burst_gets_all_of_it()
    {
        await using var scene = await GatewayScene.BeginAsync();
        using var client = await scene.LogInAsync("alice");
        for (var i = 0; i < 2000; i++)
        {
            Assert.Equal(
                1,
                await scene.Caller.DispatchAsync("alice", i.ToString(CultureInfo.InvariantCulture), Kilobyte)
            );
        }

        for (var i = 0; i < 2000; i++)
        {
            Assert.Equal(i.ToString(CultureInfo.InvariantCulture), await client.NextIdAsync());
        }
    }

    private static async Task<List<string?>> ReadAllAsync(GatewayClient client)
    {
        var ids = new List<string?>();
        while (ids.Count < Notifications)
        {
            ids.Add(await client.NextIdAsync());
        }

        return ids;
    }
}
