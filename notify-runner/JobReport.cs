using System.Text;

namespace Notify.Runner;

/// <summary>What happened to a script in a round, for the log: sentences on one line, and the traceback of a new failure.</summary>
internal sealed class JobReport
{
    private readonly StringBuilder _sentences = new();

    /// <summary>The last lines of stderr of a failure that is news.</summary>
    internal IReadOnlyList<string> Traceback { get; set; } = [];

    /// <summary>Whether there is nothing to log.</summary>
    internal bool IsEmpty => _sentences.Length == 0;

    /// <inheritdoc />
    public override string ToString() => string.Join('\n', [_sentences.ToString(), .. Traceback]);

    /// <summary>Adds a sentence. The first follows the script's name and a colon.</summary>
    internal void Say(string sentence)
    {
        if (!IsEmpty)
        {
            sentence = $" {char.ToUpperInvariant(sentence[0])}{sentence[1..]}";
        }

        _sentences.Append(sentence);
        if (sentence[^1] is not ('.' or '!' or '?'))
        {
            _sentences.Append('.');
        }
    }

    internal void Warn(string warning) => Say("warning: " + warning);
}
