using Notify.Contracts;
using Notify.Web.Bot;

namespace Notify.Web.Page;

/// <summary>What waits for delivery, by user.</summary>
public sealed class OperatorQueueModel(OperatorClient bot) : OperatorPage
{
    /// <summary>Users on the page: who waits longest comes first.</summary>
    public const int MaxUsers = 200;

    /// <summary>The users.</summary>
    internal IReadOnlyList<OperatorQueueUserAnswer> Users { get; private set; } = [];

    /// <summary>Shows it.</summary>
    public Task OnGetAsync(CancellationToken cancellation) =>
        ReadAsync(async () => Users = await bot.QueueAsync(By, cancellation));
}
