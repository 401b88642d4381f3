using Notify.Contracts;

namespace Notify.Web.Page;

/// <summary>A user as operators see them.</summary>
/// <param name="Is">What the bot knows.</param>
/// <param name="IsSilent">Whether the user's rounds have stopped.</param>
internal sealed record OperatorUserView(OperatorUserAnswer Is, bool IsSilent)
{
    /// <summary>Whether something fails, so an operator may have to help.</summary>
    public bool NeedsHelp => Is.Dead is not null || Is.Failed24h > 0 || Is.Failing.Count > 0 || IsSilent;

    /// <summary>The state of the link in words.</summary>
    public string LinkWords =>
        Is.Dead is { } dead ? $"dead link: {dead.Word()}"
        : Is.LinkedAt is null ? "not linked"
        : "linked";

    /// <summary>The style of <see cref="LinkWords"/>.</summary>
    public string LinkKind =>
        Is.Dead is not null ? "bad"
        : Is.LinkedAt is null ? "idle"
        : "good";
}

/// <summary>Which users are listed, with its word in the address and its words on the page.</summary>
/// <param name="Word">A word of <see cref="OperatorQuery"/>; null for all.</param>
/// <param name="Name">For people.</param>
/// <param name="Has">Whether it lists a user.</param>
internal sealed record OperatorFilter(string? Word, string Name, Func<OperatorUserView, bool> Has)
{
    /// <summary>All filters.</summary>
    public static IReadOnlyList<OperatorFilter> All { get; } =
    [
        new(null, "all", _ => true),
        new(OperatorQuery.Unlinked, "not linked", user => user.Is.LinkedAt is null),
        new(OperatorQuery.Dead, "dead link", user => user.Is.Dead is not null),
        new(OperatorQuery.Silent, "no rounds", user => user.IsSilent),
        new(OperatorQuery.Failing, "failing scripts", user => user.Is.Failing.Count > 0),
    ];
}
