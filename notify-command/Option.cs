namespace Notify.Command;

/// <summary>An option of the command line. Help, parser, completion and man page go by these.</summary>
/// <param name="Name">Without its two hyphens.</param>
/// <param name="Value">What its value is called; null if it takes none.</param>
/// <param name="Meaning">A sentence for the help.</param>
/// <param name="Letter">The short form; null if it has none.</param>
/// <param name="Default">The value where a number does not follow; null if a value has to follow.</param>
internal sealed record Option(string Name, string? Value, string Meaning, char? Letter = null, string? Default = null)
{
    /// <summary>As it is typed, with both forms and its value.</summary>
    internal string Form =>
        (Letter is { } letter ? $"-{letter}, " : "    ")
        + $"--{Name}"
        + (
            Value is null ? ""
            : Default is null ? $" {Value}"
            : $" [{Value}]"
        );
}
