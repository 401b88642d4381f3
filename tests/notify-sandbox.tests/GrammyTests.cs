using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Notify.Sandbox;

namespace Notify.Tests;

/// <summary>grammY, a Bot API client by others and in another language, against the same sandbox.</summary>
public sealed class GrammyTests : SandboxSpecs
{
    // Its files lie beside this one; it runs in a copy under artifacts, so that the sources stay clean.
    private static readonly string s_folder = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "grammy"));

    protected override SandboxOptions Options => base.Options with { Time = TimeProvider.System };

    [Fact]
    public async Task GrammY_polls_answers_sends_and_understands_refusals()
    {
        await InstallAsync();
        var output = await RunAsync("node", "drive.mjs", Sandbox.ApiAddress.ToString().TrimEnd('/'), Sandbox.ControlAddress.ToString(), Sandbox.Token);
        using var seen = JsonDocument.Parse(output);
        Assert.Equal(
            """
            {
              "errors": {
                "not started": "403 Forbidden: bot can't initiate conversation with a user",
                "too long": "400 Bad Request: message is too long",
                "markdown": "400 Bad Request: can't parse entities: Can't find end of the entity starting at byte offset 3",
                "button data": "400 Bad Request: BUTTON_DATA_INVALID",
                "no chat": "400 Bad Request: chat not found",
                "no edit": "400 Bad Request: message to edit not found",
                "wrong token": "401 Unauthorized",
                "flood": "429 Too Many Requests: retry after 7 (7)",
                "html": "HttpError",
                "dropped": "HttpError",
                "whole again": "taken"
              },
              "commands": [
                {
                  "command": "start",
                  "description": "Link"
                }
              ],
              "username": "NotifyTestBot",
              "command": "payload_1",
              "answer": {
                "text": "Started",
                "show_alert": false
              },
              "photo": [
                1,
                "Chart",
                "italic"
              ],
              "document": [
                "data.csv",
                4
              ]
            }
            """,
            JsonSerializer.Serialize(seen, s_indented));
        var person = (await Control.ChatsAsync(Cancellation)).Single(c => c.Title == "Grace").Id;
        Assert.Equal(["Delivered", "Chart", "", "x"], (await Control.BotMessagesAsync(person, Cancellation)).Select(m => m.Text));
    }

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Installs exactly what the lock file names, unless that was done before.</summary>
    private static async Task InstallAsync()
    {
        Directory.CreateDirectory(s_folder);
        var isNew = false;
        foreach (var file in (string[])["package.json", "package-lock.json", ".npmrc", "drive.mjs"])
        {
            var source = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "grammy", file), Cancellation);
            var target = Path.Combine(s_folder, file);
            isNew |= file == "package-lock.json" && (!File.Exists(target) || await File.ReadAllTextAsync(target, Cancellation) != source);
            await File.WriteAllTextAsync(target, source, Cancellation);
        }

        if (isNew || !File.Exists(Path.Combine(s_folder, "node_modules", ".package-lock.json")))
            await RunAsync("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = s_folder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync(Cancellation);
            var error = process.StandardError.ReadToEndAsync(Cancellation);
            await process.WaitForExitAsync(Cancellation);
            Assert.True(process.ExitCode == 0, $"{program} {arguments[0]} ended with status {process.ExitCode}: {await error}{await output}");
            return await output;
        }
        catch (Win32Exception missing)
        {
            throw new InvalidOperationException($"{program} is missing, and the sandbox must be tried with a client other than .NET's: install Debian's nodejs and npm (./dev test does).", missing);
        }
    }
}
