using System.Globalization;
using System.Text;
using Notify.Files;
using Notify.Sending;
using Notify.Text;

namespace Notify.Command;

/// <summary>Reads a CSV file (RFC 4180, and what spreadsheets make of it) as a table.</summary>
/// <remarks>
/// Cells are separated by commas, semicolons or tabs: what separates most cells of the first line, or what a first line <c>sep=;</c> names. A cell in quotes may
/// hold separators, line ends and doubled quotes. UTF-8 with or without a byte order mark, or UTF-16 with one. Empty lines count for nothing.
/// </remarks>
internal static class CsvTable
{
    /// <summary>Most cells of a table, without its header (docs/send-api.md).</summary>
    private const int MaxCells = 10_000;

    /// <summary>Largest file, in bytes: more does not fit into a request.</summary>
    private const int MaxBytes = 4_000_000;

    private const char Quote = '"';

    private static readonly char[] Separators = [',', ';', '\t'];

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">It can't be read, or is no table.</exception>
    internal static TextTable ReadFile(string path)
    {
        byte[] bytes;
        try
        {
            bytes = RegularFile.ReadAll(path, MaxBytes);
        }
        catch (IOException e)
        {
            throw new InputException($"The table can't be read: {e.Message}. A larger one goes as a file: --file");
        }

        return Parse(Decode(bytes, path), path);
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">The whole file.</param>
    /// <param name="name">The file, for messages.</param>
    /// <exception cref="InputException">It is no table.</exception>
    internal static TextTable Parse(string text, string name)
    {
        var separator = Separator(ref text);
        var rows = new List<IReadOnlyList<string>>();
        var columns = 0;
        var reader = new CsvReader(text, separator);
        while (reader.Next() is { } row)
        {
            if (rows.Count == 0)
            {
                columns = row.Count;
            }
            else if (row.Count > columns)
            {
                throw Wrong(name, reader.Line, $"has {row.Count} cells, and the first line names {columns} columns");
            }

            // Some programs leave empty cells out at the end of a line.
            row.AddRange(Enumerable.Repeat("", columns - row.Count));
            rows.Add(row);
            if ((rows.Count - 1) * columns > MaxCells)
            {
                throw new InputException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{SafeText.Line(name)} has more than {MaxCells:N0} cells. Send it as a file: --file"
                    )
                );
            }
        }

        if (reader.IsOpen)
        {
            throw Wrong(name, reader.Line, "begins a cell with a quote that no other ends");
        }

        return rows.Count > 0
            ? new TextTable(rows[0], rows[1..])
            : throw new InputException($"{SafeText.Line(name)} is empty: its first line has to name the columns.");
    }

    private static string Decode(byte[] bytes, string name)
    {
        Encoding encoding = bytes switch
        {
            [0xFF, 0xFE, ..] => new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
            [0xFE, 0xFF, ..] => new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
            _ => new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true),
        };
        try
        {
            return encoding.GetString(bytes).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            throw new InputException(
                $"{SafeText.Line(name)} is not UTF-8. Convert it first, such as: iconv -f WINDOWS-1252 -t UTF-8 {SafeText.Line(name)} > new.csv"
            );
        }
    }

    private static char Separator(ref string text)
    {
        var end = text.AsSpan().IndexOfAny('\r', '\n');
        var first = end < 0 ? text : text[..end];
        if (first.Length == 5 && first.StartsWith("sep=", StringComparison.OrdinalIgnoreCase))
        {
            text = text[first.Length..];
            return first[4];
        }

        var header = text;
        return Separators
            .Select(separator => (separator, Cells: new CsvReader(header, separator).Next()?.Count ?? 0))
            .MaxBy(one => one.Cells)
            .separator;
    }

    private static InputException Wrong(string name, int line, string what) =>
        new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{SafeText.Line(name)} is no table: line {line} {what}. Fix it, or send it as a file: --file"
            )
        );

    /// <summary>Reads line by line.</summary>
    private sealed class CsvReader(string text, char separator)
    {
        private int _at;
        private int _lines = 1;

        /// <summary>The number of the line where the last row began.</summary>
        internal int Line { get; private set; }

        /// <summary>Whether a quoted cell had no end.</summary>
        internal bool IsOpen { get; private set; }

        /// <summary>The cells of the next line that is not empty; null at the end.</summary>
        internal List<string>? Next()
        {
            while (_at < text.Length && IsLineEnd())
            {
                EndLine();
            }

            if (_at >= text.Length)
            {
                return null;
            }

            Line = _lines;
            var row = new List<string>();
            while (true)
            {
                row.Add(Cell());
                if (_at >= text.Length)
                {
                    return row;
                }

                if (text[_at] == separator)
                {
                    _at++;
                    continue;
                }

                EndLine();
                return row;
            }
        }

        private bool IsLineEnd() => text[_at] is '\r' or '\n';

        private void EndLine()
        {
            _at += text.AsSpan(_at).StartsWith("\r\n", StringComparison.Ordinal) ? 2 : 1;
            _lines++;
        }

        private string Cell()
        {
            var cell = new StringBuilder();
            if (_at < text.Length && text[_at] == Quote)
            {
                Quoted(cell);
            }

            // Also what stands behind a closing quote: as Python's reader does.
            var start = _at;
            while (_at < text.Length && text[_at] != separator && !IsLineEnd())
            {
                _at++;
            }

            return cell.Append(text, start, _at - start).ToString();
        }

        private void Quoted(StringBuilder cell)
        {
            for (_at++; _at < text.Length; _at++)
            {
                if (text[_at] == Quote)
                {
                    _at++;
                    if (_at >= text.Length || text[_at] != Quote)
                    {
                        return;
                    }
                }
                else if (IsLineEnd())
                {
                    _lines +=
                        text[_at] == '\n' || !text.AsSpan(_at).StartsWith("\r\n", StringComparison.Ordinal) ? 1 : 0;
                }

                cell.Append(text[_at]);
            }

            IsOpen = true;
        }
    }
}
