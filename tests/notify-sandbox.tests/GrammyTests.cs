using System.Text.Json;
using Notify.Sandbox;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>grammY, a Bot API client by others and in another language, against the same sandbox.</summary>
public sealed class GrammyTests : SandboxSpecs
{
    protected override SandboxOptions Options => base.Options with { Time = TimeProvider.System };

    [Fact]
    public async Task GrammY_polls_answers_sends_and_understands_refusals()
    {
        var folder = await NodeScripts.InstallAsync(
            Path.Combine(Programs.Repository, "tests", "notify-sandbox.tests", "grammy"),
            Cancellation
        );
        var output = await DriveAsync(
            folder,
            Sandbox.ApiAddress.ToString().TrimEnd('/'),
            Sandbox.ControlAddress.ToString(),
            Sandbox.Token
        );
        using var seen = JsonDocument.Parse(output);
        Assert.Equal(
            """
            {
              "errors": {
                "not started": "403 Forbidden: bot can't initiate conversation with a user",
                "mixed album": "400 Bad Request: document can't be mixed with other media types",
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
              ],
              "album": [
                [
                  true,
                  "A"
                ],
                [
                  true,
                  ""
                ]
              ]
            }
            """,
            JsonSerializer.Serialize(seen, Indented)
        );
        var person = (await Control.ChatsAsync(Cancellation)).Single(c => c.Title == "Grace").Id;
        Assert.Equal(
            ["Delivered", "Chart", "", "A", "", "x"],
            (await Control.BotMessagesAsync(person, Cancellation)).Select(m => m.Text)
        );
    }

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static async Task<string> DriveAsync(string folder, params string[] arguments)
    {
        using var node = NodeScripts.Start("node", ["drive.mjs", .. arguments], folder);
        node.StandardInput.Close();
        var output = node.StandardOutput.ReadToEndAsync(Cancellation);
        var errors = node.StandardError.ReadToEndAsync(Cancellation);
        await node.WaitForExitAsync(Cancellation);
        Assert.True(node.ExitCode == 0, $"drive.mjs ended with status {node.ExitCode}: {await errors}{await output}");
        return await output;
    }
}
