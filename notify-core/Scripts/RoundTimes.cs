using Notify.Files;

namespace Notify.Scripts;

/// <summary>When the last rounds of a user began, and which scripts the last one found, in <c>~/.notifications/rounds.json</c>. Rounds at a terminal are not among them.</summary>
public sealed class RoundTimes
{
    /// <summary>Ten distances.</summary>
    private const int Most = 11;

    /// <summary>Largest readable file, in bytes. The names of a thousand scripts have some 30 kB.</summary>
    private const int MaxSize = 1 << 20;

    /// <summary>With more scripts their names are not kept: each may have 255 bytes.</summary>
    private const int MaxNames = 3000;

    private const string StartsName = "started";
    private const string ScriptsName = "scripts";

    /// <summary>No rounds.</summary>
    public static RoundTimes None { get; } = new([], null);

    private readonly List<DateTimeOffset> _starts;
    private readonly HashSet<string>? _scripts;

    private RoundTimes(List<DateTimeOffset> starts, HashSet<string>? scripts)
    {
        _starts = starts;
        _scripts = scripts;
    }

    /// <summary>When the last round began; null before the first.</summary>
    public DateTimeOffset? Last => _starts.Count > 0 ? _starts[^1] : null;

    /// <summary>The median distance of the last rounds; null before the second.</summary>
    public TimeSpan? Every
    {
        get
        {
            var distances = _starts
                .Zip(_starts.Skip(1), (before, after) => after - before)
                .Where(distance => distance > TimeSpan.Zero)
                .Order()
                .ToList();
            return distances.Count > 0 ? distances[distances.Count / 2] : null;
        }
    }

    /// <summary>Whether a script was not in the folder in the last round: it is new, or was moved away and is back. False if that is not known.</summary>
    public bool Missed(ScriptName script)
    {
        ArgumentNullException.ThrowIfNull(script);
        return _scripts?.Contains(script.Value) == false;
    }

    /// <summary>Reads them. An unreadable file counts as none: the next rounds fill it again.</summary>
    public static RoundTimes Read(ScriptHome home)
    {
        ArgumentNullException.ThrowIfNull(home);
        return StateJson.TryRead(
                home.RoundsFile,
                MaxSize,
                root => new RoundTimes(
                    [
                        .. root.GetProperty(StartsName)
                            .EnumerateArray()
                            .Select(start => DateTimeOffset.FromUnixTimeSeconds(start.GetInt64()))
                            .TakeLast(Most),
                    ],
                    root.TryGetProperty(ScriptsName, out var scripts)
                        ? scripts.EnumerateArray().Select(name => name.GetString()!).ToHashSet(StringComparer.Ordinal)
                        : null
                )
            ) ?? None;
    }

    /// <summary>Adds a round. Later starts are dropped: the clock was set back.</summary>
    public RoundTimes With(DateTimeOffset start) =>
        new([.. _starts.Where(earlier => earlier <= start).Append(start).TakeLast(Most)], _scripts);

    /// <summary>The same rounds, with the scripts that the last one found.</summary>
    /// <param name="scripts">All of them, also those that it passed over.</param>
    public RoundTimes With(IEnumerable<ScriptName> scripts)
    {
        var names = scripts.Select(script => script.Value).ToHashSet(StringComparer.Ordinal);
        return new RoundTimes(_starts, names.Count <= MaxNames ? names : null);
    }

    /// <summary>Writes them in one step.</summary>
    /// <exception cref="FileNotWrittenException">Writing failed; the old file is intact.</exception>
    public void Write(ScriptHome home)
    {
        ArgumentNullException.ThrowIfNull(home);
        StateJson.Write(
            home.RoundsFile,
            writer =>
            {
                writer.WriteStartArray(StartsName);
                foreach (var start in _starts)
                {
                    writer.WriteNumberValue(start.ToUnixTimeSeconds());
                }

                writer.WriteEndArray();
                if (_scripts is not null)
                {
                    writer.WriteStartArray(ScriptsName);
                    foreach (var name in _scripts.Order(StringComparer.Ordinal))
                    {
                        writer.WriteStringValue(name);
                    }

                    writer.WriteEndArray();
                }
            }
        );
    }
}
