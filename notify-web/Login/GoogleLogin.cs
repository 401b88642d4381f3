using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Notify.Web.Hosting;

namespace Notify.Web.Login;

/// <summary>Login with OpenID Connect (code flow, PKCE), and the session's cookie.</summary>
internal static class GoogleLogin
{
    /// <summary>The provider's scheme.</summary>
    internal const string Scheme = "google";

    /// <summary>Where the provider sends people back to; registered there.</summary>
    internal const string CallbackPath = "/signin-oidc";

    /// <summary>A session ends after this long without use (specification, section 12).</summary>
    internal static readonly TimeSpan SessionLength = TimeSpan.FromDays(1);

    /// <summary>A cookie older than this is replaced, so that a session ends at most this much early.</summary>
    private static readonly TimeSpan RenewAfter = TimeSpan.FromMinutes(5);

    /// <summary>How long somebody may take at the provider's.</summary>
    private static readonly TimeSpan LoginPatience = TimeSpan.FromMinutes(15);

    /// <summary>How long the provider may take for an answer.</summary>
    private static readonly TimeSpan ProviderPatience = TimeSpan.FromSeconds(10);

    private const int LargestDocument = 1_000_000;

    internal static void AddLogin(this IServiceCollection services, WebSettings settings)
    {
        services.AddSingleton<UserMap>();
        services.AddSingleton<LoginPolicy>();
        services.AddSingleton<LoginLog>();
        services.AddSingleton<RevokedSessions>();
        services.AddSingleton<SessionCheck>();
        services.AddDataProtection().SetApplicationName("notify-web");
        services.Configure<KeyManagementOptions>(keys =>
            keys.XmlRepository = new KeyFolder(StateFolder.Keys(settings))
        );
        services
            .AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme)
            .AddCookie(cookie => SetCookie(cookie, settings))
            .AddOpenIdConnect(Scheme, oidc => SetProvider(oidc, settings));
        // After the framework has set its own, which this one goes before.
        services
            .AddOptions<CookieAuthenticationOptions>(CookieAuthenticationDefaults.AuthenticationScheme)
            .PostConfigure<TimeProvider>(
                (cookie, time) => cookie.TicketDataFormat = new OpenedCookies(cookie.TicketDataFormat, time)
            );
        services
            .AddOptions<OpenIdConnectOptions>(Scheme)
            .Configure<ProviderConfiguration>((oidc, configuration) => oidc.ConfigurationManager = configuration);
        services.AddSingleton(provider => new ProviderConfiguration(
            settings.Authority,
            new HttpClient(NewHandler(settings))
            {
                Timeout = ProviderPatience,
                MaxResponseContentBufferSize = LargestDocument,
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
        // Lax: the cookie has to come along when the provider sends people back.
        cookie.Cookie.SameSite = SameSiteMode.Lax;
        cookie.Cookie.SecurePolicy = Secure(settings);
        cookie.ExpireTimeSpan = SessionLength;
        cookie.SlidingExpiration = true;
        cookie.Events.OnCheckSlidingExpiration = context =>
        {
            SessionLife.KeepBegin(context.Properties);

            // What the page asks by itself is no use of it: an open tab does not keep a session alive.
            context.ShouldRenew =
                context.ElapsedTime > RenewAfter && !ApiAuthMiddleware.IsAskedByItself(context.Request.Path);
            return Task.CompletedTask;
        };
        cookie.Events.OnValidatePrincipal = SessionCheck.ValidateAsync;
        // No address to come back to: there is one page.
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
        // The framework's own paths for a provider that logs people out: not used, and so not open.
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
        oidc.BackchannelTimeout = ProviderPatience;
        oidc.RemoteAuthenticationTimeout = LoginPatience;
        oidc.TokenValidationParameters.ClockSkew = TimeSpan.FromMinutes(1);
        oidc.TokenValidationParameters.RequireSignedTokens = true;
        foreach (var (cookie, name) in new[] { (oidc.CorrelationCookie, "login-"), (oidc.NonceCookie, "nonce-") })
        {
            cookie.Name = CookieName(settings, name);
            // Not the callback's path alone: who begins a login has to see what earlier ones have left (LoginCookies).
            cookie.Path = settings.BasePath.Length == 0 ? "/" : settings.BasePath;
            cookie.SameSite = SameSiteMode.Lax;
            cookie.SecurePolicy = Secure(settings);
            cookie.HttpOnly = true;
        }

        oidc.Events = new LoginEvents();
    }

    /// <summary>Browsers let no other site, not even one beside it in the same domain, set a cookie with such a prefix.</summary>
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
