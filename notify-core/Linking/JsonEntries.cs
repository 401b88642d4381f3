using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Notify.Linking;

/// <summary>Reads one entry. The reader is at the first token of its value, and at the last one afterwards.</summary>
/// <exception cref="WrongShapeException">The entry is invalid.</exception>
internal delegate TEntry JsonEntryReader<out TEntry>(string name, ref Utf8JsonReader reader);

/// <summary>JSON of a wrong shape at the reader's position.</summary>
[SuppressMessage("Design", "CA1064:Exceptions should be public", Justification = "Never leaves JsonEntries.TryParse.")]
internal sealed class WrongShapeException(string problem) : Exception(problem);

/// <summary>An unreadable entry.</summary>
/// <param name="Name">Its name, or its raw text if the name is unreadable too.</param>
/// <param name="Position">Where in the file.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="Value">Its raw value.</param>
internal sealed record EntryFault(string Name, string Position, string Problem, ReadOnlyMemory<byte> Value)
{
    /// <summary>The same for a file.</summary>
    internal UnreadableFile In(string file) => new(file, Position, Problem, Name);
}

/// <summary>
/// The entries of a JSON object in file order, each with its raw text. What a change does not touch stays the same, byte by
/// byte: order, unknown members, layout.
/// </summary>
/// <remarks>An invalid entry stays the same too. It is not among the readable ones; reading or changing it is an error.</remarks>
internal sealed class JsonEntries<TEntry>
{
    /// <summary>Half a surrogate pair, which JSON allows but no text can hold.</summary>
    private const string NoCharacter = "an invalid escape";

    /// <summary>Leaves letters of all scripts unescaped. HTML pages escape the text themselves.</summary>
    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    private readonly string _file;
    private readonly List<Item> _items;

    /// <summary>Where in <see cref="_items"/> a name stands first; made when a name is first looked for.</summary>
    private Dictionary<string, int>? _places;

    internal JsonEntries(string file, List<Item> items)
    {
        _file = file;
        _items = items;
    }

    /// <summary>Readable entries.</summary>
    internal IEnumerable<TEntry> All => _items.Where(item => item.Fault is null).Select(item => item.Entry);

    /// <summary>Unreadable entries.</summary>
    internal IEnumerable<EntryFault> Faults => _items.Select(item => item.Fault).OfType<EntryFault>();

    /// <summary>The number of readable entries.</summary>
    internal int Count => _items.Count(item => item.Fault is null);

