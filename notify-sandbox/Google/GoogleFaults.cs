using System.Text.Json.Serialization;

namespace Notify.Sandbox.Google;

/// <summary>What goes wrong at the sandbox's Google.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<GoogleFaultKind>))]
public enum GoogleFaultKind
{
    /// <summary>The ID token's nonce is not the one that was asked with.</summary>
    [JsonStringEnumMemberName("wrong_nonce")]
    WrongNonce,

    /// <summary>The ID token has no nonce.</summary>
    [JsonStringEnumMemberName("no_nonce")]
    NoNonce,

    /// <summary>The ID token is for another client.</summary>
    [JsonStringEnumMemberName("wrong_audience")]
    WrongAudience,

    /// <summary>The ID token is somebody else's.</summary>
    [JsonStringEnumMemberName("wrong_issuer")]
    WrongIssuer,

    /// <summary>The ID token has been over for an hour.</summary>
    [JsonStringEnumMemberName("expired_token")]
    ExpiredToken,

    /// <summary>The ID token begins to be valid in an hour.</summary>
    [JsonStringEnumMemberName("not_yet_valid")]
    NotYetValid,

    /// <summary>The ID token's signature does not belong to it.</summary>
    [JsonStringEnumMemberName("bad_signature")]
    BadSignature,

    /// <summary>The ID token says that it needs no signature, and has none.</summary>
    [JsonStringEnumMemberName("alg_none")]
    AlgNone,

    /// <summary>The ID token does not say whether the e-mail is verified.</summary>
    [JsonStringEnumMemberName("no_email_verified")]
    NoEmailVerified,

    /// <summary>The token endpoint answers 500.</summary>
    [JsonStringEnumMemberName("token_500")]
    Token500,

    /// <summary>An endpoint never answers; the connection stays open until the caller gives up.</summary>
    [JsonStringEnumMemberName("hang")]
    Hang,
}

/// <summary>Which endpoint never answers.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<GoogleEndpoint>))]
public enum GoogleEndpoint
{
    /// <summary>Where a code is redeemed.</summary>
    [JsonStringEnumMemberName("token")]
    Token,

    /// <summary>The discovery document.</summary>
    [JsonStringEnumMemberName("discovery")]
    Discovery,

    /// <summary>The signing keys.</summary>
    [JsonStringEnumMemberName("keys")]
    Keys,
}

/// <summary>A fault that the sandbox's Google plays on demand.</summary>
public sealed record GoogleFault
{
    /// <summary>Its number; given by the sandbox.</summary>
    public int Id { get; init; }

    /// <summary>What goes wrong.</summary>
    public required GoogleFaultKind Kind { get; init; }

    /// <summary>How often, at least 1; null until it is removed.</summary>
    public int? Times { get; init; }

    /// <summary>For <see cref="GoogleFaultKind.Hang"/>: which endpoint.</summary>
    public GoogleEndpoint Endpoint { get; init; }

    /// <summary>How often it has been played.</summary>
    public int Hits { get; init; }
}

/// <summary>The faults that are on. Safe to use from many threads.</summary>
internal sealed class GoogleFaults
{
    private readonly Lock _gate = new();
    private readonly List<GoogleFault> _planned = [];
    private int _next = 1;

    public GoogleFault Add(GoogleFault fault)
    {
        lock (_gate)
        {
            var named = fault with { Id = _next++, Hits = 0 };
            _planned.Add(named);
            return named;
        }
    }

    /// <summary>The oldest fault that fits and is not used up, counted as a hit.</summary>
    public GoogleFaultKind? Next(Func<GoogleFault, bool> fits)
    {
        lock (_gate)
        {
            var at = _planned.FindIndex(f => (f.Times is not { } times || f.Hits < times) && fits(f));
            if (at < 0)
            {
                return null;
            }

            _planned[at] = _planned[at] with { Hits = _planned[at].Hits + 1 };
            return _planned[at].Kind;
        }
    }

    /// <summary>All faults including used-up ones, so tests see their hits.</summary>
    public IReadOnlyList<GoogleFault> All()
    {
        lock (_gate)
        {
            return [.. _planned];
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _planned.Clear();
        }
    }
}
