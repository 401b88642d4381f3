using Microsoft.AspNetCore.Mvc.RazorPages;
using Notify.Web.Live;
using Notify.Web.Login;

namespace Notify.Web.Page;

/// <summary>A page of the dashboard whose cards follow events while it is open. Its layout is <c>_LiveLayout</c>.</summary>
public abstract class LivePage(SseHub streams, TimeProvider time) : PageModel
{
    /// <summary>How long a page waits for a card. A late card, of a hung bot or a busy server, loads later and delays no other.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private string? _position;

    /// <summary>Who is logged in.</summary>
    public UserName UserName => HttpContext.UserName();

    /// <summary>The position of the event stream before the cards were read, so the page learns what it missed.</summary>
    public string Position => _position ??= streams.PositionOf(UserName);

    /// <summary>Reads a card. Several may be read at the same time.</summary>
    /// <param name="read">Reads it. Its token ends when the card is late.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>Null if it is late.</returns>
    internal async Task<T?> InTimeAsync<T>(Func<CancellationToken, Task<T>> read, CancellationToken cancellation)
        where T : class
    {
        _ = Position;
        using var asking = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var card = read(asking.Token);
        var first = await Task.WhenAny(card, Task.Delay(Timeout, time, asking.Token));
        await asking.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
        return first == card ? await card : null;
    }
}
