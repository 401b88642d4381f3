using System.Globalization;
using System.Text.Json;
using Notify.Testing;

namespace Notify.Tests.Emulator;

/// <summary>The bot against an emulator of Telegram that others wrote (npm's telegram-test-api): what it relies on is not only our own sandbox's idea.</summary>
public sealed class EmulatorTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_bot_serves_people_at_an_emulator_by_others_though_that_refuses_its_menu_of_commands()
    {
        await using var scene = await BotScene.SetAsync();
        var port = FreePort.Next();
        scene.Environment["TELEGRAM_API_URL"] = $"http://127.0.0.1:{port}";
        var folder = await NodeScripts.InstallAsync(
            Path.Combine(Programs.Repository, "tests", "notify-bot.tests", "Emulator"),
            Cancellation
        );
        using var emulator = NodeScripts.Start(
            "node",
            [
                "drive.cjs",
                port.ToString(CultureInfo.InvariantCulture),
                scene.Environment["TELEGRAM_BOT_TOKEN"],
                "/start",
                "/help",
                "hello",
            ],
            folder
        );
        try
        {
            Assert.Equal("ready", await emulator.StandardOutput.ReadLineAsync(Cancellation));
            await scene.StartBotAsync();
            await emulator.StandardInput.WriteLineAsync("go");
            await emulator.StandardInput.FlushAsync(Cancellation);

            Assert.Matches("verification code: [0-9]{6}", Assert.Single(await AnswersAsync(emulator)));
            Assert.Contains("/whoami", Assert.Single(await AnswersAsync(emulator)), StringComparison.Ordinal);
            Assert.Equal("Use /start to link your account.", Assert.Single(await AnswersAsync(emulator)));
            Assert.Contains("menu of commands could not be registered", scene.Log, StringComparison.Ordinal);
        }
        finally
        {
            emulator.Kill();
        }
    }

    private static async Task<string[]> AnswersAsync(System.Diagnostics.Process emulator)
    {
        var line = await emulator.StandardOutput.ReadLineAsync(Cancellation);
        return line is null
            ? throw new InvalidOperationException(
                $"The emulator ended: {await emulator.StandardError.ReadToEndAsync(Cancellation)}"
            )
            : JsonSerializer.Deserialize<string[]>(line)!;
    }
}
