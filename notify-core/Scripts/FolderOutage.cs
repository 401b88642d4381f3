using System.Buffers;
using System.Text.Json;
using Notify.Files;

namespace Notify.Scripts;

/// <summary>When a user's scripts were gone lately, as it is kept in <c>~/.notifications/folder.json</c> from round to round.</summary>
/// <param name="Since">When a round first found none; null where they are there.</param>
/// <param name="Told">Whether the owner's phone was told, and so must be told when they are back.</param>
/// <param name="Failures">How often rounds found none lately, and what the owner was told of it.</param>
public sealed record FolderOutage(DateTimeOffset? Since, bool Told, FailureHistory? Failures = null)
{
    /// <summary>The outage that earlier rounds found; null where there is none, or it can't be read.</summary>
    public static FolderOutage? Read(ScriptHome home)
    {
        ArgumentNullException.ThrowIfNull(home);
        if (!File.Exists(home.FolderFile))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(home.FolderFile));
            var root = document.RootElement;
            return new FolderOutage(
                root.TryGetProperty("gone_since", out var since)
                    ? DateTimeOffset.FromUnixTimeSeconds(since.GetInt64())
                    : null,
                root.TryGetProperty("told", out var told) && told.ValueKind == JsonValueKind.True,
                root.TryGetProperty("failures", out var failures) && failures.ValueKind == JsonValueKind.Object
                    ? ScriptState.TryReadFailures(failures)
                    : null
            );
        }
        catch (Exception e)
            when (e
                    is IOException
                        or UnauthorizedAccessException
                        or JsonException
                        or InvalidOperationException
                        or KeyNotFoundException
                        or FormatException
                        or ArgumentOutOfRangeException
            )
        {
            return null;
        }
    }

    /// <summary>Keeps it.</summary>
    /// <exception cref="FileNotWrittenException">It can't be written.</exception>
    public void Write(ScriptHome home)
    {
        ArgumentNullException.ThrowIfNull(home);
        var buffer = new ArrayBufferWriter<byte>(64);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (Since is { } since)
            {
                writer.WriteNumber("gone_since", since.ToUnixTimeSeconds());
            }

            writer.WriteBoolean("told", Told);
            if (Failures is { } failures)
            {
                ScriptState.Write(writer, failures);
            }

            writer.WriteEndObject();
        }

        AtomicFile.Replace(home.FolderFile, buffer.WrittenSpan, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Forgets it: the scripts are there again.</summary>
    /// <exception cref="IOException">It can't be taken away.</exception>
    /// <exception cref="UnauthorizedAccessException">There is no right to.</exception>
    public static void Forget(ScriptHome home)
    {
        ArgumentNullException.ThrowIfNull(home);
        File.Delete(home.FolderFile);
    }
}
