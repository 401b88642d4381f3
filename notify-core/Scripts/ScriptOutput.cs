using System.Globalization;
using System.Text.Json;
using Notify.Text;

namespace Notify.Scripts;

/// <summary>Reads a script's stdout as it comes. Keeps at most one result's size and what sentences show.</summary>
public sealed class ScriptOutput
{
    /// <summary>Largest result in bytes.</summary>
    public const int MaxResult = 4 << 20;

    /// <summary>Longest shown part of an unreadable output, in UTF-16 units.</summary>
    public const int ShownLength = 200;

    /// <summary>Longest shown part of an ignored result, in UTF-16 units.</summary>
    private const int ShownResult = 60;

    private static readonly string[] PythonWords = ["True", "False", "None"];

    private readonly LenientJsonScanner _scanner;

    private Results _outside;

    /// <summary>Results within an unfinished value.</summary>
    private Results _inside;
    private string? _unfinished;
    private byte[] _head = [];
    private long _length;
    private bool _isStart = true;
    private int _ofMark;

    /// <summary>Begins.</summary>
    public ScriptOutput() =>
        _scanner = new LenientJsonScanner(ScriptFields.Notify, MaxResult)
        {
            Found = Take,
            TooLarge = TakeTooLarge,
            Unfinished = json => _unfinished = Shown(json),
        };

    /// <summary>Takes the next output.</summary>
    public void Append(ReadOnlySpan<byte> printed)
    {
        // A character may have four bytes.
        const int HeadSize = (ShownLength + 1) * 4;
        if (_head.Length < HeadSize)
        {
            _head = [.. _head, .. printed[..Math.Min(printed.Length, HeadSize - _head.Length)]];
        }

        _length += printed.Length;
        _scanner.Append(SkipMarks(printed));
    }

    /// <summary>Skips byte order marks at the start, even across pieces.</summary>
    private ReadOnlySpan<byte> SkipMarks(ReadOnlySpan<byte> printed)
    {
        var mark = "\uFEFF"u8;
        while (_isStart && !printed.IsEmpty)
        {
            if (printed[0] == mark[_ofMark])
            {
                _ofMark = (_ofMark + 1) % mark.Length;
                printed = printed[1..];
            }
            else
            {
                EndMarks();
            }
        }

        return printed;
    }

    private void EndMarks()
    {
        if (_isStart)
        {
            // Half a mark is none.
            _scanner.Append("\uFEFF"u8[.._ofMark]);
            _isStart = false;
        }
    }

    /// <summary>Reads a complete output of a script that succeeded.</summary>
    /// <inheritdoc cref="End"/>
    public static ScriptResult? Read(ReadOnlySpan<byte> output, out string? error)
    {
        var reader = new ScriptOutput();
        reader.Append(output);
        return reader.End(output, endedBadly: false, out error);
    }

    /// <summary>
    /// Takes the last valid result: a top-level JSON object with <c>notify</c>. An optional field of a wrong type is left out with a
    /// warning. An invalid result after it is a warning too.
    /// </summary>
    /// <param name="tail">The last part of the output, or all of it.</param>
    /// <param name="endedBadly">Whether the script failed. Then an unfinished value is half a result, and nothing within it counts.</param>
    /// <param name="error">What is wrong with the last result or the output, if nothing is returned.</param>
    public ScriptResult? End(ReadOnlySpan<byte> tail, bool endedBadly, out string? error)
    {
        EndMarks();
        _scanner.End();
        if (_outside.Count + _inside.Count == 0 && _unfinished is null && tail.Contains((byte)0))
        {
            // Expects UTF-8. Tries wider characters only if there is no result and zero bytes hint at them.
            foreach (var (encoding, text) in LenientJson.Widened(tail.ToArray()))
            {
                var wide = new ScriptOutput();
                wide.Append(text);
                wide._scanner.End();
                if (wide._outside.Count + wide._inside.Count > 0)
                {
                    return wide.Choose(
                        endedBadly,
                        text,
                        out error,
                        $"stdout is {encoding} and was read as such; print UTF-8."
                    );
                }
            }
        }

        return Choose(endedBadly, tail, out error, encodingWarning: null);
    }

