using System.Threading.RateLimiting;
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

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    internal static void AddRateLimits(this IServiceCollection services) =>
        services.AddRateLimiter(limits =>
        {
            Add(limits, Running, 20);
            Add(limits, Listing, 120);
            Add(limits, Linking, 60);
            Add(limits, Tokens, 60);
            limits.OnRejected = (rejected, _) =>
                throw new ApiException(
                    StatusCodes.Status429TooManyRequests,
                    "You did this very often within a minute. Wait a little, then try again.",
                    rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : Window
                );
        });

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
