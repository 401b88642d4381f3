using Notify.Text;

namespace Notify.Bot.Doctor;

/// <summary>The doctor's findings, one line each. A fault has its fix on the next line.</summary>
internal sealed class DoctorReport(TextWriter output)
{
    /// <summary>The number of faults.</summary>
    public int Count { get; private set; }

    public void Ok(string what, string text) => output.WriteLine($"ok     {what}: {SafeText.Lines(text)}");

    /// <returns>Always false, for callers that report success.</returns>
    public bool Wrong(string what, string text, string fix)
    {
        Count++;
        output.WriteLine($"WRONG  {what}: {SafeText.Lines(text)}");
        output.WriteLine($"       fix: {SafeText.Lines(fix)}");
        return false;
    }
}
