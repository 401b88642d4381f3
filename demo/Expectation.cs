using Notify.Sandbox.Control;

namespace Notify.Demo;

/// <summary>A message that must be on the phone when all went well.</summary>
/// <param name="What">What it is, for people.</param>
/// <param name="Test">Whether a message is it.</param>
internal sealed record Expectation(string What, Predicate<MessageView> Test)
{
    internal bool IsMet(MessageView message) => Test(message);

    /// <summary>What the examples send.</summary>
    /// <param name="hasChart">Whether the report must have its chart.</param>
    internal static IReadOnlyList<Expectation> Of(bool hasChart) =>
        [
            new("the revenue alert", m => m.Text.Contains("Revenue down", StringComparison.Ordinal)),
            new(
                "the daily report",
                m => m.Text.Contains("daily report", StringComparison.Ordinal) && (m.Photo is not null || !hasChart)
            ),
            new("the alert on stale tables", m => m.Text.Contains("stale table", StringComparison.Ordinal)),
            new("the table of open orders", m => m.Text.Contains("wait over 3 days", StringComparison.Ordinal)),
            new("the file of open orders", m => m.Document is not null),
        ];
}
