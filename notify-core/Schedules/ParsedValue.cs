namespace Notify.Schedules;

/// <summary>A value of a <c># notify:</c> line, or why it can't be read.</summary>
/// <param name="Value">The value.</param>
/// <param name="Text">The value in its one right form.</param>
/// <param name="Wrong">A sentence for people; null if it was read.</param>
internal sealed record ParsedValue<T>(T? Value, string Text, string? Wrong)
{
    internal static ParsedValue<T> Of(T value, string text) => new(value, text, null);

    internal static ParsedValue<T> Not(string wrong) => new(default, "", wrong);
}
