using System.Globalization;
using FsCheck.Xunit;
using Notify.Formatting;
using Notify.Images;
using Xunit;

namespace Notify.Tests.Formatting;

public sealed class FormattingProperties
{
    private const int SmallLimit = 128;

    [Property(Arbitrary = [typeof(Inputs)], MaxTest = 3000)]
    public void Telegram_takes_every_message_of_any_notification(
        Tangled title,
        LongTangled message,
        ParseMode mode,
        bool hasImage
    )
    {
        var content = new NotificationContent
        {
            Title = title.Text,
            Message = message.Text,
            ParseMode = mode,
            Image = hasImage ? new ImageInfo(ImageKind.Png, 640, 480, 10_000) : null,
        };
        if (!NotificationRenderer.TryRender(content, out var messages))
        {
            Assert.False(hasImage);
            return;
        }

        Assert.InRange(messages.Count, 1, MessageSplitter.MaxParts + 1);
        for (var i = 0; i < messages.Count; i++)
        {
            var isCaption = messages[i].Kind != MessageKind.Text;
            Assert.Equal(hasImage && i == 0, isCaption);
            Assert.Empty(TelegramRules.Violations(messages[i].Text, isCaption ? 1024 : 4096, mayBeEmpty: isCaption));
            Assert.Equal(
                messages[i].Markup is not null,
                messages[i].Markup?.ParseMode is ParseMode.Html or ParseMode.MarkdownV2
            );
        }
    }

    [Property(Arbitrary = [typeof(Inputs)], MaxTest = 3000)]
    public void What_markup_hides_is_markers_only(Tangled input)
    {
        var clean = TelegramText.Clean(input.Text);
        var read = LegacyMarkdown.Parse(clean);

        // Addresses that Telegram writes in another form than their author did can't be found again in the source.
        if (read.Entities.All(e => e.Url is null || clean.Contains(e.Url, StringComparison.Ordinal)))
        {
            Assert.Equal(Shown(clean), Shown(WithMarkers(read)));
        }

        // White space may go after a fence, the backslash of an escape is meant to.
        static string Shown(string text) =>
            TelegramRules.VisibleCharacters(text).Replace("\\", "", StringComparison.Ordinal);
    }

    [Property(Arbitrary = [typeof(Inputs)], MaxTest = 10_000)]
    public void What_telegram_accepts_is_read_as_telegram_reads_it(Tangled input)
    {
        var clean = TelegramText.Clean(input.Text);
        var model = TelegramLegacyModel.Read(clean);
        if (model is { Result: { } expected, MeetsDifference: false })
        {
            Assert.Equal(expected, LegacyMarkdown.Parse(clean));
        }
    }

    [Property(Arbitrary = [typeof(Inputs)], MaxTest = 2000)]
    public void What_is_well_formed_is_read_as_telegram_reads_it(WellFormed input)
    {
        var model = TelegramLegacyModel.Read(input.Text);
        Assert.False(model.MeetsDifference);
        Assert.Equal(model.Result, LegacyMarkdown.Parse(input.Text));
    }

    [Property(Arbitrary = [typeof(Inputs)], MaxTest = 3000)]
    public void A_text_that_is_cleaned_stays_as_it_is_when_cleaned_again(Tangled input)
    {
        var clean = TelegramText.Clean(input.Text);
        Assert.Equal(clean, TelegramText.Clean(clean));
        Assert.Equal(TelegramRules.VisibleCharacters(clean).Length > 0, TelegramText.HasVisible(clean));
    }

    [Property(Arbitrary = [typeof(Inputs)], MaxTest = 3000)]
    public void Parts_together_show_the_whole_text_with_all_its_formatting(LongTangled input, ParseMode mode)
    {
        var whole = Read(input.Text, mode);
        var parts = MessageSplitter.Split(whole, SmallLimit);
        Assert.InRange(parts.Count, 0, MessageSplitter.MaxParts);
        Assert.All(parts, part => Assert.Empty(TelegramRules.Violations(part, SmallLimit)));
        var expected = Characters(whole);
        var actual = parts.SelectMany(Characters).ToList();
        if (LeftOut(parts) is { } note)
        {
            actual.RemoveRange(actual.Count - note.Length, note.Length);
            expected = expected[..actual.Count];
        }

        Assert.Equal(string.Join('\n', expected), string.Join('\n', actual));
    }

