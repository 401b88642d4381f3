using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Notify.Testing;

/// <summary>A token, signed by hand, so that the test's idea of one is not the gateway's library's. Each part can be made wrong.</summary>
public sealed record GatewayToken
{
    /// <summary>The secret that gateways of these tests have.</summary>
    public const string Secret =
        "a secret that is long enough for HS512 too, so that only the algorithm is wrong there";

    /// <summary>The claims.</summary>
    public IDictionary<string, object?> Claims { get; init; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    /// <summary>The header.</summary>
    public IDictionary<string, object?> Header { get; init; } =
        new Dictionary<string, object?>(StringComparer.Ordinal) { ["alg"] = "HS256", ["typ"] = "JWT" };

    /// <summary>With which it is signed.</summary>
    public string Key { get; init; } = Secret;

    /// <summary>A good token.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="id">Its <c>jti</c>, if it has one.</param>
    /// <param name="now">The time of the one who checks it.</param>
    /// <param name="lives">How long it lives from then on.</param>
    public static GatewayToken Of(string user, string? id = null, DateTimeOffset? now = null, TimeSpan? lives = null)
    {
        var token = new GatewayToken
        {
            Claims =
            {
                ["sub"] = user,
                ["iss"] = "notify-web",
                ["aud"] = "notify-gateway",
                ["exp"] = (
                    (now ?? TimeProvider.System.GetUtcNow()) + (lives ?? TimeSpan.FromHours(1))
                ).ToUnixTimeSeconds(),
            },
        };
        if (id is not null)
        {
            token.Claims["jti"] = id;
        }

        return token;
    }

    /// <summary>The same with another claim, or with none where the value is null.</summary>
    public GatewayToken With(string claim, object? value)
    {
        var claims = new Dictionary<string, object?>(Claims, StringComparer.Ordinal);
        claims.Remove(claim);
        if (value is not null)
        {
            claims[claim] = value;
        }

        return this with
        {
            Claims = claims,
        };
    }

    /// <summary>The same with another algorithm in its header; it is signed with HS256 all the same.</summary>
    public GatewayToken Saying(string algorithm) =>
        this with
        {
            Header = new Dictionary<string, object?>(Header, StringComparer.Ordinal) { ["alg"] = algorithm },
        };

    /// <summary>Header and claims, as they are signed.</summary>
    public string Content =>
        $"{Encode(JsonSerializer.SerializeToUtf8Bytes(Header))}.{Encode(JsonSerializer.SerializeToUtf8Bytes(Claims))}";

    /// <summary>The token as text.</summary>
    public override string ToString() =>
        $"{Content}.{Encode(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), Encoding.ASCII.GetBytes(Content)))}";

    /// <summary>The token with another signature.</summary>
    public string SignedBy(Func<byte[], byte[]> sign)
    {
        ArgumentNullException.ThrowIfNull(sign);
        return $"{Content}.{Encode(sign(Encoding.ASCII.GetBytes(Content)))}";
    }

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
