using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using Notify.Contracts;
using Notify.Files;
using Notify.Posix;

namespace Notify.Gateway.Tokens;

/// <summary>A revoked token.</summary>
/// <param name="Id">Its <c>jti</c>.</param>
/// <param name="Until">When it expires; then it can be dropped.</param>
public sealed record RevokedToken(string Id, [property: JsonConverter(typeof(UtcTime))] DateTimeOffset Until);

/// <summary>Revoked tokens, in memory for lookups and in a file for the next start.</summary>
/// <remarks>Safe for several threads. A lookup never waits for the disk.</remarks>
public sealed class RevokedTokens
{
    private readonly Lock _writing = new();
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, DateTimeOffset> _byId;

    private RevokedTokens(string path, TimeProvider time, IEnumerable<RevokedToken> tokens)
    {
        _path = path;
        _time = time;
        _byId = new(tokens.Select(t => KeyValuePair.Create(t.Id, t.Until)), StringComparer.Ordinal);
    }

    /// <summary>Remembered tokens, ordered by expiry.</summary>
    public IReadOnlyList<RevokedToken> All =>
        [
            .. _byId
                .Where(t => t.Value > _time.GetUtcNow())
                .Select(t => new RevokedToken(t.Key, t.Value))
                .OrderBy(t => t.Until)
                .ThenBy(t => t.Id, StringComparer.Ordinal),
        ];

    /// <summary>Reads the file of an earlier gateway. There is none before the first revocation.</summary>
    /// <exception cref="IOException">The file is unreadable or invalid. Without it revoked tokens would get in.</exception>
    public static RevokedTokens Open(string folder, TimeProvider time)
    {
        var path = Path.Combine(folder, "revoked.json");
        try
        {
            using var file = File.OpenRead(path);
            var stored =
                JsonSerializer.Deserialize(file, RevokedTokensJson.Default.RevokedList)?.Revoked
                ?? throw new JsonException("it holds no list");
            return new RevokedTokens(path, time, stored.DistinctBy(t => t.Id, StringComparer.Ordinal));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new RevokedTokens(path, time, []);
        }
        catch (Exception e)
            when (e is JsonException or ArgumentNullException or UnauthorizedAccessException or IOException)
        {
            throw new IOException(
                $"{path} can't be read ({e.Message.TrimEnd('.')}), and it lists the revoked tokens, so the gateway does not start. Fix it. Or move it away, and revoke the devices on the dashboard again.",
                e
            );
        }
    }

    /// <summary>Whether a token was revoked.</summary>
    public bool Contains(string id) => _byId.ContainsKey(id);

    /// <summary>Revokes a token. It counts no more from this call on, even if the file can't be written.</summary>
    /// <exception cref="FileNotWrittenException">The file could not be written, so the token would count again after a restart.</exception>
    public void Add(RevokedToken token)
    {
        ArgumentNullException.ThrowIfNull(token);
        _byId.AddOrUpdate(token.Id, token.Until, (_, known) => known > token.Until ? known : token.Until);
        lock (_writing)
        {
            AtomicFile.Replace(
                _path,
                JsonSerializer.SerializeToUtf8Bytes(new RevokedList(All), RevokedTokensJson.Default.RevokedList),
                FileModes.OwnerFile
            );
        }
    }

    /// <summary>Drops expired tokens. The file loses them at its next write.</summary>
    public void Forget()
    {
        var now = _time.GetUtcNow();
        foreach (var token in _byId)
        {
            if (token.Value <= now)
            {
                _byId.TryRemove(token);
            }
        }
    }
}

/// <summary>The file, and the answer of <c>GET /revoked</c>.</summary>
public sealed record RevokedList(IReadOnlyList<RevokedToken> Revoked);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true
)]
[JsonSerializable(typeof(RevokedList))]
internal sealed partial class RevokedTokensJson : JsonSerializerContext
{
    /// <summary>As an answer: letters are as they are, which the file escapes.</summary>
    internal static RevokedTokensJson Wire { get; } = new(WireJson.NewOptions());
}
