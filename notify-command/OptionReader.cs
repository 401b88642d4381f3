using Notify.Text;

namespace Notify.Command;

/// <summary>
/// Reads options from left to right, up to the first word that is none. By hand, since words are text: a parser of a library takes <c>[OK]</c> and
/// <c>@x</c> for its own.
/// </summary>
/// <param name="known">The options that may come.</param>
/// <param name="arguments">All arguments.</param>
/// <param name="start">The first one to read.</param>
internal sealed class OptionReader(IReadOnlyList<Option> known, IReadOnlyList<string> arguments, int start)
{
    private const string EndOfOptions = "--";

    /// <summary>The first argument that was not read.</summary>
    internal int At { get; private set; } = start;

    /// <summary>Whether <c>--</c> ended the options.</summary>
    internal bool IsEnded { get; private set; }

    /// <summary>Reads the next option; null before the first word that is none.</summary>
    /// <exception cref="UsageException">It is unknown, lacks its value, or has one too many.</exception>
    internal (Option Option, string Value)? Next()
    {
        if (IsEnded || At >= arguments.Count || arguments[At] is not { Length: > 1 } word || word[0] != '-')
        {
            return null;
        }

        At++;
        if (word == EndOfOptions)
        {
            IsEnded = true;
            return null;
        }

        return word.StartsWith(EndOfOptions, StringComparison.Ordinal) ? Long(word) : Short(word);
    }

    private (Option Option, string Value) Long(string word)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? word[2..] : word[2..equals];
        var option = known.FirstOrDefault(one => one.Name == name) ?? throw Unknown(word, name);
        if (equals < 0)
        {
            return (option, Value(option));
        }

        return option.Value is null
            ? throw new UsageException($"--{option.Name} takes no value.")
            : (option, word[(equals + 1)..]);
    }

    private (Option Option, string Value) Short(string word)
    {
        var option = known.FirstOrDefault(one => one.Letter == word[1]) ?? throw Unknown(word, word[1..]);
        if (word.Length == 2)
        {
            return (option, Value(option));
        }

        return option.Value is null ? throw Unknown(word, word[1..]) : (option, word[2..]);
    }

    private string Value(Option option)
    {
        if (option.Value is null)
        {
            return "";
        }

        var next = At < arguments.Count ? arguments[At] : null;
        if (option.Default is { } fallback && (next is null || !next.All(char.IsAsciiDigit)))
        {
            return fallback;
        }

        if (next is null)
        {
            throw new UsageException($"--{option.Name} needs a value: --{option.Name} {option.Value}");
        }

        At++;
        return next;
    }

    private UsageException Unknown(string word, string name) =>
        new(
            NearestName.Find(name, known.Select(one => one.Name)) is { } near
                ? $"There is no option {SafeText.Quoted(word)}. Do you mean --{near}? Text that begins with a hyphen stands after --."
                : $"There is no option {SafeText.Quoted(word)}. \"notify --help\" shows all. Text that begins with a hyphen stands after --."
        );
}
