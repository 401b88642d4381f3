using Microsoft.AspNetCore.Mvc;
using Notify.Contracts;
using Notify.Web.Bot;

namespace Notify.Web.Page;

/// <summary>What failed in 24 hours, and why.</summary>
public sealed class OperatorFailedModel(OperatorClient bot, TimeProvider time) : OperatorPage
{
    /// <summary>Failures on the page: the newest.</summary>
    public const int MaxFailures = 200;

    /// <summary>The reason that is shown alone; null for all.</summary>
    public string? Reason { get; private set; }

    /// <summary>All of them.</summary>
    internal IReadOnlyList<OperatorFailureAnswer> All { get; private set; } = [];

    /// <summary>Those of the reason.</summary>
    internal IEnumerable<OperatorFailureAnswer> Shown =>
        Reason is null ? All : All.Where(failure => ReasonOf(failure) == Reason);

    /// <summary>How often each reason occurs, the most frequent first.</summary>
    internal IEnumerable<(string Reason, int Count)> Reasons =>
        All.GroupBy(ReasonOf, StringComparer.Ordinal)
            .OrderByDescending(same => same.Count())
            .Select(same => (same.Key, same.Count()));

    /// <summary>Shows it.</summary>
    public Task OnGetAsync([FromQuery] string? reason, CancellationToken cancellation)
    {
        Reason = string.IsNullOrEmpty(reason) ? null : reason;
        return ReadAsync(async () =>
            All = await bot.FailedAsync(By, time.GetUtcNow() - TimeSpan.FromHours(24), MaxFailures, cancellation)
        );
    }

    /// <summary>Why it failed, in a word.</summary>
    internal static string ReasonOf(OperatorFailureAnswer failure) =>
        failure.Reason ?? (failure.State == DeliveryState.Unknown ? DeliveryReason.OutcomeUnknown.Word() : "other");
}
