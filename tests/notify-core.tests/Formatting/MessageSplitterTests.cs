using Notify.Formatting;
using Xunit;

namespace Notify.Tests.Formatting;

public sealed class MessageSplitterTests
{
    private static string Words(int length) =>
        string.Join(' ', Enumerable.Repeat("word", (length / 5) + 1))[..length].TrimEnd();

    private static string[] Texts(IReadOnlyList<FormattedText> parts) => [.. parts.Select(p => p.Text)];

    [Fact]
    public void A_text_of_exactly_the_limit_is_one_message_and_one_more_makes_two()
    {
        Assert.Single(MessageSplitter.Split(FormattedText.Plain(new string('x', 4096))));
        Assert.Equal(
            [new string('x', 4096), "x"],
            Texts(MessageSplitter.Split(FormattedText.Plain(new string('x', 4097))))
        );
    }

    [Fact]
    public void A_paragraph_is_kept_together_rather_than_a_line_and_a_line_rather_than_a_word()
    {
        var (first, second, third) = (Words(2500), Words(500), Words(2000));
        Assert.Equal(
            [first, $"{second}\n{third}"],
            Texts(MessageSplitter.Split(FormattedText.Plain($"{first}\n\n{second}\n{third}")))
        );
        Assert.Equal(
            [$"{first}\n{second}", third],
            Texts(MessageSplitter.Split(FormattedText.Plain($"{first}\n{second}\n{third}")))
        );
        Assert.All(
            MessageSplitter.Split(FormattedText.Plain(Words(9000))),
            part =>
                Assert.DoesNotContain(
                    part.Text.Split(' '),
                    word => word.Length is not (4 or 0) && part.Text.Length > 4000
                )
        );
    }

    [Fact]
    public void Formatting_goes_on_in_the_next_message()
    {
        var parts = MessageSplitter.Split(new FormattedText(Words(5003), [new TextEntity(EntityKind.Bold, 10, 4993)]));
        Assert.Equal([new TextEntity(EntityKind.Bold, 10, parts[0].Text.Length - 10)], parts[0].Entities);
        Assert.Equal([new TextEntity(EntityKind.Bold, 0, parts[1].Text.Length)], parts[1].Entities);
    }

    [Fact]
    public void A_link_is_not_torn()
    {
        var text = Words(3994) + " two words of a link" + new string('a', 200) + " end";
        var parts = MessageSplitter.Split(
            new FormattedText(text, [new TextEntity(EntityKind.TextLink, 3995, 150, "https://example.com/")])
        );
        Assert.Equal(3994, parts[0].Text.Length);
        Assert.Equal([new TextEntity(EntityKind.TextLink, 0, 150, "https://example.com/")], parts[1].Entities);
    }

