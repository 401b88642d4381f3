namespace Notify;

/// <summary>Text of which only the letters A to Z have a small form.</summary>
public static class AsciiText
{
    /// <summary>
    /// The text with A to Z as a to z, and every other character as it is. Unicode has other letters whose small form is one of these, such as the sign of
    /// kelvin; lowered with them, a name could become somebody else's.
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
