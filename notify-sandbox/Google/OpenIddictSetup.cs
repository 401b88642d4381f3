using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;
using static OpenIddict.Server.OpenIddictServerHandlers;

namespace Notify.Sandbox.Google;

/// <summary>
/// Sets OpenIddict up to answer as Google does. It runs in its degraded mode, without a database: it knows the protocol, and asks the handlers here
/// who the client is, where people may be sent, and what stands behind a code.
/// </summary>
internal static class OpenIddictSetup
{
    public const string AuthorizationPath = "/o/oauth2/v2/auth";
    public const string TokenPath = "/token";
    public const string KeysPath = "/oauth2/v3/certs";
    public const string DiscoveryPath = "/.well-known/openid-configuration";
    private const string UserInfoPath = "/v1/userinfo";

    /// <summary>How long an ID token and an access token are good, as Google's.</summary>
    public static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);

    /// <summary>How long a code is good. RFC 6749, 4.1.2 recommends 10 minutes at most.</summary>
    private static readonly TimeSpan CodeLifetime = TimeSpan.FromMinutes(5);

    public static void AddOpenIddict(IServiceCollection services, GoogleWorld world) =>
        services
            .AddOpenIddict()
            .AddServer(server =>
            {
                server
                    .EnableDegradedMode()
                    .SetIssuer(world.Address)
                    .SetAuthorizationEndpointUris(AuthorizationPath)
                    .SetTokenEndpointUris(TokenPath)
                    .SetJsonWebKeySetEndpointUris(KeysPath)
                    .SetUserInfoEndpointUris(UserInfoPath)
                    .SetConfigurationEndpointUris(DiscoveryPath)
                    .AllowAuthorizationCodeFlow()
                    .RegisterScopes(Scopes.Email, Scopes.Profile)
                    .SetAuthorizationCodeLifetime(CodeLifetime)
                    .SetAccessTokenLifetime(TokenLifetime)
                    .SetIdentityTokenLifetime(TokenLifetime);
                // The library asks for these; nothing is encrypted or signed with them, since codes and access tokens are words and ID tokens have keys of their own.
                server
                    .AddEncryptionKey(new SymmetricSecurityKey(RandomNumberGenerator.GetBytes(32)))
                    .AddEphemeralSigningKey(SecurityAlgorithms.EcdsaSha256);
                server.Configure(options =>
                {
                    options.TimeProvider = world.Time;
                    options.CodeChallengeMethods.Remove(CodeChallengeMethods.Plain);
                });
                server
                    .UseAspNetCore()
                    .DisableTransportSecurityRequirement()
                    .EnableAuthorizationEndpointPassthrough()
                    .EnableErrorPassthrough();

                AskWhoTheClientIs(server, world);
                GiveOutWordsForTokens(server, world);
                WriteIdTokens(server, world);
                AnswerAsGoogle(server, world);
            });

    private static void AskWhoTheClientIs(OpenIddictServerBuilder server, GoogleWorld world)
    {
        On<ValidateAuthorizationRequestContext>(
            server,
            Authentication.ValidateRedirectUriParameter.Descriptor.Order + 500,
            context =>
            {
                if (!world.Client.HasId(context.ClientId))
                {
                    context.Reject(
                        Errors.InvalidClient,
                        "The OAuth client was not found: client_id is not the one that is registered."
                    );
                }
                else if (!world.Client.MayRedirectTo(context.RedirectUri))
                {
                    context.Reject(
                        "redirect_uri_mismatch",
                        "The redirect_uri is not one of those registered: loopback addresses, and those given with --google-redirect."
                    );
                }
            }
        );
        On<ValidateAuthorizationRequestContext>(
            server,
            Authentication.ValidateScopeParameter.Descriptor.Order + 500,
            context =>
            {
                if (!context.Request.HasScope(Scopes.OpenId))
                {
                    context.Reject(Errors.InvalidScope, "The scope must hold openid.");
                }
            }
        );
        // Before the code is checked: only the client may use it up.
        On<ValidateTokenRequestContext>(
            server,
            Exchange.ValidateAuthentication.Descriptor.Order - 500,
            context =>
            {
                if (!world.Client.HasId(context.ClientId))
                {
                    context.Reject(Errors.InvalidClient, "The OAuth client was not found.");
                }
                else if (!world.Client.HasSecret(context.ClientSecret))
                {
                    context.Reject(Errors.InvalidClient, "The client secret is wrong.");
                }
            }
        );
    }

    private static void GiveOutWordsForTokens(OpenIddictServerBuilder server, GoogleWorld world)
    {
        On<GenerateTokenContext>(
            server,
            Protection.GenerateIdentityModelToken.Descriptor.Order - 500,
            context =>
            {
                if (TokensOf(world, context.TokenType) is { } tokens)
                {
                    context.Token = tokens.Put(context.Principal.Clone().SetTokenType(context.TokenType));
                }
            }
        );
        On<ValidateTokenContext>(
            server,
            Protection.ValidateIdentityModelToken.Descriptor.Order - 500,
            context =>
            {
                if (
                    context.ValidTokenTypes is not { Count: 1 } types
                    || types.First() is not { } type
                    || TokensOf(world, type) is not { } tokens
                )
                {
                    return;
                }

                var isKnown =
                    tokens == world.Codes
                        ? tokens.TryTake(context.Token, out var principal)
                        : tokens.TryFind(context.Token, out principal);
                if (isKnown)
                {
                    context.Principal = principal;
                }
                else
                {
                    context.Reject(
                        Errors.InvalidToken,
                        "It is not known: it was never given out, has been used, or is long over."
                    );
                }
            }
        );
    }

    private static void WriteIdTokens(OpenIddictServerBuilder server, GoogleWorld world)
    {
        var writer = new IdTokenWriter(world);
        On<GenerateTokenContext>(
            server,
            Protection.GenerateIdentityModelToken.Descriptor.Order - 400,
            context =>
            {
                if (context.TokenType == TokenTypeIdentifiers.IdentityToken)
                {
                    context.Token = writer.Write(context.Principal, context.ClientId!);
                }
            }
        );
        On<HandleJsonWebKeySetRequestContext>(
            server,
            int.MaxValue,
            context =>
            {
                context.Keys.Clear();
                foreach (var key in world.Keys.Published)
                {
                    var shown = JsonWebKeyConverter.ConvertFromRSASecurityKey(
                        new RsaSecurityKey(key.Rsa.ExportParameters(includePrivateParameters: false))
                        {
                            KeyId = key.KeyId,
                        }
                    );
                    (shown.Use, shown.Alg) = (JsonWebKeyUseNames.Sig, SecurityAlgorithms.RsaSha256);
                    context.Keys.Add(shown);
                }
            }
        );
    }

    private static void AnswerAsGoogle(OpenIddictServerBuilder server, GoogleWorld world)
    {
        On<HandleConfigurationRequestContext>(
            server,
            int.MaxValue,
            context =>
            {
                context.IdTokenSigningAlgorithms.Clear();
                context.IdTokenSigningAlgorithms.Add(SecurityAlgorithms.RsaSha256);
                context.TokenEndpointAuthenticationMethods.RemoveWhere(m =>
                    m
                        is not (
                            ClientAuthenticationMethods.ClientSecretBasic
                            or ClientAuthenticationMethods.ClientSecretPost
                        )
                );
                context.Claims.UnionWith([
                    Claims.Email,
                    Claims.EmailVerified,
                    Claims.Name,
                    Claims.GivenName,
                    Claims.FamilyName,
                    GoogleClaims.WorkspaceDomain,
                ]);
            }
        );
        On<ApplyConfigurationResponseContext>(
            server,
            0,
            context =>
            {
                if (context.Response[Metadata.Issuer] is not null)
                {
                    context.Response[Metadata.Issuer] = world.Issuer;
                }
            }
        );
        // What is wrong with a request is told to the client by sending the person back, once it is known that this is the client.
        On<ApplyAuthorizationResponseContext>(
            server,
            Authentication.AttachRedirectUri.Descriptor.Order + 500,
            context =>
            {
                context.Response.ErrorUri = null;
                if (
                    context.RedirectUri is null
                    && world.Client.HasId(context.Request?.ClientId)
                    && world.Client.MayRedirectTo(context.Request?.RedirectUri)
                )
                {
                    context.RedirectUri = context.Request!.RedirectUri;
                }

                if (context.RedirectUri is not null)
                {
                    context.Response.Iss = world.Issuer;
                }
            }
        );
        On<ApplyAuthorizationResponseContext>(
            server,
            Authentication.InferResponseMode.Descriptor.Order + 500,
            context =>
            {
                // Nothing to infer it from where the response type is missing, and nothing that can be done where it is an unknown one.
                if (
                    context.ResponseMode
                    is not (ResponseModes.Query or ResponseModes.Fragment or ResponseModes.FormPost)
                )
                {
                    context.ResponseMode = ResponseModes.Query;
                }
            }
        );
        On<ApplyTokenResponseContext>(server, 0, context => context.Response.ErrorUri = null);
        On<HandleUserInfoRequestContext>(
            server,
            int.MaxValue,
            context =>
            {
                context.Audiences.Clear();
                context.Issuer = null;
                // The library leaves this one out.
                if (context.AccessTokenPrincipal?.GetClaim(Claims.EmailVerified) is { } isVerified)
                {
                    context.EmailVerified = isVerified == "true";
                }

                foreach (var name in (ReadOnlySpan<string>)[GoogleClaims.WorkspaceDomain, Claims.Name])
                {
                    if (context.AccessTokenPrincipal?.GetClaim(name) is { } value)
                    {
                        context.Claims[name] = value;
                    }
                }
            }
        );
    }

    private static TokenShelf? TokensOf(GoogleWorld world, string tokenType) =>
        tokenType switch
        {
            TokenTypeIdentifiers.Private.AuthorizationCode => world.Codes,
            TokenTypeIdentifiers.AccessToken => world.AccessTokens,
            _ => null,
        };

    private static void On<TContext>(OpenIddictServerBuilder server, int order, Action<TContext> handle)
        where TContext : BaseContext =>
        server.AddEventHandler<TContext>(handler =>
            handler
                .UseInlineHandler(context =>
                {
                    handle(context);
                    return ValueTask.CompletedTask;
                })
                .SetOrder(order)
        );
}