    [Fact]
    public void An_address_in_a_text_without_spaces_is_not_torn()
    {
        var address = "https://example.com/" + new string('p', 200);
        var parts = MessageSplitter.Split(FormattedText.Plain(new string('x', 4000) + address + new string('y', 100)));
        Assert.Equal(new string('x', 4000), parts[0].Text);
        Assert.StartsWith(address, parts[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_keep_their_indentation_in_every_message()
    {
        var rows = string.Join('\n', Enumerable.Range(1, 600).Select(n => $"{n, 12} x"));
        var parts = MessageSplitter.Split(new FormattedText(rows, [new TextEntity(EntityKind.Pre, 0, rows.Length)]));
        Assert.Equal(3, parts.Count);
        Assert.All(parts.SelectMany(p => p.Text.Split('\n')), row => Assert.Equal(14, row.Length));
    }

    [Fact]
    public void What_is_over_ten_messages_is_counted_in_the_last()
    {
        var parts = MessageSplitter.Split(FormattedText.Plain(new string('x', 50_000)));
        Assert.Equal(10, parts.Count);
        Assert.All(parts, part => Assert.InRange(part.Text.Length, 4000, 4096));
        var shown = parts.Sum(part => part.Text.Count(c => c == 'x'));
        Assert.EndsWith(
            $"\n\n… {50_000 - shown:N0} more characters were left out.",
            parts[^1].Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Ten_messages_are_filled_before_anything_is_left_out()
    {
        // Loosely cut, a paragraph of 2,100 would be a message each.
        var text = string.Join("\n\n", Enumerable.Repeat(Words(2100), 18));
        var parts = MessageSplitter.Split(FormattedText.Plain(text));
        Assert.Equal(10, parts.Count);
        Assert.Equal(
            TelegramRules.VisibleCharacters(text),
            TelegramRules.VisibleCharacters(string.Concat(parts.Select(p => p.Text)))
        );
    }

    [Fact]
    public void Beyond_a_hundred_entities_emphasis_is_dropped_and_links_move_on()
    {
        var text = string.Concat(Enumerable.Repeat("ab ", 150));
        var emphasised = MessageSplitter.Split(
            new FormattedText(
                text,
                [.. Enumerable.Range(0, 150).Select(i => new TextEntity(EntityKind.Bold, i * 3, 2))]
            )
        );
        Assert.Equal(100, Assert.Single(emphasised).Entities.Count);

        var linked = MessageSplitter.Split(
            new FormattedText(
                text,
                [
                    .. Enumerable
                        .Range(0, 150)
                        .Select(i => new TextEntity(EntityKind.TextLink, i * 3, 2, "https://example.com/")),
                ]
            )
        );
        Assert.Equal([100, 50], linked.Select(p => p.Entities.Count));
    }

    [Fact]
    public void Where_ten_messages_are_not_enough_links_give_way_before_words()
    {
        var text = string.Concat(Enumerable.Repeat("b ", 1_200)).TrimEnd();
        var parts = MessageSplitter.Split(
            new FormattedText(
                text,
                [
                    .. Enumerable
                        .Range(0, 1_200)
                        .Select(i => new TextEntity(EntityKind.TextLink, i * 2, 1, "https://example.com/")),
                ]
            )
        );

        Assert.Equal(1_200, string.Concat(parts.Select(p => p.Text)).Count(c => c == 'b'));
        Assert.DoesNotContain("left out", parts[^1].Text, StringComparison.Ordinal);
        Assert.All(parts, part => Assert.InRange(part.Entities.Count, 1, TelegramLimits.Entities));
    }

    [Fact]
    public void Invisible_stretches_make_no_message()
    {
        Assert.Equal(["a", "b"], Texts(MessageSplitter.Split(FormattedText.Plain("a" + new string(' ', 9000) + "b"))));
        Assert.Equal(2, MessageSplitter.Split(FormattedText.Plain("a" + new string('\u200B', 20_000) + "b")).Count);
        Assert.Empty(MessageSplitter.Split(FormattedText.Plain(new string('\u200B', 20_000))));
    }

    public static TheoryData<string> HostileUnits =>
        new(
            "_",
            "*",
            "`",
            "```",
            "[",
            "]",
            "(",
            "\\",
            "[](",
            "[a](",
            "[a](b",
            "_a",
            "a_",
            "*a ",
            "*a* ",
            "_*",
            "` ",
            "[x](javascript:y)",
            "[a](https://example.com/) ",
            "```a```",
            "```a b\n",
            "[[]](a.b/",
            "<",
            "<b>",
            "<b><i>",
            "</b>",
            "<b>x</b>",
            "<a href=\"https://example.com/\">x</a>",
            "<code>x</code><b>",
            "<a b=",
            "&",
            "&#",
            "&#x41;",
            "<blockquote>x</blockquote>",
            ">\n",
            "**>",
            "||",
            "||x||",
            "~",
            "![",
            "!",
            "__",
            "_x_",
            "\n>x||\n",
            "x",
            "x ",
            "x\n",
            "x\n\n",
            " ",
            "\n",
            "\u200B",
            "\u0301",
            "🟥",
            "👨‍👩‍👧‍👦",
            "\u200D",
            "\u0600",
            "http://",
            "\uD83D",
            "\0",
            "\r",
            "| "
        );

    /// <summary>Quadratic work on these lengths would take hours, not the minute that the slowest machine is given.</summary>
    [Theory]
    [MemberData(nameof(HostileUnits))]
    public async Task A_megabyte_of_anything_is_rendered_without_delay(string unit)
    {
        var text = string.Concat(Enumerable.Repeat(unit, 1_000_000 / unit.Length));
        var whole = Task.Run(
            () =>
            {
                foreach (
                    var (mode, message) in ((ParseMode, string)[])
                        [
                            (ParseMode.Markdown, text),
                            (ParseMode.Markdown, text + ")"),
                            (ParseMode.Markdown, $"[{text}](https://example.com/)"),
                            (ParseMode.Html, $"<b>{text}</b>"),
                            (ParseMode.MarkdownV2, text),
                        ]
                )
                {
                    if (
                        NotificationRenderer.TryRender(
                            new NotificationContent { Message = message, ParseMode = mode },
                            out var messages
                        )
                    )
                    {
                        Assert.All(messages, m => Assert.Empty(TelegramRules.Violations(m.Text, 4096)));
                    }
                }
            },
            TestContext.Current.CancellationToken
        );
        await whole.WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System, TestContext.Current.CancellationToken);
    }
}