    private ScriptResult? Choose(bool endedBadly, ReadOnlySpan<byte> tail, out string? error, string? encodingWarning)
    {
        var results = _outside;
        if (_unfinished is { } shown)
        {
            var sentence = $"The last result on stdout, {shown}, breaks off.";
            results.Add(null, new Problem(sentence, sentence));
        }

        if (!endedBadly && (_unfinished is null || results.Valid is null))
        {
            results.Add(_inside);
        }

        if (results.Valid is not { } result)
        {
            error = results.Problem?.Sentence ?? NothingFound(tail);
            return null;
        }

        var warnings = new List<string>();
        if (results.Problem is { } problem)
        {
            warnings.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"stdout holds {results.Count} results; the last valid one counts. {problem.Named} Print one JSON object, at the end."
                )
            );
        }
        else if (results.Count > 1)
        {
            warnings.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"stdout holds {results.Count} results; the last counts, {(results.Count == 2 ? "the other one is" : $"the {results.Count - 1} others are")} left out. Print one JSON object, at the end."
                )
            );
        }
        else if (_scanner.HasNoise)
        {
            warnings.Add("stdout holds other lines besides the JSON result; print those to stderr.");
        }

        if (encodingWarning is not null)
        {
            warnings.Add(encodingWarning);
        }

        error = null;
        return result with { Warnings = [.. warnings, .. result.Warnings] };
    }

    private void Take(ReadOnlySpan<byte> json, bool isInside)
    {
        var result = ScriptResultReader.Read(json, out var error);
        (isInside ? ref _inside : ref _outside).Add(
            result,
            result is null ? new Problem(error!, $"The last one, {Shown(json)}, is left out: {error}") : null
        );
    }

    private void TakeTooLarge(long size, bool ends)
    {
        var sentence = string.Create(
            CultureInfo.InvariantCulture,
            $"The last result on stdout has {(ends ? "" : "more than ")}{size:N0} bytes, and a result may have {MaxResult:N0}. Print a smaller one."
        );
        _outside.Add(null, new Problem(sentence, sentence));
    }

    private static string Shown(ReadOnlySpan<byte> json) =>
        SafeText.Line(LenientJson.Decode(json[..Math.Min(json.Length, (ShownResult + 1) * 4)]), ShownResult);

    private string NothingFound(ReadOnlySpan<byte> tail)
    {
        if (!_scanner.HasNoise || (tail.Length == _length && LenientJson.Decode(tail).Trim().Length == 0))
        {
            return "It printed nothing on stdout. A script prints one JSON object with \"notify\": true or false.";
        }

        var printed =
            tail.Length == _length
                ? "It printed"
                : string.Create(CultureInfo.InvariantCulture, $"It printed {_length:N0} bytes, which begin with");
        return $"There is no JSON object with \"notify\" on its stdout. {Hint(tail)} {printed}: {SafeText.Quoted(LenientJson.Decode(_head).Trim(), ShownLength)}";
    }

    private static string Hint(ReadOnlySpan<byte> tail)
    {
        var text = LenientJson.Decode(tail).Trim();
        if (text.Contains("'notify'", StringComparison.Ordinal))
        {
            return "This looks like a Python dict: print(json.dumps(result)), not print(result).";
        }

        if (PythonWords.Any(word => text.Contains("\"notify\": " + word, StringComparison.Ordinal)))
        {
            return "True, False and None are Python's; JSON has true, false and null: print(json.dumps(result)).";
        }

        if (text.StartsWith('[') && text.Contains("\"notify\"", StringComparison.Ordinal))
        {
            return "This looks like a list of results: print one JSON object.";
        }

        if (text.Contains(@"\""notify\""", StringComparison.Ordinal))
        {
            return "This looks like JSON within a JSON string: call json.dumps once.";
        }

        if (LenientJson.FindLastObject(tail) is { } other)
        {
            using var document = JsonDocument.Parse(other, new JsonDocumentOptions { MaxDepth = LenientJson.MaxDepth });
            if (
                document
                    .RootElement.EnumerateObject()
                    .FirstOrDefault(member => ScriptFields.Nearest(member.Name) == ScriptFields.Notify) is
                { Value.ValueKind: not JsonValueKind.Undefined } near
            )
            {
                return new UnknownField(near.Name, ScriptFields.Notify).Sentence;
            }
        }

        return "A script prints one JSON object with \"notify\": true or false.";
    }

    /// <summary>What is wrong with a result.</summary>
    /// <param name="Sentence">What is wrong, if there is no other result.</param>
    /// <param name="Named">The same with the beginning of the result.</param>
    private sealed record Problem(string Sentence, string Named);

    /// <summary>The results so far: their number, the last valid one, and the last one's fault if it is invalid.</summary>
    private struct Results
    {
        internal int Count { get; private set; }

        internal ScriptResult? Valid { get; private set; }

        internal Problem? Problem { get; private set; }

        internal void Add(ScriptResult? valid, Problem? problem)
        {
            Count++;
            Valid = valid ?? Valid;
            Problem = problem;
        }

        /// <summary>Adds what comes behind them.</summary>
        internal void Add(Results later)
        {
            if (later.Count > 0)
            {
                Count += later.Count;
                Valid = later.Valid ?? Valid;
                Problem = later.Problem;
            }
        }
    }
}
