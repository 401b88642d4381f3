using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Notify.Linking;

/// <summary>Reads one entry; the reader stands on the first token of its value, and must stand on the last one afterwards.</summary>
/// <exception cref="WrongShapeException">The entry is not what it should be.</exception>
internal delegate TEntry JsonEntryReader<out TEntry>(string name, ref Utf8JsonReader reader);

/// <summary>JSON of a wrong shape, at the place where the reader stands.</summary>
[SuppressMessage("Design", "CA1064:Exceptions should be public", Justification = "Never leaves JsonEntries.TryParse.")]
internal sealed class WrongShapeException(string problem) : Exception(problem);

/// <summary>
/// The entries of a JSON object in the order of the file, each with its text, so that what a change does not touch stays as it is, byte by
/// byte: order, unknown members, the way somebody has laid it out.
/// </summary>
internal sealed class JsonEntries<TEntry>
{
    /// <summary>Letters of all scripts as they are; the text is never put into HTML without being escaped there.</summary>
    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    private readonly List<Item> _items;

    internal JsonEntries(List<Item> items) => _items = items;

    internal IEnumerable<TEntry> All => _items.Select(item => item.Entry);

    internal int Count => _items.Count;

    /// <param name="Name">The entry's name.</param>
    /// <param name="Entry">What it says.</param>
    /// <param name="Text">Name and value as they stand in the file.</param>
    /// <param name="ValueStart">Where in the text the value begins.</param>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Item(string Name, TEntry Entry, ReadOnlyMemory<byte> Text, int ValueStart);

    /// <summary>Takes a file's content apart; where it is not an object of right entries, says where and what is wrong.</summary>
    internal static bool TryParse(
        ReadOnlyMemory<byte> content,
        JsonEntryReader<TEntry> read,
        [NotNullWhen(true)] out JsonEntries<TEntry>? entries,
        [NotNullWhen(false)] out string? position,
        [NotNullWhen(false)] out string? problem)
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

        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Disallow });
        try
        {
            entries = new JsonEntries<TEntry>(ReadItems(content, ref reader, read));
            (position, problem) = (null, null);
            return true;
        }
        catch (JsonException exception)
        {
            var line = (exception.LineNumber ?? 0) + 1;
            (position, problem) = (string.Create(CultureInfo.InvariantCulture, $"line {line}"), bytes[0] == 0 ? "NUL bytes" : "not JSON: cut short, or a wrong character");
        }
        catch (WrongShapeException exception)
        {
            (position, problem) = (Line(bytes[..(int)reader.TokenStartIndex]), exception.Message);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, which JSON allows and no text can hold.
            (position, problem) = (Line(bytes[..(int)reader.TokenStartIndex]), "an escaped character that is none");
        }

        return false;
    }

    internal bool TryFind(string name, [MaybeNullWhen(false)] out TEntry entry)
    {
        var index = IndexOf(name);
        entry = index < 0 ? default : _items[index].Entry;
        return index >= 0;
    }

    /// <summary>Sets members of an entry, made at the end if it is new. Its other members stay.</summary>
    /// <param name="name">The entry's name.</param>
    /// <param name="entry">What it says afterwards.</param>
    /// <param name="members">Names and their JSON; null takes a member away.</param>
    internal void Set(string name, TEntry entry, params ReadOnlySpan<(string Name, string? Json)> members)
    {
        var index = IndexOf(name);
        var item = Compose(name, entry, Merge(index < 0 ? null : _items[index], members));
        if (index < 0)
        {
            _items.Add(item);
        }
        else
        {
            _items[index] = item;
        }
    }

    internal int RemoveAll(Func<TEntry, bool> match) => _items.RemoveAll(item => match(item.Entry));

    /// <summary>The whole as a file: a line for each entry that this program has written.</summary>
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

    private static List<Item> ReadItems(ReadOnlyMemory<byte> content, ref Utf8JsonReader reader, JsonEntryReader<TEntry> read)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new WrongShapeException("not an object of entries");
        }

        var items = new List<Item>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = (int)reader.TokenStartIndex;
            var name = reader.GetString()!;
            if (!names.Add(name))
            {
                throw new WrongShapeException("the same name a second time");
            }

            reader.Read();
            var value = (int)reader.TokenStartIndex;
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new WrongShapeException("an entry that is not an object");
            }

            var entry = read(name, ref reader);
            items.Add(new Item(name, entry, content[start..(int)reader.BytesConsumed], value - start));
        }

        // What follows the object makes the reader throw.
        reader.Read();
        return items;
    }

    private static Item Compose(string name, TEntry entry, IEnumerable<(string Name, string Json)> members)
    {
        var label = Quote(name) + ": ";
        var value = "{" + string.Join(", ", members.Select(member => $"{Quote(member.Name)}: {member.Json}")) + "}";
        return new Item(name, entry, System.Text.Encoding.UTF8.GetBytes(label + value), System.Text.Encoding.UTF8.GetByteCount(label));
    }

    private static List<(string Name, string Json)> Merge(Item? before, ReadOnlySpan<(string Name, string? Json)> members)
    {
        var merged = new List<(string Name, string Json)>();
        if (before is { } item)
        {
            using var document = JsonDocument.Parse(item.Text[item.ValueStart..]);
            merged.AddRange(document.RootElement.EnumerateObject().Select(member => (member.Name, member.Value.GetRawText())));
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
        while (Utf8.ToUtf16(bytes[valid..], scratch, out var count, out _, replaceInvalidSequences: false) == OperationStatus.DestinationTooSmall)
        {
            valid += count;
        }

        Utf8.ToUtf16(bytes[valid..], scratch, out var last, out _, replaceInvalidSequences: false);
        return valid + last;
    }

    private static string Line(ReadOnlySpan<byte> before) => string.Create(CultureInfo.InvariantCulture, $"line {before.Count((byte)'\n') + 1}");

    private int IndexOf(string name) => _items.FindIndex(item => string.Equals(item.Name, name, StringComparison.Ordinal));
}
