using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Notify.Web.State;

namespace Notify.Web.Login;

/// <summary>Login with OpenID Connect (code flow, PKCE), and the session's cookie.</summary>
internal static class GoogleLogin
{
    /// <summary>The provider's scheme.</summary>
    internal const string Scheme = "google";

    /// <summary>The path to which the provider sends people back, registered there.</summary>
    internal const string CallbackPath = "/signin-oidc";

    /// <summary>A session ends after this time without use.</summary>
    internal static readonly TimeSpan SessionLength = TimeSpan.FromDays(1);

    /// <summary>An older cookie is replaced, so a session ends at most this much early.</summary>
    private static readonly TimeSpan RenewAfter = TimeSpan.FromMinutes(5);

    /// <summary>How long a person may take at the provider.</summary>
    private static readonly TimeSpan LoginTimeout = TimeSpan.FromMinutes(15);

    /// <summary>How long the provider may take to answer.</summary>
    private static readonly TimeSpan ProviderTimeout = TimeSpan.FromSeconds(10);

    private const int MaxDocument = 1_000_000;

    internal static void AddLogin(this IServiceCollection services, WebSettings settings)
    {
        services.AddSingleton<UserMap>();
        services.AddSingleton<LoginPolicy>();
        services.AddSingleton<Operators>();
        services.AddSingleton<LoginLog>();
        services.AddSingleton<RevokedSessions>();
        services.AddSingleton<ForgottenUsers>();
        services.AddHostedService<Forgetting>();
        services.AddSingleton<SessionCheck>();
        services.AddDataProtection().SetApplicationName("notify-web");
        services.Configure<KeyManagementOptions>(keys =>
            keys.XmlRepository = new KeyFolder(StateFolder.Keys(settings))
        );
        services
            .AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme)
            .AddCookie(cookie => SetCookie(cookie, settings))
            .AddOpenIdConnect(Scheme, oidc => SetProvider(oidc, settings));
        services
            .AddOptions<OpenIdConnectOptions>(Scheme)
            .Configure<ProviderConfiguration>((oidc, configuration) => oidc.ConfigurationManager = configuration);
        services.AddSingleton(provider => new ProviderConfiguration(
            settings.Authority,
            new HttpClient(NewHandler(settings))
            {
                Timeout = ProviderTimeout,
                MaxResponseContentBufferSize = MaxDocument,
            },
            provider.GetRequiredService<TimeProvider>()
        ));
    }

    private static SocketsHttpHandler NewHandler(WebSettings settings) =>
        new() { UseProxy = settings.Proxy is not null, Proxy = settings.Proxy };

    private static void SetCookie(CookieAuthenticationOptions cookie, WebSettings settings)
    {
        cookie.Cookie.Name = CookieName(settings, "session");
        cookie.Cookie.HttpOnly = true;
        // Lax: the cookie must arrive when the provider sends people back.
        cookie.Cookie.SameSite = SameSiteMode.Lax;
        cookie.Cookie.SecurePolicy = Secure(settings);
        cookie.ExpireTimeSpan = SessionLength;
        cookie.SlidingExpiration = true;
        cookie.Events.OnCheckSlidingExpiration = context =>
        {
            SessionLife.KeepBegin(context.Properties);

            // Automatic requests of the page do not count as use: an open tab does not keep a session alive.
            context.ShouldRenew = context.ElapsedTime > RenewAfter && !WebPaths.IsAutomatic(context.Request.Path);
            return Task.CompletedTask;
        };
        cookie.Events.OnValidatePrincipal = SessionCheck.ValidateAsync;
        // No return address: there is one page.
        cookie.Events.OnRedirectToLogin = context =>
        {
            context.Response.Redirect(context.Request.PathBase + "/login");
            return Task.CompletedTask;
        };
    }

    private static void SetProvider(OpenIdConnectOptions oidc, WebSettings settings)
    {
        oidc.Authority = settings.Authority.AbsoluteUri.TrimEnd('/');
        oidc.RequireHttpsMetadata = settings.Authority.Scheme == Uri.UriSchemeHttps;
        oidc.ClientId = settings.ClientId;
        oidc.ClientSecret = settings.ClientSecret;
        oidc.CallbackPath = CallbackPath;
        // The framework's paths for logout by the provider are not used, and therefore closed.
        oidc.RemoteSignOutPath = PathString.Empty;
        oidc.SignedOutCallbackPath = PathString.Empty;
        oidc.ResponseType = OpenIdConnectResponseType.Code;
        oidc.ResponseMode = OpenIdConnectResponseMode.Query;
        oidc.UsePkce = true;
        oidc.Scope.Clear();
        oidc.Scope.Add("openid");
        oidc.Scope.Add("email");
        oidc.MapInboundClaims = false;
        oidc.SaveTokens = false;
        oidc.GetClaimsFromUserInfoEndpoint = false;
        oidc.SignInScheme = CookieAuthenticationDefaults.AuthenticationScheme;
        oidc.BackchannelHttpHandler = NewHandler(settings);
        oidc.BackchannelTimeout = ProviderTimeout;
        oidc.RemoteAuthenticationTimeout = LoginTimeout;
        oidc.TokenValidationParameters.ClockSkew = TimeSpan.FromMinutes(1);
        oidc.TokenValidationParameters.RequireSignedTokens = true;
        foreach (var (cookie, name) in new[] { (oidc.CorrelationCookie, "login-"), (oidc.NonceCookie, "nonce-") })
        {
            cookie.Name = CookieName(settings, name);
            // Not only the callback's path: the start of a login has to see cookies of earlier ones (LoginCookies).
            cookie.Path = settings.BasePath.Length == 0 ? "/" : settings.BasePath;
            cookie.SameSite = SameSiteMode.Lax;
            cookie.SecurePolicy = Secure(settings);
            cookie.HttpOnly = true;
        }

        oidc.Events = new LoginEvents();
    }

    /// <summary>Browsers let no other site set a cookie with such a prefix, not even a sibling in the same domain.</summary>
    internal static string CookieName(WebSettings settings, string name) =>
        (
            settings.IsSecure
                ? settings.BasePath.Length == 0
                    ? "__Host-notify-"
                    : "__Secure-notify-"
                : "notify-"
        ) + name;

    internal static CookieSecurePolicy Secure(WebSettings settings) =>
        settings.IsSecure ? CookieSecurePolicy.Always : CookieSecurePolicy.None;
}