    [Property(Arbitrary = [typeof(Inputs)], MaxTest = 3000)]
    public void A_cut_tears_no_character_no_link_and_no_row_that_has_room(LongTangled input, ParseMode mode)
    {
        var whole = Read(input.Text, mode);
        var at = 0;
        var parts = MessageSplitter.Split(whole, SmallLimit);
        foreach (var part in parts)
        {
            var text =
                ReferenceEquals(part, parts[^1]) && LeftOut(parts) is not null
                    ? part.Text[..part.Text.LastIndexOf("\n\n", StringComparison.Ordinal)]
                    : part.Text;
            var start = whole.Text.IndexOf(text, at, StringComparison.Ordinal);
            Assert.True(start >= 0, $"\"{text}\" is no piece of the text.");
            AssertCutIsGood(whole, start, SmallLimit);

            // The last part shares its room with the note.
            AssertCutIsGood(whole, start + text.Length, text.Length < part.Text.Length ? SmallLimit - 64 : SmallLimit);
            at = start + text.Length;
        }
    }

    private static void AssertCutIsGood(FormattedText whole, int cut, int limit)
    {
        if (cut == 0 || cut == whole.Text.Length)
        {
            return;
        }

        Assert.False(char.IsLowSurrogate(whole.Text[cut]));
        var elements = StringInfo.ParseCombiningCharacters(whole.Text);
        var inside = Array.FindLastIndex(elements, start => start < cut);
        var elementEnd = inside + 1 < elements.Length ? elements[inside + 1] : whole.Text.Length;
        Assert.True(
            elementEnd <= cut
                || elementEnd - elements[inside] > limit
                || string.IsNullOrWhiteSpace(whole.Text[cut..elementEnd]),
            $"Cut at {cut} in the character at {elements[inside]}."
        );
        foreach (var entity in whole.Entities)
        {
            if (cut <= entity.Offset || cut >= entity.End)
            {
                continue;
            }

            if (
                entity.Kind == EntityKind.TextLink
                && entity.Length <= limit
                && TelegramRules.VisibleCharacters(whole.Text[entity.Offset..cut]).Length > 0
                && TelegramRules.VisibleCharacters(whole.Text[cut..entity.End]).Length > 0
            )
            {
                Assert.Fail($"Cut at {cut} in the link at {entity.Offset}.");
            }

            if (entity.Kind == EntityKind.Pre)
            {
                var lineStart = Math.Max(entity.Offset, whole.Text.LastIndexOf('\n', cut - 1) + 1);
                var lineEnd = Math.Min(
                    entity.End,
                    whole.Text.IndexOf('\n', cut) is >= 0 and var end ? end : whole.Text.Length
                );
                Assert.True(
                    lineEnd - lineStart > limit
                        || string.IsNullOrWhiteSpace(whole.Text[lineStart..cut])
                        || string.IsNullOrWhiteSpace(whole.Text[cut..lineEnd]),
                    $"Cut at {cut} in the row at {lineStart}."
                );
            }
        }
    }

    private static FormattedText Read(string text, ParseMode mode)
    {
        var clean = TelegramText.Clean(text);
        return mode switch
            {
                ParseMode.Markdown => MarkdownReader.Parse(clean),
                ParseMode.Html => HtmlReader.Read(clean),
                ParseMode.MarkdownV2 => MarkdownV2Reader.Read(clean),
                _ => null,
            } ?? FormattedText.Plain(clean);
    }

    // Every visible character with what formats it.
    private static List<string> Characters(FormattedText text)
    {
        var result = new List<string>();
        for (var i = 0; i < text.Text.Length; i++)
        {
            if (TelegramRules.VisibleCharacters(text.Text[i].ToString()).Length > 0)
            {
                var formatting = text
                    .Entities.Where(e =>
                        e.Offset <= i
                        && e.End > i
                        && TelegramRules.VisibleCharacters(text.Text.Substring(e.Offset, e.Length)).Length > 0
                    )
                    .Select(e => $"{e.Kind}{e.Url}{e.Language}")
                    .Order(StringComparer.Ordinal);
                result.Add($"{text.Text[i]} {string.Join(',', formatting)}");
            }
        }

        return result;
    }

    private static string? LeftOut(IReadOnlyList<FormattedText> parts) =>
        parts.Count == MessageSplitter.MaxParts && parts[^1].Text.EndsWith(" left out.", StringComparison.Ordinal)
            ? TelegramRules.VisibleCharacters(
                parts[^1].Text[parts[^1].Text.LastIndexOf("\n\n", StringComparison.Ordinal)..]
            )
            : null;

    private static string WithMarkers(FormattedText text)
    {
        var result = "";
        var at = 0;
        foreach (var entity in text.Entities)
        {
            var inside = text.Text.Substring(entity.Offset, entity.Length);
            result +=
                text.Text[at..entity.Offset]
                + entity.Kind switch
                {
                    EntityKind.Bold => $"*{inside}*",
                    EntityKind.Italic => $"_{inside}_",
                    EntityKind.Code => $"`{inside}`",
                    EntityKind.Pre => $"```{entity.Language}{inside}```",
                    _ => $"[{inside}]({entity.Url})",
                };
            at = entity.End;
        }

        return result + text.Text[at..];
    }
}
