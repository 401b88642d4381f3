using Notify.Settings;
using Notify.Text;

namespace Notify.Hosting;

/// <summary>Ends a service's program with a sentence and a status, not with a stack trace.</summary>
public static class ServiceProgram
{
    /// <summary>Runs the work. Wrong settings end it with status 78, errors of the system with 1, each with a sentence on standard error.</summary>
    /// <param name="name">The program's name, before each sentence.</param>
    /// <param name="act">The work; returns the exit status.</param>
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
                await Console.Error.WriteLineAsync($"{name}: {SafeText.Line(problem)}");
            }

            return SettingsReader.WrongSettingsStatus;
        }
        catch (OperationCanceledException)
        {
            // It was told to end while it started.
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketTakenException)
        {
            await Console.Error.WriteLineAsync($"{name}: {SafeText.Line(e.Message)}");
            return 1;
        }
    }
}
