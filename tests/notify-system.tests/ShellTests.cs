using System.Diagnostics;
using System.Text.Json;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>What all programs do alike at the shell: wrong use ends with 64 (EX_USAGE of sysexits.h), and lists take <c>--json</c>.</summary>
public sealed class ShellTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("notify", "--nope", "x")]
    [InlineData("notify", "run")]
    [InlineData("notify-bot", "--nope")]
    [InlineData("notify-bot", "nope")]
    [InlineData("notify-bot", "link")]
    [InlineData("notify-bot", "link", "dana")]
    [InlineData("notify-bot", "forget")]
    [InlineData("notify-bot", "forget", "not a name")]
    [InlineData("notify-bot", "failed", "--since", "yesterday")]
    [InlineData("notify-bot", "failed", "--limit", "0")]
    [InlineData("notify-bot", "audit", "--limit", "many")]
    [InlineData("notify-bot", "status", "--xml")]
    [InlineData("notify-desktop", "--nope")]
    [InlineData("notify-desktop", "login")]
    [InlineData("notify-desktop", "status", "more")]
    [InlineData("notify-gateway", "--nope")]
    [InlineData("notify-gateway", "serve")]
    [InlineData("notify-runner", "--nope")]
    [InlineData("notify-runner", "a_script.py")]
    [InlineData("notify-runner", "run")]
    [InlineData("notify-runner", "history", "--since", "yesterday")]
    [InlineData("notify-sandbox", "--nope")]
    [InlineData("notify-scripts", "--nope")]
    [InlineData("notify-scripts", "run")]
    [InlineData("notify-scripts", "history")]
    [InlineData("notify-scripts", "history", "a.py", "--before", "yesterday")]
    [InlineData("notify-web", "--nope")]
    public async Task Wrong_use_ends_with_64_and_a_sentence_on_standard_error(string program, params string[] arguments)
    {
        var (status, output, errors) = await RunAsync(program, arguments);

        Assert.True(status == 64, $"{program} {string.Join(' ', arguments)} ended with {status}: {output}{errors}");
        Assert.Empty(output);
        Assert.NotEmpty(errors);
        // A sentence, not the whole help.
        Assert.InRange(errors.Split('\n').Length, 1, 4);
    }

    [Theory]
    [InlineData("notify-bot", "users")]
    [InlineData("notify-bot", "doctor")]
    [InlineData("notify-runner", "status")]
    [InlineData("notify-scripts", "list")]
    [InlineData("notify-scripts", "history", "a.py")]
    [InlineData("notify-scripts", "sync-status")]
    public async Task A_list_is_one_JSON_document_with_json(string program, params string[] arguments)
    {
        var (_, output, errors) = await RunAsync(program, [.. arguments, "--json"]);

        Assert.True(output.Length > 0, errors);
        using var document = JsonDocument.Parse(output);
        Assert.NotEqual(JsonValueKind.Undefined, document.RootElement.ValueKind);
    }

    [Theory]
    [InlineData("notify-bot", "status")]
    [InlineData("notify-bot", "queue")]
    [InlineData("notify-bot", "failed")]
    [InlineData("notify-bot", "audit")]
    [InlineData("notify-bot", "users")]
    [InlineData("notify-bot", "doctor")]
    [InlineData("notify-desktop", "status")]
    [InlineData("notify-runner", "status")]
    [InlineData("notify-runner", "history")]
    [InlineData("notify-scripts", "list")]
    [InlineData("notify-scripts", "history")]
    public async Task Each_command_that_lists_or_shows_has_json_in_its_help(string program, string command)
    {
        var (status, output, _) = await RunAsync(program, command, "--help");

        Assert.Equal(0, status);
        Assert.Contains("--json", output, StringComparison.Ordinal);
    }

    private static async Task<(int Status, string Output, string Errors)> RunAsync(
        string program,
        params string[] arguments
    )
    {
        var home = Directory.CreateTempSubdirectory("notify-shell-");
        try
        {
            var start = new ProcessStartInfo(Programs.Path(program == "notify" ? "notify-command" : program), arguments)
            {
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };
            start.Environment["NOTIFY_DATA_DIR"] = home.FullName;
            start.Environment["NOTIFY_BOT_SOCKET"] = Path.Combine(home.FullName, "bot.sock");
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(Cancellation);
            var errors = process.StandardError.ReadToEndAsync(Cancellation);
            await process.WaitForExitAsync(Cancellation);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }
}
