namespace Notify.Text;

/// <summary>Says what is wrong with a command line, as all programs do: sentences on standard error, and the same exit status.</summary>
public static class WrongUse
{
    /// <summary>The exit status (EX_USAGE of sysexits.h).</summary>
    public const int Status = 64;

    /// <summary>Says it.</summary>
    /// <param name="program">The program's name, before each sentence.</param>
    /// <param name="sentences">What is wrong. Repeats are said once.</param>
    /// <returns>The exit status.</returns>
    public static int Say(string program, IEnumerable<string> sentences)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        foreach (var sentence in sentences.Distinct(StringComparer.Ordinal))
        {
            Console.Error.WriteLine($"{program}: {SafeText.Line(sentence)}");
        }

        Console.Error.WriteLine($"Run {program} --help.");
        return Status;
    }
}
