namespace Notify.Bot.Doctor;

/// <summary>What the doctor finds, a line each; under what is wrong stands what mends it.</summary>
internal sealed class DoctorReport(TextWriter output)
{
    /// <summary>How much is wrong.</summary>
    public int Count { get; private set; }

    /// <summary>A file's mode as chmod takes it.</summary>
    public static string Octal(uint mode) => "0" + Convert.ToString(mode, 8);

    public void Ok(string what, string text) => output.WriteLine($"ok     {what}: {text}");

    /// <returns>False, for whoever has to know whether all was right.</returns>
    public bool Wrong(string what, string text, string mend)
    {
        Count++;
        output.WriteLine($"WRONG  {what}: {text}");
        output.WriteLine($"       mend: {mend}");
        return false;
    }
}
