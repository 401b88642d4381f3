using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using Notify.Files;

namespace Notify.Gateway.Tokens;

/// <summary>A token that counts no more.</summary>
/// <param name="Id">Its <c>jti</c>.</param>
/// <param name="Until">When it would have ended by itself; from then on nobody needs to remember it.</param>
public sealed record RevokedToken(string Id, [property: JsonConverter(typeof(UtcTime))] DateTimeOffset Until);

/// <summary>Which tokens count no more: in memory for the asking, in a file for the next start.</summary>
/// <remarks>Safe for several threads. Asking costs a look into a table and never waits for the disk.</remarks>
public sealed class RevokedTokens
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

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

    /// <summary>Those that are remembered, the ones that end first before the others.</summary>
    public IReadOnlyList<RevokedToken> All =>
        [
            .. _byId
                .Where(t => t.Value > _time.GetUtcNow())
                .Select(t => new RevokedToken(t.Key, t.Value))
                .OrderBy(t => t.Until)
                .ThenBy(t => t.Id, StringComparer.Ordinal),
        ];

    /// <summary>Reads what an earlier gateway left in the folder; nothing is there before the first token is revoked.</summary>
    /// <exception cref="IOException">The file can't be read or is not what a gateway wrote. To go on without it would let revoked tokens in.</exception>
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
                $"{path} can't be read ({e.Message.TrimEnd('.')}), and it says which tokens are revoked, so the gateway does not start. Mend it; or move it away, and revoke the devices in the dashboard again.",
                e
            );
        }
    }

    /// <summary>Whether a token was revoked.</summary>
    public bool Contains(string id) => _byId.ContainsKey(id);

    /// <summary>Remembers a token. From the call on it counts no more, whatever becomes of the file.</summary>
    /// <exception cref="FileNotWrittenException">It counts no more, but would again after a restart: the file could not be written.</exception>
    public void Add(RevokedToken token)
    {
        ArgumentNullException.ThrowIfNull(token);
        _byId.AddOrUpdate(token.Id, token.Until, (_, known) => known > token.Until ? known : token.Until);
        lock (_writing)
        {
            AtomicFile.Replace(
                _path,
                JsonSerializer.SerializeToUtf8Bytes(new RevokedList(All), RevokedTokensJson.Default.RevokedList),
                OwnerOnly
            );
        }
    }

    /// <summary>Forgets those that have ended by themselves. The file loses them when it is next written.</summary>
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
internal sealed partial class RevokedTokensJson : JsonSerializerContext;
