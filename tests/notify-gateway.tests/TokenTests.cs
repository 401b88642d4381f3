using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>Which tokens open a connection, and what is said of the others.</summary>
public sealed class TokenTests(OneGateway gateway) : IClassFixture<OneGateway>
{
    private static readonly RSA OneRsaKey = RSA.Create(2048);

    private static long In(double seconds) => TimeProvider.System.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds();

    /// <summary>Each is wrong in one point.</summary>
    private static readonly Dictionary<string, (Func<string> Token, string Sentence)> Wrong = new(
        StringComparer.Ordinal
    )
    {
        ["another secret"] = (
            () => (GatewayToken.Of("alice") with { Key = "another secret, just as long as the right one" }).ToString(),
            "signature is invalid"
        ),
        ["another user's name put into a good token"] = (
            () => $"{GatewayToken.Of("bob").Content}.{GatewayToken.Of("alice").ToString().Split('.')[2]}",
            "signature is invalid"
        ),
        ["another user's name and the attacker's secret"] = (
            () => (GatewayToken.Of("bob") with { Key = "the secret of somebody who would like to be bob" }).ToString(),
            "signature is invalid"
        ),
        ["alg none, no signature"] = (
            () => GatewayToken.Of("alice").Saying("none").SignedBy(_ => []),
            "signature is invalid"
        ),
        ["alg None, no signature"] = (
            () => GatewayToken.Of("alice").Saying("None").SignedBy(_ => []),
            "signature is invalid"
        ),
        ["alg none with a good signature"] = (() => GatewayToken.Of("alice").Saying("none").ToString(), ""),
        ["no alg"] = (
            () =>
                (
                    GatewayToken.Of("alice") with
                    {
                        Header = new Dictionary<string, object?>(StringComparer.Ordinal) { ["typ"] = "JWT" },
                    }
                ).ToString(),
            ""
        ),
        ["alg HS512 with the right secret"] = (
            () =>
                GatewayToken
                    .Of("alice")
                    .Saying("HS512")
                    .SignedBy(content => HMACSHA512.HashData(Encoding.UTF8.GetBytes(GatewayToken.Secret), content)),
            ""
        ),
        ["alg HS384 with the right secret"] = (
            () =>
                GatewayToken
                    .Of("alice")
                    .Saying("HS384")
                    .SignedBy(content => HMACSHA384.HashData(Encoding.UTF8.GetBytes(GatewayToken.Secret), content)),
            ""
        ),
        ["alg RS256"] = (
            () =>
                GatewayToken
                    .Of("alice")
                    .Saying("RS256")
                    .SignedBy(content =>
                        OneRsaKey.SignData(content, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
                    ),
            ""
        ),
        ["alg RS256 with an HS256 signature"] = (() => GatewayToken.Of("alice").Saying("RS256").ToString(), ""),
        ["no signature"] = (() => GatewayToken.Of("alice").Content + ".", "signature is invalid"),
        ["a signature cut short"] = (() => GatewayToken.Of("alice").ToString()[..^2], "signature is invalid"),
        ["over"] = (() => GatewayToken.Of("alice").With("exp", In(-1)).ToString(), "The token has expired"),
        ["over for long"] = (() => GatewayToken.Of("alice").With("exp", 1000).ToString(), "The token has expired"),
        ["end before all time"] = (() => GatewayToken.Of("alice").With("exp", -1).ToString(), ""),
        ["end as a text"] = (() => GatewayToken.Of("alice").With("exp", "tomorrow").ToString(), ""),
        ["no end"] = (() => GatewayToken.Of("alice").With("exp", null).ToString(), "has no expiry"),
        ["not begun"] = (() => GatewayToken.Of("alice").With("nbf", In(120)).ToString(), "not valid yet"),
        ["no issuer"] = (
            () => GatewayToken.Of("alice").With("iss", null).ToString(),
            "The token is not from the dashboard"
        ),
        ["another issuer"] = (
            () => GatewayToken.Of("alice").With("iss", "notify-bot").ToString(),
            "The token is not from the dashboard"
        ),
        ["no audience"] = (() => GatewayToken.Of("alice").With("aud", null).ToString(), "not for the gateway"),
        ["another audience"] = (
            () => GatewayToken.Of("alice").With("aud", "notify-web").ToString(),
            "not for the gateway"
        ),
        ["no subject"] = (() => GatewayToken.Of("alice").With("sub", null).ToString(), "names no user"),
        ["an empty subject"] = (() => GatewayToken.Of("").ToString(), "names no user"),
        ["a subject that is no user name"] = (() => GatewayToken.Of("../alice").ToString(), "names no user"),
        ["a subject that is a number"] = (() => GatewayToken.Of("alice").With("sub", 7).ToString(), "names no user"),
        ["a very long id"] = (() => GatewayToken.Of("alice", new string('x', 129)).ToString(), "id is too long"),
        ["crit"] = (() => With("crit", new[] { "exp" }), "has an unknown or repeated claim"),
        ["crit with a name that nobody knows"] = (
            () => With("crit", new[] { "urn:example:demand" }),
            "has an unknown or repeated claim"
        ),
        ["an empty crit"] = (() => With("crit", Array.Empty<string>()), "has an unknown or repeated claim"),
        ["crit that is null"] = (() => With("crit", null), "has an unknown or repeated claim"),
        ["b64 false"] = (() => With("b64", false), "has an unknown or repeated claim"),
        ["b64 false, critical"] = (
            () =>
                (
                    GatewayToken.Of("alice") with
                    {
                        Header = Header(("crit", new[] { "b64" }), ("b64", false)),
                    }
                ).ToString(),
            "has an unknown or repeated claim"
        ),
        ["zip"] = (() => With("zip", "DEF"), "has an unknown or repeated claim"),
        ["alg twice in the header"] = (
            () => SignedAsItStands("""{"alg":"none","typ":"JWT","alg":"HS256"}""", null),
            ""
        ),
        ["typ twice in the header"] = (
            () => SignedAsItStands("""{"alg":"HS256","typ":"JWT","typ":"JWT"}""", null),
            "has an unknown or repeated claim"
        ),
        ["two subjects"] = (
            () => SignedAsItStands(null, claims => claims.Replace("{", "{\"sub\":\"bob\",", StringComparison.Ordinal)),
            "has an unknown or repeated claim"
        ),
        ["two ends"] = (
            () =>
                SignedAsItStands(
                    null,
                    claims => claims.Replace("}", ",\"exp\":253402300799}", StringComparison.Ordinal)
                ),
            "has an unknown or repeated claim"
        ),
        ["five parts"] = (() => $"{GatewayToken.Of("alice")}.AAAA.AAAA", ""),
        ["words"] = (() => "let me in", "not a token"),
        ["nothing"] = (() => "", "not a token"),
        ["dots"] = (() => "..", ""),
        ["a header that is no JSON"] = (() => $"AAAA.{GatewayToken.Of("alice").ToString().Split('.', 2)[1]}", ""),
    };

    private static string With(string name, object? value) =>
        (GatewayToken.Of("alice") with { Header = Header((name, value)) }).ToString();

    private static Dictionary<string, object?> Header(params (string Name, object? Value)[] more) =>
        more.Prepend(("alg", "HS256"))
            .ToDictionary(member => member.Item1, member => member.Item2, StringComparer.Ordinal);

    /// <summary>A right signature of a header and claims that no serializer writes.</summary>
    private static string SignedAsItStands(string? header, Func<string, string>? claims)
    {
        var token = GatewayToken
            .Of("alice")
            .Content.Split('.')
            .Select(part => Encoding.UTF8.GetString(Base64Url.DecodeFromChars(part)))
            .ToArray();
        var content = string.Join(
            '.',
            new[] { header ?? token[0], claims?.Invoke(token[1]) ?? token[1] }.Select(part =>
                Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part))
            )
        );
        return $"{content}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(GatewayToken.Secret), Encoding.ASCII.GetBytes(content)))}";
    }

    /// <summary>Their names.</summary>
    public static IEnumerable<TheoryDataRow<string>> WrongTokens =>
        Wrong.Keys.Select(name => new TheoryDataRow<string>(name));

    [Theory]
    [MemberData(nameof(WrongTokens))]
    public async Task A_wrong_token_is_refused_with_a_sentence(string name)
    {
        using var client = await gateway.Scene.ConnectAsync();

        await client.AuthenticateAsync(Wrong[name].Token());

        Assert.Contains(Wrong[name].Sentence, await client.RefusalAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_right_token_may_hold_more_than_it_must()
    {
        foreach (
            var token in new[]
            {
                GatewayToken.Of("alice").With("aud", new[] { "notify-desktop", "notify-gateway" }),
                GatewayToken.Of("alice").With("nbf", In(10)).With("iat", In(10)),
                GatewayToken.Of("alice").With("exp", 253_402_300_799),
                GatewayToken.Of("alice").With("exp", In(600) + 0.5),
                GatewayToken.Of("alice").With("name", "Alice").With("jti", "a device"),
                GatewayToken.Of("alice") with
                {
                    Header = new Dictionary<string, object?>(StringComparer.Ordinal)
                    {
                        ["alg"] = "HS256",
                        ["kid"] = "2026",
                    },
                },
            }
        )
        {
            using var client = await GatewayClient.LogInAsync(gateway.Scene.Gateway.Address, token);
            await client.CloseAsync();
        }
    }

    [Fact]
    public async Task The_log_tells_of_refused_clients_but_never_of_tokens_or_secrets()
    {
        await using var scene = await GatewayScene.BeginAsync();
        var token = GatewayToken.Of("alice").With("iss", "somebody").ToString();
        for (var i = 0; i < 3; i++)
        {
            using var client = await scene.ConnectAsync();
            await client.AuthenticateAsync(token);
            await client.RefusalAsync();
        }

        // Said once; the others are counted and said with the next, a minute later.
        Assert.Single(
            scene.Gateway.Said.Split('\n'),
            line =>
                line.Contains(
                    "INFO 3101 A client from 127.0.0.1 was refused: The token is not from the dashboard.",
                    StringComparison.Ordinal
                )
        );
        Assert.DoesNotContain(token.Split('.')[1], scene.Gateway.Said, StringComparison.Ordinal);
        Assert.DoesNotContain(GatewayToken.Secret, scene.Gateway.Said, StringComparison.Ordinal);
        await scene.Caller.WaitForMetricAsync("notify_gateway_ended_total{reason=\"not_authenticated\"}", 3);
    }

    [Fact]
    public async Task While_the_secret_is_replaced_tokens_of_both_are_taken_and_then_only_those_of_the_new_one()
    {
        const string NewSecret = "a newer secret that is long enough, too";
        await using var scene = GatewayScene.Set();
        scene.Environment["NOTIFY_JWT_SECRET"] = NewSecret;
        scene.Environment["NOTIFY_JWT_SECRET_PREVIOUS"] = GatewayToken.Secret;
        await scene.StartAsync();
        using (var old = await scene.LogInAsync("alice"))
        using (
            var renewed = await GatewayClient.LogInAsync(
                scene.Gateway.Address,
                GatewayToken.Of("alice") with
                {
                    Key = NewSecret,
                }
            )
        )
        {
            Assert.Equal(2, await scene.Caller.DispatchAsync("alice", "to both"));
        }

        await scene.Gateway.StopAsync(TestContext.Current.CancellationToken);
        scene.Environment.Remove("NOTIFY_JWT_SECRET_PREVIOUS");
        await scene.StartAsync();

        using var still = await GatewayClient.LogInAsync(
            scene.Gateway.Address,
            GatewayToken.Of("alice") with
            {
                Key = NewSecret,
            }
        );
        using var late = await scene.ConnectAsync();
        await late.AuthenticateAsync(GatewayToken.Of("alice").ToString());
        Assert.Contains("signature is invalid", await late.RefusalAsync(), StringComparison.Ordinal);
    }
}
