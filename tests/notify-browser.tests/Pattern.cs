using System.Text.RegularExpressions;

namespace Notify.Tests;

/// <summary>Patterns for what a page says.</summary>
internal static class Pattern
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(1);

    /// <summary>A pattern that the browser understands as well.</summary>
    public static Regex Of(string pattern) => new(pattern, RegexOptions.None, WaitTimeout);
}
