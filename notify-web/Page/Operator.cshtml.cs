using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Notify.Contracts;
using Notify.Web.Bot;

namespace Notify.Web.Page;

/// <summary>The operators' first page: is the service well, and who needs help?</summary>
public sealed class OperatorModel(OperatorClient bot) : OperatorPage
{
    /// <summary>Users on a page.</summary>
    public const int UsersOnPage = 50;

    /// <summary>Longest search, in characters.</summary>
    private const int MaxSearch = 64;

    /// <summary>The bot's health; null without an answer.</summary>
    internal OperatorHealthAnswer? Health { get; private set; }

    /// <summary>A part of the names that are searched; empty for all.</summary>
    public string Search { get; private set; } = "";

    internal OperatorFilter Filter { get; private set; } = OperatorFilter.All[0];

    /// <summary>All users of the search.</summary>
    internal IReadOnlyList<OperatorUserView> Found { get; private set; } = [];

    /// <summary>Those of the filter and of this page.</summary>
    internal IReadOnlyList<OperatorUserView> Shown { get; private set; } = [];

    /// <summary>The number of this page, from 1.</summary>
    public int Number { get; private set; } = 1;

    /// <summary>How many pages there are.</summary>
    public int Numbers { get; private set; } = 1;

    /// <summary>Shows it.</summary>
    /// <param name="q">A part of a user's name.</param>
    /// <param name="only">A word of a filter.</param>
    /// <param name="p">The number of the page.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task OnGetAsync(
        [FromQuery] string? q,
        [FromQuery] string? only,
        [FromQuery] string? p,
        CancellationToken cancellation
    )
    {
        var search = (q ?? "").Trim();
        Search = search[..Math.Min(search.Length, MaxSearch)];
        Filter = OperatorFilter.All.FirstOrDefault(filter => filter.Word == only) ?? OperatorFilter.All[0];
        await ReadAsync(async () =>
        {
            var health = bot.HealthAsync(By, cancellation);
            var users = bot.UsersAsync(By, Search, null, cancellation);
            var silent = bot.UsersAsync(By, Search, OperatorQuery.Silent, cancellation);
            await Task.WhenAll(health, users, silent);
            Health = await health;
            var silentNames = (await silent).Select(user => user.User).ToHashSet(StringComparer.Ordinal);
            Found = [.. (await users).Select(user => new OperatorUserView(user, silentNames.Contains(user.User)))];
        });

        // Those who need help come first; the order is stable otherwise.
        var listed = Found.Where(Filter.Has).OrderBy(user => !user.NeedsHelp).ToList();
        Numbers = Math.Max(1, (listed.Count + UsersOnPage - 1) / UsersOnPage);
        Number = int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Math.Clamp(number, 1, Numbers)
            : 1;
        Shown = [.. listed.Skip((Number - 1) * UsersOnPage).Take(UsersOnPage)];
    }

    /// <summary>The address of a list.</summary>
    internal string AddressOf(OperatorFilter filter, int number = 1)
    {
        var parts = new List<string>();
        if (Search.Length > 0)
        {
            parts.Add("q=" + Uri.EscapeDataString(Search));
        }

        if (filter.Word is { } word)
        {
            parts.Add("only=" + word);
        }

        if (number > 1)
        {
            parts.Add("p=" + number.ToString(CultureInfo.InvariantCulture));
        }

        return "~/operator" + (parts.Count > 0 ? "?" + string.Join('&', parts) : "");
    }
}
