using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Notify.Sending;

namespace Notify.Scripts;

/// <summary>What a script said, by the contract of specification section 10.</summary>
public sealed record ScriptResult
{
    /// <summary>Whether to send.</summary>
    public required bool Notify { get; init; }

    /// <summary>The bold header; literal text.</summary>
    public string? Title { get; init; }

    /// <summary>The message in Markdown.</summary>
    public string? Message { get; init; }

    /// <summary>Where the chart is, as the script says.</summary>
    public string? ImagePath { get; init; }

    /// <summary>How long to hold back what comes after it.</summary>
    public required Cooldown Cooldown { get; init; }

    /// <summary>The script's own data: a JSON object.</summary>
    public JsonElement? Data { get; init; }

    /// <summary>Fields that the contract does not know, in their order; each is among <see cref="Warnings"/> too.</summary>
    public IReadOnlyList<UnknownField> UnknownFields { get; init; } = [];

    /// <summary>What was not as it should be and did not cost the notification, one sentence each.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}

/// <summary>Reads a script's stdout as it comes. Keeps no more of it than one result may have, and what sentences show.</summary>
public sealed class ScriptOutput
{
    /// <summary>Bytes that one result may have.</summary>
    public const int MaxResult = 4 << 20;

    /// <summary>How much of an output that can't be read is shown, in UTF-16 units.</summary>
    public const int ShownLength = 200;

    /// <summary>How much of a result that is left out is shown, in UTF-16 units.</summary>
    private const int ShownResult = 60;

    /// <summary>Unknown fields that are named.</summary>
    private const int MostNamed = 5;

    /// <summary>Deepest nesting of <c>data</c>: a few levels less than the bot takes, for what wraps it.</summary>
    private const int DeepestData = SendApiLimits.JsonLevels - 4;

    private static readonly string[] PythonWords = ["True", "False", "None"];

    private readonly LenientJsonScanner _scanner;

    private Results _outside;

    /// <summary>Results within a value that begins and does not end.</summary>
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

    /// <summary>Takes what the script printed next.</summary>
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

    /// <summary>What comes behind the byte order marks at the start, however they are cut.</summary>
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

    /// <summary>Reads an output that is there whole, of a script that ended well.</summary>
    /// <inheritdoc cref="End"/>
    public static ScriptResult? Read(ReadOnlySpan<byte> output, out string? error)
    {
        var reader = new ScriptOutput();
        reader.Append(output);
        return reader.End(output, endedBadly: false, out error);
    }

    /// <summary>
    /// Takes the last valid result: a top-level JSON object that holds <c>notify</c>. A wrong type of an optional field costs that field and is a
    /// warning, and so is an invalid result behind it.
    /// </summary>
    /// <param name="tail">The last part of what was printed, or all of it.</param>
    /// <param name="endedBadly">Whether the script failed: then a value without an end is half a result, and what stands within it is none.</param>
    /// <param name="error">What is wrong where nothing is returned: with the last result, if there is any.</param>
    public ScriptResult? End(ReadOnlySpan<byte> tail, bool endedBadly, out string? error)
    {
        EndMarks();
        _scanner.End();
        if (_outside.Count + _inside.Count == 0 && _unfinished is null && tail.Contains((byte)0))
        {
            // UTF-8 is what is expected. Only where nothing is found in it, and zero bytes hint at wider characters, those are tried.
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
                        $"stdout is {encoding} and was read as that; print in UTF-8."
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
        var result = Interpret(json, out var error);
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
        SafeText.OneLine(LenientJson.Decode(json[..Math.Min(json.Length, (ShownResult + 1) * 4)]), ShownResult);

    private static ScriptResult? Interpret(ReadOnlySpan<byte> found, out string? error)
    {
        var json = LenientJson.Strict(found);
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = LenientJson.MaxDepth });
        var fields = new Fields(document.RootElement);
        if (json.Contains('\uFFFD', StringComparison.Ordinal) && !Utf8.IsValid(found))
        {
            fields.Warnings.Add(
                "stdout holds bytes that are not UTF-8, shown as \uFFFD; decode them with their own encoding, often cp1252, before you print."
            );
        }

        return Interpret(fields, out error);
    }

