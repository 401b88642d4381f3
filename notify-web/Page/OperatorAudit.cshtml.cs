using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Notify.Contracts;
using Notify.Web.Bot;

namespace Notify.Web.Page;

/// <summary>What operators did.</summary>
public sealed class OperatorAuditModel(OperatorClient bot) : OperatorPage
{
    /// <summary>Acts on a page.</summary>
    public const int ActsOnPage = 50;

    /// <summary>The newest first.</summary>
    internal IReadOnlyList<OperatorActAnswer> Acts { get; private set; } = [];

    /// <summary>The number before which the next page begins; null on the last one.</summary>
    public long? Older { get; private set; }

    /// <summary>Whether newer ones were left out.</summary>
    public bool IsOlderPage { get; private set; }

    /// <summary>Shows it.</summary>
    public Task OnGetAsync([FromQuery] string? before, CancellationToken cancellation)
    {
        long? from =
            long.TryParse(before, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
                ? number
                : null;
        IsOlderPage = from is not null;
        return ReadAsync(async () =>
        {
            // One more says whether there are more.
            var acts = await bot.AuditAsync(By, ActsOnPage + 1, from, cancellation);
            Acts = [.. acts.Take(ActsOnPage)];
            Older = acts.Count > ActsOnPage ? Acts[^1].Number : null;
        });
    }
}
