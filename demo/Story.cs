using System.Text;
using Notify.Formatting;
using Notify.Posix;
using Notify.Sandbox.Control;
using Notify.Text;

namespace Notify.Demo;

/// <summary>What the demo tells the person at the terminal: a line a step, and the phone's messages as they look.</summary>
internal sealed class Story(TextWriter output)
{
    private readonly bool _colour = Terminal.IsOutput;
    private readonly long _began = TimeProvider.System.GetTimestamp();
    private long _stepBegan = TimeProvider.System.GetTimestamp();

    /// <summary>A step is done: who, what, and how long it took.</summary>
    internal void Step(string who, string what)
    {
        output.WriteLine(
            $"  {Bold(who.PadRight(8))}{what}  {TimeProvider.System.GetElapsedTime(_stepBegan).TotalSeconds:0.0} s"
        );
        _stepBegan = TimeProvider.System.GetTimestamp();
    }

    /// <summary>Since the demo began.</summary>
    internal TimeSpan Took => TimeProvider.System.GetElapsedTime(_began);

    /// <summary>Something to know, outside the steps.</summary>
    internal void Say(string text) => output.WriteLine(text);

    /// <summary>An address to open.</summary>
    internal void Address(string what, Uri address) => output.WriteLine($"\n  {Bold(what + ":")}  {address}\n");

    /// <summary>A message as the phone shows it, as far as a terminal can.</summary>
    internal void Show(MessageView message)
    {
        output.WriteLine();
        if (message.Photo is { } photo)
        {
            Line($"[photo {photo.Width} x {photo.Height}, {Math.Max(1, photo.Size / 1000)} kB]");
        }

        if (message.Document is { } document)
        {
            Line($"[document {document.Name}, {Math.Max(1, document.Size / 1000)} kB]");
        }

        if (message.Text.Length > 0)
        {
            var text = new FormattedText(message.Text, [.. message.Entities.SelectMany(Known)]);
            foreach (var line in (_colour ? TerminalText.Render(text, colour: true) : WithSigns(text)).Split('\n'))
            {
                Line(line);
            }
        }

        foreach (var row in message.Buttons)
        {
            Line(string.Join(' ', row.Select(b => $"[ {b.Text} ]")));
        }
    }

    /// <summary>In a file or a pipe, formatting shows as the signs that a script writes it with.</summary>
    private static string WithSigns(FormattedText text)
    {
        var signs = new SortedDictionary<int, string>();
        foreach (var entity in text.Entities)
        {
            var sign = entity.Kind switch
            {
                EntityKind.Bold => "*",
                EntityKind.Italic => "_",
                EntityKind.Code => "`",
                EntityKind.Pre => "```",
                _ => "",
            };
            signs[entity.Offset] = signs.GetValueOrDefault(entity.Offset) + sign;
            signs[entity.End] = sign + signs.GetValueOrDefault(entity.End);
        }

        var result = new StringBuilder();
        var done = 0;
        foreach (var (offset, sign) in signs)
        {
            result.Append(SafeText.Message(text.Text[done..offset])).Append(sign);
            done = offset;
        }

        return result.Append(SafeText.Message(text.Text[done..])).ToString();
    }

    private void Line(string text) => output.WriteLine($"  ┃ {text}");

    private string Bold(string text) => _colour ? $"\u001b[1m{text}\u001b[0m" : text;

    /// <summary>Telegram also marks what it found by itself (addresses, commands); that needs no mark on a terminal.</summary>
    private static IEnumerable<TextEntity> Known(EntityView entity) =>
        Enum.GetValues<EntityKind>()
            .Where(k => k.BotApiName() == entity.Type)
            .Select(k => new TextEntity(k, entity.Offset, entity.Length, entity.Url, entity.Language));
}