    /// <param name="Name">The entry's name.</param>
    /// <param name="Entry">Its content.</param>
    /// <param name="Text">Raw name and value.</param>
    /// <param name="ValueStart">Start of the value in the text.</param>
    /// <param name="Fault">Set if it is unreadable; then <paramref name="Entry"/> is missing.</param>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Item(
        string Name,
        TEntry Entry,
        ReadOnlyMemory<byte> Text,
        int ValueStart,
        EntryFault? Fault = null
    );

    /// <summary>Parses a file's content, or says where and why it is not an object of entries.</summary>
    internal static bool TryParse(
        string file,
        ReadOnlyMemory<byte> content,
        JsonEntryReader<TEntry> read,
        [NotNullWhen(true)] out JsonEntries<TEntry>? entries,
        [NotNullWhen(false)] out string? position,
        [NotNullWhen(false)] out string? problem
    )
    {
        entries = null;
        var bytes = content.Span;
        if (bytes.StartsWith("\uFEFF"u8))
        {
            content = content[3..];
            bytes = content.Span;
        }

        if (bytes.IsEmpty)
        {
            (position, problem) = ("line 1", "the file is empty");
            return false;
        }

        if (!Utf8.IsValid(bytes))
        {
            (position, problem) = (Line(bytes[..ValidLength(bytes)]), "bytes that are not UTF-8");
            return false;
        }

        var reader = new Utf8JsonReader(
            bytes,
            new JsonReaderOptions { CommentHandling = JsonCommentHandling.Disallow }
        );
        try
        {
            entries = new JsonEntries<TEntry>(file, ReadItems(content, ref reader, read));
            (position, problem) = (null, null);
            return true;
        }
        catch (JsonException exception)
        {
            var line = (exception.LineNumber ?? 0) + 1;
            (position, problem) = (
                string.Create(CultureInfo.InvariantCulture, $"line {line}"),
                bytes[0] == 0 ? "NUL bytes" : "not JSON: cut short, or a wrong character"
            );
        }
        catch (WrongShapeException exception)
        {
            (position, problem) = (Line(bytes[..(int)reader.TokenStartIndex]), exception.Message);
        }

        return false;
    }

    /// <summary>Whether there is an entry with this name, readable or not.</summary>
    internal bool Contains(string name) => IndexOf(name) >= 0;

    /// <exception cref="StateUnreadableException">It is unreadable.</exception>
    internal bool TryFind(string name, [MaybeNullWhen(false)] out TEntry entry)
    {
        var index = IndexOf(name);
        entry = index < 0 ? default : Readable(_items[index]).Entry;
        return index >= 0;
    }

    /// <summary>Sets members of an entry. A new one goes to the end; other members stay.</summary>
    /// <exception cref="StateUnreadableException">It is unreadable and stays unchanged.</exception>
    /// <param name="name">The entry's name.</param>
    /// <param name="entry">Its new content.</param>
    /// <param name="members">Names and their JSON; null removes a member.</param>
    internal void Set(string name, TEntry entry, params ReadOnlySpan<(string Name, string? Json)> members)
    {
        var index = IndexOf(name);
        var item = Compose(name, entry, Merge(index < 0 ? null : Readable(_items[index]), members));
        if (index < 0)
        {
            _places!.Add(name, _items.Count);
            _items.Add(item);
        }
        else
        {
            _items[index] = item;
        }
    }

    internal int RemoveAll(Func<TEntry, bool> match)
    {
        _places = null;
        return _items.RemoveAll(item => item.Fault is null && match(item.Entry));
    }

    /// <summary>The file's content, with a line for each entry that this program wrote.</summary>
    internal ReadOnlySpan<byte> ToUtf8()
    {
        var output = new ArrayBufferWriter<byte>(16 + _items.Sum(item => item.Text.Length + 4));
        output.Write("{"u8);
        var separator = "\n  "u8;
        foreach (var item in _items)
        {
            output.Write(separator);
            output.Write(item.Text.Span);
            separator = ",\n  "u8;
        }

        output.Write(_items.Count == 0 ? "}\n"u8 : "\n}\n"u8);
        return output.WrittenSpan;
    }

    /// <summary>A text as a JSON string.</summary>
    internal static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, Encoder)}\"";

    private static List<Item> ReadItems(
        ReadOnlyMemory<byte> content,
        ref Utf8JsonReader reader,
        JsonEntryReader<TEntry> read
    )
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new WrongShapeException("not an object of entries");
        }

        var items = new List<Item>();
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        var lines = new LineCount();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = (int)reader.TokenStartIndex;
            var (name, problem) = ReadName(ref reader);
            reader.Read();
            var value = (int)reader.TokenStartIndex;
            var (entry, wrongAt) = (default(TEntry), start);
            if (problem is null)
            {
                // A copy, because after a failure the reader is somewhere within the entry.
                var within = reader;
                problem = ReadEntry(name, ref within, read, out entry);
                wrongAt = (int)within.TokenStartIndex;
            }

            reader.Skip();
            var text = content[start..(int)reader.BytesConsumed];
            if (!names.TryAdd(name, items.Count))
            {
                // This program can't decide which of the two counts.
                (problem, wrongAt) = ("the same name a second time", start);
                var first = items[names[name]];
                items[names[name]] = first with
                {
                    Fault =
                        first.Fault
                        ?? new EntryFault(name, lines.At(content.Span, start), problem, first.Text[first.ValueStart..]),
                };
            }

            items.Add(
                new Item(
                    name,
                    entry!,
                    text,
                    value - start,
                    problem is null
                        ? null
                        : new EntryFault(name, lines.At(content.Span, wrongAt), problem, text[(value - start)..])
                )
            );
        }

        // The reader throws on anything after the object.
        reader.Read();
        return items;
    }

    /// <summary>The entry's name, or its raw text and the fault if no text can hold it.</summary>
    private static (string Name, string? Problem) ReadName(ref Utf8JsonReader reader)
    {
        try
        {
            return (reader.GetString()!, null);
        }
        catch (InvalidOperationException)
        {
            return (System.Text.Encoding.UTF8.GetString(reader.ValueSpan), NoCharacter);
        }
    }

    /// <returns>Its fault, or null.</returns>
    private static string? ReadEntry(
        string name,
        ref Utf8JsonReader reader,
        JsonEntryReader<TEntry> read,
        out TEntry? entry
    )
    {
        entry = default;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return "an entry that is not an object";
        }

        try
        {
            entry = read(name, ref reader);
            return null;
        }
        catch (WrongShapeException exception)
        {
            return exception.Message;
        }
        catch (InvalidOperationException)
        {
            return NoCharacter;
        }
    }

    private Item Readable(Item item) =>
        item.Fault is { } fault ? throw new StateUnreadableException(fault.In(_file)) : item;

    private static Item Compose(string name, TEntry entry, IEnumerable<(string Name, string Json)> members)
    {
        var label = Quote(name) + ": ";
        var value = "{" + string.Join(", ", members.Select(member => $"{Quote(member.Name)}: {member.Json}")) + "}";
        return new Item(
            name,
            entry,
            System.Text.Encoding.UTF8.GetBytes(label + value),
            System.Text.Encoding.UTF8.GetByteCount(label)
        );
    }

    private static List<(string Name, string Json)> Merge(
        Item? before,
        ReadOnlySpan<(string Name, string? Json)> members
    )
    {
        var merged = new List<(string Name, string Json)>();
        if (before is { } item)
        {
            using var document = JsonDocument.Parse(item.Text[item.ValueStart..]);
            merged.AddRange(
                document.RootElement.EnumerateObject().Select(member => (member.Name, member.Value.GetRawText()))
            );
        }

        foreach (var (name, json) in members)
        {
            var index = merged.FindIndex(member => string.Equals(member.Name, name, StringComparison.Ordinal));
            if (json is null && index >= 0)
            {
                merged.RemoveAt(index);
            }
            else if (json is not null && index >= 0)
            {
                merged[index] = (name, json);
            }
            else if (json is not null)
            {
                merged.Add((name, json));
            }
        }

        return merged;
    }

    private static int ValidLength(ReadOnlySpan<byte> bytes)
    {
        Span<char> scratch = stackalloc char[256];
        var valid = 0;
        while (
            Utf8.ToUtf16(bytes[valid..], scratch, out var count, out _, replaceInvalidSequences: false)
            == OperationStatus.DestinationTooSmall
        )
        {
            valid += count;
        }

        Utf8.ToUtf16(bytes[valid..], scratch, out var last, out _, replaceInvalidSequences: false);
        return valid + last;
    }

    private static string Line(ReadOnlySpan<byte> before) =>
        string.Create(CultureInfo.InvariantCulture, $"line {before.Count((byte)'\n') + 1}");

    /// <summary>Line numbers of ascending positions, counted once over the whole file.</summary>
    private sealed class LineCount
    {
        private int _counted;
        private int _newlines;

        internal string At(ReadOnlySpan<byte> bytes, int place)
        {
            if (place > _counted)
            {
                _newlines += bytes[_counted..place].Count((byte)'\n');
                _counted = place;
            }

            return string.Create(CultureInfo.InvariantCulture, $"line {_newlines + 1}");
        }
    }

    private int IndexOf(string name)
    {
        if (_places is null)
        {
            _places = new Dictionary<string, int>(_items.Count, StringComparer.Ordinal);
            for (var place = 0; place < _items.Count; place++)
            {
                _places.TryAdd(_items[place].Name, place);
            }
        }

        return _places.GetValueOrDefault(name, -1);
    }
}
