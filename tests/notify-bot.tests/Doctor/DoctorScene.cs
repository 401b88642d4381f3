using System.Diagnostics;
using Notify.Testing;

namespace Notify.Tests.Doctor;

/// <summary>A bot that all is well with, on a machine as the install makes it.</summary>
internal sealed class DoctorScene : IAsyncDisposable
{
    private DoctorScene(BotScene bot, TestAccount web)
    {
        Bot = bot;
        Web = web;
    }

    internal BotScene Bot { get; }

    /// <summary>An account that nobody put into a group.</summary>
    internal TestAccount Web { get; }

    internal string SettingsFile => Path.Combine(Bot.Folder, ".env");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    internal static async Task<DoctorScene> BeginAsync()
    {
        await ShellAsync("groupadd -f dataread; groupadd -f data-ops");
        var bot = await BotScene.SetAsync();
        bot.Environment["NOTIFY_SCRIPTS_BIN"] = Programs.Path("notify-scripts");
        bot.Environment["SYSTEMD_UNIT_PATH"] = bot.Folder;
        await bot.StartBotAsync();
        await bot.Bot.WaitForHealthAsync(h => BotScene.Status(h) == "ok", Cancellation);
        File.SetUnixFileMode(bot.Data, (UnixFileMode)0b10_111_111_000);
        var scene = new DoctorScene(bot, await TestAccount.CreateAsync("web"));
        await File.WriteAllTextAsync(scene.SettingsFile, "# settings of the bot\n", Cancellation);
        File.SetUnixFileMode(scene.SettingsFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return scene;
    }

    internal Task<(int Status, string Said)> AskDoctorAsync() => Bot.OperateAsync("doctor", "--env-file", SettingsFile);

    internal Task WriteUnitAsync(string service, string user) =>
        File.WriteAllTextAsync(
            Path.Combine(Bot.Folder, service + ".service"),
            $"[Service]\nUser={user}\nGroup={user}\n",
            Cancellation
        );

    internal static async Task ShellAsync(string command)
    {
        using var shell = Process.Start("/bin/sh", ["-c", command]);
        await shell.WaitForExitAsync(Cancellation);
        Assert.Equal(0, shell.ExitCode);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Bot.DisposeAsync();
        await Web.DisposeAsync();
    }
}
