using Notify.Hosting;
using Notify.Sending;
using Notify.Settings;
using Notify.Text;

namespace Notify.Command;

/// <summary>The program: what the arguments ask for, and its exit status.</summary>
internal static class NotifyProgram
{
    /// <summary>Its name.</summary>
    internal const string Name = "notify";

    internal static int Run(string[] arguments)
    {
        try
        {
            return CallReader.Read(arguments) switch
            {
                Call.ShowHelp => Print(HelpText.Text),
                Call.ShowVersion => Print(ProductVersion.Text + "\n"),
                Call.Run run => new CommandRun(run, NewMessenger(), TimeProvider.System).Run(),
                Call.Done done => new ProcessWait(done, NewMessenger()).Run(),
                Call.Send send => Send(send),
                _ => throw new InvalidOperationException("There are five calls."),
            };
        }
        catch (UsageException e)
        {
            Say(e.Message);
            return ExitStatus.Usage;
        }
        catch (InputException e)
        {
            Say(e.Message);
            return ExitStatus.RefusedInput;
        }
        catch (SettingsException e)
        {
            Say(e.Message);
            return SettingsReader.WrongSettingsStatus;
        }
    }

    /// <summary>Writes a sentence to stderr.</summary>
    internal static void Say(string sentence) =>
        StandardStream.Write(StandardStream.Errors, $"{Name}: {SafeText.Line(sentence)}\n");

    private static int Send(Call.Send send)
    {
        var messenger = NewMessenger();
        var notification = Composer.Make(send, Say);
        try
        {
            return messenger.Send(notification, send.Json);
        }
        finally
        {
            foreach (var file in notification.Photos.Concat(notification.Files))
            {
                file.Dispose();
            }
        }
    }

    private static Messenger NewMessenger()
    {
        var reader = SettingsReader.FromEnvironment();
        var socket = BotSocketSetting.Read(reader);
        reader.ThrowIfWrong();
        return new Messenger(new SendApiClient(socket, TimeProvider.System), TimeProvider.System, Say);
    }

    private static int Print(string text)
    {
        StandardStream.Write(StandardStream.Output, text);
        return 0;
    }
}
