using Notify.Settings;

namespace Notify.Hosting;

/// <summary>How a service's program ends when it can't do its work: with a sentence and a status, not with a stack trace.</summary>
public static class ServiceProgram
{
    /// <summary>Does the work. Wrong settings end it with status 78, what the system refused with 1; each has its sentence on standard error.</summary>
    /// <param name="name">The program's name, before each sentence.</param>
    /// <param name="act">The work; gives the exit status.</param>
    public static async Task<int> RunAsync(string name, Func<Task<int>> act)
    {
        ArgumentNullException.ThrowIfNull(act);
        try
        {
            return await act();
        }
        catch (SettingsException e)
        {
            foreach (var problem in e.Problems)
            {
                await Console.Error.WriteLineAsync($"{name}: {problem}");
            }

            return SettingsReader.WrongSettingsStatus;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketTakenException)
        {
            await Console.Error.WriteLineAsync($"{name}: {e.Message}");
            return 1;
        }
    }
}
