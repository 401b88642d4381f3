using System.Net.Http.Json;
using System.Text.Json;
using FsCheck.Fluent;
using Notify.Formatting;
using Notify.Sandbox;
using Notify.Testing;
using Xunit;

namespace Notify.Tests.Formatting;

/// <summary>The sandbox was written apart from the formatting, and refuses what Telegram refuses: whatever a script says, it takes, and keeps as it is.</summary>
public sealed class SandboxTakesItTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_a_script_says_the_strict_Bot_API_takes_it_and_changes_nothing()
    {
        await using var sandbox = await SandboxServer.StartAsync(
            new SandboxOptions { Limits = SendLimits.Off },
            Cancellation
        );
        using var control = new SandboxControl(sandbox);
        var chat = await control.AddStartedPersonAsync("Alice", Cancellation);
        using var api = new HttpClient { BaseAddress = new Uri($"{sandbox.ApiAddress}bot{sandbox.Token}/") };
        string[] texts =
        [
            .. Inputs.Tangled().Generator.Sample(30, 400).Select(t => t.Text),
            .. Inputs.LongTangled().Generator.Sample(60, 60).Select(t => t.Text),
        ];

        var sent = 0;
        foreach (var text in texts)
        {
            foreach (var title in (string?[])[null, text.Length > 80 ? null : text])
            {
                if (
                    !NotificationRenderer.TryRender(
                        new NotificationContent { Title = title, Message = text },
                        out var messages
                    )
                )
                {
                    continue;
                }

                foreach (var message in messages)
                {
                    await TakesAsync(api, chat, message.Text, new Tangled(text));
                    sent++;
                }
            }
        }

        Assert.True(sent > texts.Length / 2, $"only {sent} messages came of {texts.Length} texts");
    }

    private static async Task TakesAsync(HttpClient api, long chat, FormattedText text, Tangled source)
    {
        using var response = await api.PostAsJsonAsync(
            "sendMessage",
            new
            {
                chat_id = chat,
                text = text.Text,
                entities = text
                    .Entities.Select(e => new
                    {
                        type = e.Kind.BotApiName(),
                        offset = e.Offset,
                        length = e.Length,
                        url = e.Url,
                        language = e.Language,
                    })
                    .ToArray(),
            },
            Cancellation
        );
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.True(answer.GetProperty("ok").GetBoolean(), $"{answer} for {source}");
        Assert.True(
            answer.GetProperty("result").GetProperty("text").GetString() == text.Text,
            $"The text was changed for {source}"
        );
    }
}
