using Notify.Hosting;
using Notify.Settings;
using Notify.Web;
using Notify.Web.Hosting;

const string Usage = """
    notify-web serves the dashboard. Its settings come from the environment (docs/operations.md).

      notify-web             serves, until TERM (systemd starts it so)
      notify-web --help, --version
    """;

switch (args)
{
    case []:
        return await ServiceProgram.RunAsync(
            "notify-web",
            () =>
            {
                var reader = SettingsReader.FromEnvironment();
                var settings = WebSettings.Read(reader);
                DataFolderSetting.RequireUsable(reader, mayBeMade: false);
                return WebServer.RunAsync(settings);
            }
        );
    case ["--help" or "-h"]:
        await Console.Out.WriteLineAsync(Usage);
        return 0;
    case ["--version"]:
        await Console.Out.WriteLineAsync(ProductVersion.Text);
        return 0;
    default:
        await Console.Error.WriteLineAsync($"notify-web: unknown argument {args[0]}. Run notify-web --help.");
        return 64;
}
