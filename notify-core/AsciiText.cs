namespace Notify;

/// <summary>Lower-cases only the letters A to Z.</summary>
public static class AsciiText
{
    /// <summary>
    /// The text with A to Z as a to z, and every other character unchanged. Other Unicode letters, such as the Kelvin sign, also have one of these as
    /// lower case, and a name could become somebody else's.
    /// </summary>
    public static string Lower(ReadOnlySpan<char> text) =>
        string.Create(
            text.Length,
            text,
            static (lowered, from) =>
            {
                for (var i = 0; i < lowered.Length; i++)
                {
                    lowered[i] = char.IsAsciiLetterUpper(from[i]) ? (char)(from[i] | 0x20) : from[i];
                }
            }
        );
}
