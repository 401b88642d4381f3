using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Login;

namespace Notify.Web.Hosting;

/// <summary>How often one user may do what is dear: each has its own count, over all of their sessions, and leaves everybody else's alone.</summary>
public static class RateLimits
{
    /// <summary>Running a script: a process of up to a minute.</summary>
    public const string Running = "running";

    /// <summary>Listing scripts: the bot starts a helper through sudo.</summary>
    public const string Listing = "listing";

    /// <summary>Linking: each changes a file that all users share, under its lock. (Wrong codes are counted by the link store, over all processes.)</summary>
    public const string Linking = "linking";

    /// <summary>Tokens for the gateway: a page needs one every ten minutes, and after each break.</summary>
    public const string Tokens = "tokens";

    /// <summary>Cards of the page alone. A page asks for each once a second at most; this lets ten pages do so without an end.</summary>
    public const string Cards = "cards";

    /// <summary>Pages and cards of one user that are made at a time. One page asks for three cards at once; with 100 at a time others waited for up to 2 s.</summary>
    internal const int PagesAtOnce = 8;

    /// <summary>Pages and cards of one user that wait for their turn: a browser with twenty pages open asks for 60 cards at once.</summary>
    internal const int PagesWaiting = 56;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    internal static void AddRateLimits(this IServiceCollection services) =>
        services.AddRateLimiter(limits =>
        {
            Add(limits, Running, 20);
            Add(limits, Listing, 120);
            Add(limits, Linking, 60);
            Add(limits, Tokens, 60);
            Add(limits, Cards, 600);
            limits.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(PagesOf);
            limits.OnRejected = (rejected, _) =>
                throw (
                    rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait)
                        ? new ApiException(
                            StatusCodes.Status429TooManyRequests,
                            "You did this very often within a minute. Wait a little, then try again.",
                            wait
                        )
                        : new ApiException(
                            StatusCodes.Status429TooManyRequests,
                            "Too many pages of yours load at the same time. Close some, then try again.",
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
