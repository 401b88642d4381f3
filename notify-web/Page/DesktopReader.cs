using Notify.Web.Desktop;

namespace Notify.Web.Page;

/// <summary>Reads the devices of a user.</summary>
public sealed class DesktopReader(DeviceStore devices, WebSettings settings)
{
    /// <summary>The card.</summary>
    internal DesktopCard Read(UserName user)
    {
        try
        {
            return new DesktopCard { Devices = devices.Of(user) };
        }
        catch (IOException)
        {
            return new DesktopCard
            {
                Problem = new Problem(
                    "Your devices can’t be read.",
                    $"Devices with a token still work. Tell {settings.Contact}."
                ),
            };
        }
    }
}
