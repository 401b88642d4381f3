using System.Text.Json;
using Notify.Files;

namespace Notify.Scripts;

/// <summary>A recent outage of a user's scripts, kept in <c>~/.notifications/folder.json</c> between rounds.</summary>
/// <param name="Since">When a round first found none; null if they are there.</param>
/// <param name="Told">Whether the owner's phone was told, and has to hear when they are back.</param>
/// <param name="Failures">How often rounds found none lately, and what the owner was told.</param>
public sealed record FolderOutage(DateTimeOffset? Since, bool Told, FailureHistory? Failures = null)
{
    /// <summary>Largest readable file, in bytes; ours has some hundred.</summary>
    private const int MaxSize = 16 << 10;

    /// <summary>Reads the outage; null if there is none or it can't be read.</summary>
    public static FolderOutage? Read(ScriptHome home)
    {
        ArgumentNullException.ThrowIfNull(home);
        return StateJson.TryRead(
            home.FolderFile,
            MaxSize,
            root => new FolderOutage(
                root.TryGetProperty("gone_since", out var since)
                    ? DateTimeOffset.FromUnixTimeSeconds(since.GetInt64())
                    : null,
                root.TryGetProperty("told", out var told) && told.ValueKind == JsonValueKind.True,
                root.TryGetProperty("failures", out var failures) && failures.ValueKind == JsonValueKind.Object
                    ? ScriptState.TryReadFailures(failures)
                    : null
            )
        );
    }

    /// <summary>Saves it.</summary>
    /// <exception cref="FileNotWrittenException">It can't be written.</exception>
    public void Write(ScriptHome home)
    {
        ArgumentNullException.ThrowIfNull(home);
        StateJson.Write(
            home.FolderFile,
            writer =>
            {
                if (Since is { } since)
                {
                    writer.WriteNumber("gone_since", since.ToUnixTimeSeconds());
                }

                writer.WriteBoolean("told", Told);
                if (Failures is { } failures)
                {
                    ScriptState.Write(writer, failures);
                }
            }
        );
    }

    /// <summary>Deletes it: the scripts are back.</summary>
    /// <exception cref="IOException">It can't be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">The right to delete it is missing.</exception>
    public static void Forget(ScriptHome home)
    {
        ArgumentNullException.ThrowIfNull(home);
        File.Delete(home.FolderFile);
    }
}
