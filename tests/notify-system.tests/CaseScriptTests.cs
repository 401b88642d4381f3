using Notify.Testing;

namespace Notify.Tests;

/// <summary>Scripts of cases from the field, run by the real runner, delivered by the real bot. Each case's expect.md says what is right.</summary>
public sealed class CaseScriptTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Markup_and_noise_cost_no_message()
    {
        await using var machine = await Machine.StartAsync();
        string[] scripts =
        [
            machine.ScriptOfCase("C01-underscore-names"),
            machine.ScriptOfCase("C02-asterisks-in-title"),
            machine.ScriptOfCase("C19-noise-before-json"),
            machine.ScriptOfCase("C20-nan-in-json"),
        ];

        Assert.Equal((0, ""), await machine.RoundAsync());

        Assert.All(scripts, script => Assert.NotNull(machine.LastSent(script)));
        var messages = await machine.Messages();
        Assert.Equal(4, messages.Count);
        Assert.Contains(
            messages,
            m => m.Text == "Late load\nTable stg_orders is 3 h late.\nOwner: dana_k\nJob: load_stg"
        );
        var drop = Assert.Single(messages, m => m.Text == "Drop *** in conv_rate\nDown 12 % against last week");
        Assert.Equal(
            ["Drop *** in conv_rate", "12 %"],
            drop.Entities.Where(e => e.Type == "bold").Select(e => drop.Text.Substring(e.Offset, e.Length))
        );
        Assert.Contains(messages, m => m.Text == "Refunds\nRefund rate 9 %");
        Assert.Contains(messages, m => m.Text == "Margin\nMargin unknown for 2 shops");
        Assert.Contains(
            "Warning: ",
            Assert.Single(machine.RunnerLog.Split('\n'), l => l.Contains("C19_noise", StringComparison.Ordinal)),
            StringComparison.Ordinal
        );

        // The cooldown holds all of them back now.
        Assert.Equal((0, ""), await machine.RoundAsync());
        Assert.Equal(4, (await machine.Messages()).Count);
    }

    [Fact]
    public async Task Long_messages_are_cut_where_it_does_not_hurt()
    {
        await using var machine = await Machine.StartAsync();
        var table = machine.ScriptOfCase("C04-cut-inside-entity");

        Assert.Equal((0, ""), await machine.RoundAsync());

        var parts = (await machine.Messages()).Select(m => m.Text).ToList();
        Assert.InRange(parts.Count, 2, 10);
        Assert.All(parts, part => Assert.InRange(part.Length, 1, 4096));
        var lines = parts.SelectMany(part => part.Split('\n')).Where(line => line.Length > 0).ToList();
        Assert.Equal(
            [
                "Daily table",
                "Before the table",
                .. Enumerable.Range(1, 150).Select(n => $"row {n:000}"),
                "After the table",
            ],
            lines.Select(line => line.StartsWith("row ", StringComparison.Ordinal) ? line[..7] : line)
        );
        Assert.All(
            lines.Where(l => l.StartsWith("row ", StringComparison.Ordinal)),
            line => Assert.EndsWith(" EUR | ok", line, StringComparison.Ordinal)
        );

        machine.RemoveScript(table);
        machine.ScriptOfCase("C05-split-surrogate-pair");
        Assert.Equal((0, ""), await machine.RoundAsync());

        var squares = (await machine.Messages()).Skip(parts.Count).Select(m => m.Text).ToList();
        Assert.InRange(squares.Count, 2, 10);
        Assert.All(squares, part => Assert.InRange(part.Length, 1, 4096));
        Assert.Equal("a" + string.Concat(Enumerable.Repeat("\U0001F7E5", 3000)), string.Concat(squares));
    }

    [Fact]
    public async Task Charts_that_are_no_photos_arrive_as_documents()
    {
        await using var machine = await Machine.StartAsync();
        var (odd, large) = (machine.ScriptOfCase("C07-photo-odd-shape"), machine.ScriptOfCase("C08-photo-over-10-mb"));

        Assert.Equal((0, ""), await machine.RoundAsync());

        Assert.NotNull(machine.LastSent(odd));
        Assert.NotNull(machine.LastSent(large));
        var messages = await machine.Messages();
        Assert.Equal(
            ["Heat map\nFull resolution", "Timeline\nOne bar only today"],
            messages.Select(m => m.Text).Order(StringComparer.Ordinal)
        );
        Assert.All(messages, m => Assert.NotNull(m.Document));
        Assert.True(messages.Max(m => m.Document!.Size) > 10 * 1024 * 1024);
        Assert.Empty(await machine.Phone.CallsAsync(Cancellation, "sendPhoto"));
    }

    [Fact]
    public async Task A_short_flood_wait_is_waited_out_within_the_round()
    {
        await using var machine = await Machine.StartAsync();
        var script = machine.ScriptOfCase("C10-429-short-wait");
        await machine.Phone.AddFaultAsync(Faults.FloodWait(3) with { Times = 1 }, Cancellation);

        Assert.Equal((0, ""), await machine.RoundAsync());

        Assert.Equal("Queue\nBacklog above 10000", Assert.Single(await machine.Messages()).Text);
        Assert.NotNull(machine.LastSent(script));
        var calls = await machine.Phone.CallsAsync(Cancellation, "sendMessage");
        Assert.Equal([429, 200], calls.Select(c => c.Status));
        Assert.True(calls[1].Time - calls[0].Time >= TimeSpan.FromSeconds(3));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("somebody_else")]
    public async Task The_sender_is_who_the_kernel_says_whatever_USER_says(string? user)
    {
        await using var machine = await Machine.StartAsync();
        machine.ScriptOfCase("C22-no-user-variable");
        string[] bare =
        [
            "-i",
            $"HOME={machine.Alice.Home}",
            "PATH=/usr/bin:/bin",
            "SHELL=/bin/sh",
            $"NOTIFY_DATA_DIR={machine.Data}",
            .. user is null ? [] : new[] { $"USER={user}", $"LOGNAME={user}" },
        ];

        var round = await machine.Alice.RunAsync(
            "/usr/bin/env",
            [.. bare, Programs.Path("notify-runner")],
            new Dictionary<string, string>(StringComparer.Ordinal),
            Cancellation
        );

        Assert.Equal((0, ""), round);
        Assert.Equal("Cron\nRan with a bare environment: \u00e9 \u2713", Assert.Single(await machine.Messages()).Text);
    }

    [Fact]
    public async Task A_child_that_a_script_leaves_behind_holds_up_nothing_and_is_ended()
    {
        await using var machine = await Machine.StartAsync();
        machine.ScriptOfCase("C23-background-child");

        // The child would hold the pipes for 300 s; no round of these tests is waited for that long.
        Assert.Equal((0, ""), await machine.RoundAsync());

        Assert.Equal("Export\nExport started", Assert.Single(await machine.Messages()).Text);
        Assert.Equal(
            1,
            (
                await machine.Alice.RunAsync(
                    "/usr/bin/pgrep",
                    ["-u", machine.Alice.Name, "-f", "c23-left-over"],
                    new Dictionary<string, string>(StringComparer.Ordinal),
                    Cancellation
                )
            ).Status
        );
    }
}