    private static ScriptResult? Interpret(Fields fields, out string? error)
    {
        var unknown = fields.Unknown();
        var notifyField = fields.Last(ScriptFields.Notify);
        if (notifyField?.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            error = $"notify must be true or false, but is {Fields.Describe(notifyField)}.{BoolHint(notifyField)}";
            return null;
        }

        var result = new ScriptResult
        {
            Notify = notifyField.Value.GetBoolean(),
            Title = fields.Words(ScriptFields.Title),
            Message = fields.Words(ScriptFields.Message),
            ImagePath = fields.Text(ScriptFields.ImagePath),
            Cooldown = ReadCooldown(fields),
            Data = ReadData(fields),
            UnknownFields = unknown,
            Warnings = fields.Warnings,
        };
        if (result is { Notify: true, Message: null, ImagePath: null })
        {
            error = fields.Last(ScriptFields.Message) switch
            {
                { ValueKind: JsonValueKind.String } text when !string.IsNullOrWhiteSpace(text.GetString()) =>
                    $"notify is true, and message must be text that is not empty, but holds no visible character: {Fields.Describe(text)}.",
                { } message =>
                    $"notify is true, and message must be text that is not empty, but is {Fields.Describe(message)}.",
                null =>
                    $"notify is true, but there is no message.{string.Concat(unknown.Take(MostNamed).Select(field => " " + field.Sentence))}",
            };
            return null;
        }

        error = null;
        return result;
    }

    private static string BoolHint(JsonElement? field) =>
        field?.ValueKind switch
        {
            JsonValueKind.String =>
                " Text is none, and json.dumps(..., default=str) makes text of numpy's bools: write \"notify\": bool(...).",
            JsonValueKind.Number => " Write \"notify\": bool(...).",
            _ => "",
        };

    private static Cooldown ReadCooldown(Fields fields)
    {
        if (fields.Last(ScriptFields.Cooldown) is not { ValueKind: not JsonValueKind.Null } field)
        {
            return Cooldown.Default;
        }

        if (field.ValueKind == JsonValueKind.String && Cooldown.TryParse(field.GetString()!) is { } cooldown)
        {
            return cooldown;
        }

        fields.Warnings.Add(
            $"cooldown must be a number and m, h or d, such as \"30m\", but is {Fields.Describe(field)}; {Cooldown.Default.Text} counts."
        );
        return Cooldown.Default;
    }

    private static JsonElement? ReadData(Fields fields)
    {
        if (fields.Last(ScriptFields.Data) is not { ValueKind: not JsonValueKind.Null } field)
        {
            return null;
        }

        if (field.ValueKind != JsonValueKind.Object)
        {
            fields.Warnings.Add($"data must be an object, but is {Fields.Describe(field)}; it is left out.");
            return null;
        }

        if (LenientJson.Depth(field.GetRawText()) > DeepestData)
        {
            fields.Warnings.Add($"data is nested deeper than {DeepestData} levels; it is left out.");
            return null;
        }

        return field.Clone();
    }

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
    /// <param name="Sentence">What is wrong, where there is no other result.</param>
    /// <param name="Named">The same with the result's beginning.</param>
    private sealed record Problem(string Sentence, string Named);

    /// <summary>The results so far: how many, the last valid one, and what is wrong with the last where it is not that.</summary>
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

    /// <summary>An object's members. Of members with one name the last counts, as for Python and JavaScript.</summary>
    private sealed class Fields(JsonElement root)
    {
        internal List<string> Warnings { get; } = [];

        internal JsonElement? Last(string name) => root.TryGetProperty(name, out var value) ? value : null;

        /// <summary>What the contract does not know. A name that begins with <c>_</c> is its author's own remark.</summary>
        internal List<UnknownField> Unknown()
        {
            var unknown = root.EnumerateObject()
                .Select(member => member.Name)
                .Where(name => !ScriptFields.All.Contains(name, StringComparer.Ordinal) && !name.StartsWith('_'))
                .Select(name => new UnknownField(
                    SafeText.OneLine(name, ScriptFields.LongestName),
                    ScriptFields.Nearest(name) is { } near && Last(near) is null ? near : null
                ))
                .Distinct()
                .ToList();
            Warnings.AddRange(unknown.Take(MostNamed).Select(field => field.Sentence));
            if (unknown.Count > MostNamed)
            {
                Warnings.Add(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"There are {unknown.Count - MostNamed} more fields that are none."
                    )
                );
            }

            return unknown;
        }

        /// <summary>A text for people: without what only a terminal understands, and null where nothing of it is visible.</summary>
        internal string? Words(string name)
        {
            if (Text(name) is not { } text)
            {
                return null;
            }

            var words = TerminalCodes.Remove(text);
            if (!UnseenCharacters.AreAll(words))
            {
                return words;
            }

            Warnings.Add($"{name} holds no visible character; it is left out.");
            return null;
        }

        internal string? Text(string name)
        {
            if (Last(name) is not { ValueKind: not JsonValueKind.Null } field)
            {
                return null;
            }

            if (field.ValueKind == JsonValueKind.String)
            {
                return field.GetString() is { } text && !string.IsNullOrWhiteSpace(text) ? text : null;
            }

            Warnings.Add($"{name} must be text, but is {Describe(field)}; it is left out.");
            return null;
        }

        internal static string Describe(JsonElement? field) =>
            field is not { } value ? "missing" : SafeText.OneLine(value.GetRawText(), 60);
    }
}
