using System.Globalization;
using System.Text.Json.Nodes;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>A real cron that stops, and that runs again. Its users hear of both.</summary>
public sealed class CronStopTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_has_rounds_each_minute_hears_once_that_cron_stopped_and_once_that_it_runs_again()
    {
        await using var machine = await Machine.StartAsync();
        machine.Script("quiet.py", """print('{"notify": false}')""");
        await using (var cron = await PrivateCron.RunEachMinuteAsync(machine))
        {
            // The distance of rounds is known with the second, which comes with the next minute.
            await Eventually.TrueAsync(
                async () => await MetricAsync(machine, "notify_rounds_total") >= 2,
                () => $"no second round; cron ended: {cron.HasExited}; {machine.RunnerLog}",
                Cancellation
            );
        }

        await LetSilenceCountAsync(machine, TimeSpan.FromMinutes(10));
        await machine.Phone.WaitForBotMessagesAsync(machine.Chat, 1, Cancellation);
        await UntilOverdueAsync(machine, 1);

        // Neither a restart nor hours of silence tell it again.
        await LetSilenceCountAsync(machine, TimeSpan.FromHours(3));
        await UntilOverdueAsync(machine, 1);
        var stopped = Assert.Single(await machine.Messages());
        Assert.StartsWith("⚠️ Your scripts have not run since ", stopped.Text, StringComparison.Ordinal);
        Assert.Contains("systemctl status cron", stopped.Text, StringComparison.Ordinal);

        await using var again = await PrivateCron.RunEachMinuteAsync(machine);
        await machine.Phone.WaitForBotMessagesAsync(machine.Chat, 2, Cancellation);
        await UntilOverdueAsync(machine, 0);
        var told = await machine.Messages();
        Assert.Equal(2, told.Count);
        Assert.StartsWith("✔ Your scripts run again", told[1].Text, StringComparison.Ordinal);
    }

    /// <summary>Moves the watch's clock on, as if the bot had listened for so long. A stop needs ten minutes of it.</summary>
    private static async Task LetSilenceCountAsync(Machine machine, TimeSpan span)
    {
        await machine.Bot.StopAsync(Cancellation);
        var path = Path.Combine(machine.Data, "private", "rounds.json");
        var stored = JsonNode.Parse(await File.ReadAllTextAsync(path, Cancellation))!;
        stored["counted_s"] = stored["counted_s"]!.GetValue<double>() + span.TotalSeconds;
        await File.WriteAllTextAsync(path, stored.ToJsonString(), Cancellation);
        await machine.StartBotAsync();
    }

    /// <summary>Waits until the watch has looked and counts so many users whose rounds stopped.</summary>
    private static Task UntilOverdueAsync(Machine machine, int users) =>
        Eventually.TrueAsync(
            async () => await MetricAsync(machine, "notify_users_overdue") == users,
            () => $"the watch does not count {users} users",
            Cancellation
        );

    private static async Task<double> MetricAsync(Machine machine, string name)
    {
        var page = await machine.Bot.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancellation);
        var line = page.Split('\n').FirstOrDefault(line => line.StartsWith(name + " ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[name.Length..], CultureInfo.InvariantCulture);
    }
}
