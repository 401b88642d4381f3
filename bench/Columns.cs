namespace Notify.Bench;

/// <summary>How all of it prints what was measured.</summary>
internal static class Columns
{
    /// <summary>Writes rows of as many cells each, below each other.</summary>
    internal static async Task WriteAsync(TextWriter output, IReadOnlyList<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(i => rows.Max(r => r[i].Length)).ToArray();
        foreach (var row in rows)
        {
            await output.WriteLineAsync(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
        }
    }
}
