using System.Diagnostics;
using System.Globalization;

namespace Notify.Testing;

/// <summary>Another program that has an SQLite file open and holds on to it, such as an operator's shell, until it is told to let go.</summary>
public sealed class SqliteHolder : IAsyncDisposable
{
    /// <summary>What an operator's shell does that means to change something.</summary>
    public const string Immediate = "BEGIN IMMEDIATE";

    /// <summary>The same, as a careful one does it.</summary>
    public const string Exclusive = "BEGIN EXCLUSIVE";

    /// <summary>What a program does that wants the file for itself as long as it runs.</summary>
    public const string ForItself = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE";

    /// <summary>What a report does that reads for hours.</summary>
    public const string Reading = "BEGIN; SELECT count(*) FROM notification";

    private const string Program = """
        import sqlite3, sys
        connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
        for statement in sys.argv[2].split(";"):
            connection.execute(statement).fetchall()
        print("holds", flush=True)
        sys.stdin.readline()
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.close()
        """;

    private readonly Process _process;

    private SqliteHolder(Process process) => _process = process;

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>As a message names it.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"process {Id} (python3");

    /// <summary>Starts it, and waits until it holds the file.</summary>
    /// <param name="file">The SQLite file.</param>
    /// <param name="statements">How it takes hold; one of the constants.</param>
    /// <param name="cancellation">The test's.</param>
    public static async Task<SqliteHolder> TakeAsync(string file, string statements, CancellationToken cancellation)
    {
        var process = Process.Start(
            new ProcessStartInfo("/usr/bin/python3", ["-c", Program, file, statements])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        Xunit.Assert.Equal("holds", await process.StandardOutput.ReadLineAsync(cancellation));
        return new SqliteHolder(process);
    }

    /// <summary>It lets go, and ends.</summary>
    public async Task LetGoAsync()
    {
        await _process.StandardInput.WriteLineAsync();
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }
}
