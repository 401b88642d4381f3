using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Http;
using Notify.Web.Login;

namespace Notify.Web.Middleware;

/// <summary>How often a user may do something expensive. Each user has a count of their own over all sessions.</summary>
public static class RateLimits
{
    /// <summary>Running a script: a process of up to a minute.</summary>
    public const string Running = "running";

    /// <summary>Listing scripts: the bot starts a helper through sudo.</summary>
    public const string Listing = "listing";

    /// <summary>Linking: each call changes a file that all users share, under its lock. The link store counts wrong codes, over all processes.</summary>
    public const string Linking = "linking";

    /// <summary>Tokens for the gateway: a page needs one every ten minutes, and after each break.</summary>
    public const string Tokens = "tokens";

    /// <summary>Single cards of the page. A page asks for two of them at most once a second; ten pages may do so for ever.</summary>
    public const string Cards = "cards";

    /// <summary>The operators' pages and acts: the bot reads what it has of all users.</summary>
    public const string Operating = "operating";

    /// <summary>Pages and cards of one user that are rendered at a time. A page asks for four cards at once. With 100 at a time other users waited up to 2 s.</summary>
    internal const int PagesAtOnce = 8;

    /// <summary>Pages and cards of one user that wait: a browser with twenty open pages asks for 80 cards at once.</summary>
    internal const int PagesWaiting = 72;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    internal static void AddRateLimits(this IServiceCollection services) =>
        services.AddRateLimiter(limits =>
        {
            Add(limits, Running, 20);
            Add(limits, Listing, 120);
            Add(limits, Linking, 60);
            Add(limits, Tokens, 60);
            Add(limits, Cards, 1200);
            Add(limits, Operating, 120);
            limits.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(PagesOf);
            limits.OnRejected = (rejected, _) =>
                throw (
                    rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait)
                        ? new ApiException(
                            StatusCodes.Status429TooManyRequests,
                            "You did this too often within a minute. Wait a little, then try again.",
                            wait
                        )
                        : new ApiException(
                            StatusCodes.Status429TooManyRequests,
                            "You load too many pages at the same time. Close some, then try again.",
                            TimeSpan.FromSeconds(5)
                        )
                );
        });

    private static RateLimitPartition<string> PagesOf(HttpContext context) =>
        Session.Of(context.User) is { } session
        && context.GetEndpoint()?.Metadata.GetMetadata<PageActionDescriptor>() is not null
            ? RateLimitPartition.GetConcurrencyLimiter(
                session.User.Value,
                _ => new ConcurrencyLimiterOptions { PermitLimit = PagesAtOnce, QueueLimit = PagesWaiting }
            )
            : RateLimitPartition.GetNoLimiter("");

    private static void Add(RateLimiterOptions limits, string name, int aMinute) =>
        limits.AddPolicy(
            name,
            context =>
                RateLimitPartition.GetTokenBucketLimiter(
                    context.UserName(),
                    _ => new TokenBucketRateLimiterOptions
                    {
                        TokenLimit = aMinute,
                        TokensPerPeriod = Math.Max(1, aMinute / 6),
                        ReplenishmentPeriod = Window / 6,
                        QueueLimit = 0,
                    }
                )
        );
}
