using Notify.Contracts;
using Notify.Text;

namespace Notify.Bot.Checks;

/// <summary>The findings of checks. A fault has its fix.</summary>
/// <param name="output">Gets one line for each, the fix on the next one; null for none.</param>
internal sealed class CheckReport(TextWriter? output = null)
{
    /// <summary>Where the settings are on a server.</summary>
    public const string SettingsFile = "/opt/data-analyst/.env";

    private readonly List<OperatorCheckAnswer> _found = [];

    /// <summary>The number of faults.</summary>
    public int Count { get; private set; }

    /// <summary>All findings, in the order of the checks.</summary>
    public IReadOnlyList<OperatorCheckAnswer> Found => _found;

    public void Ok(string what, string text)
    {
        _found.Add(new OperatorCheckAnswer(what, true, null, null));
        output?.WriteLine($"ok     {what}: {SafeText.Lines(text)}");
    }

    /// <returns>Always false, for callers that report success.</returns>
    public bool Wrong(string what, string text, string fix)
    {
        Count++;
        _found.Add(new OperatorCheckAnswer(what, false, SafeText.Lines(text), SafeText.Lines(fix)));
        output?.WriteLine($"WRONG  {what}: {SafeText.Lines(text)}");
        output?.WriteLine($"       fix: {SafeText.Lines(fix)}");
        return false;
    }
}
