using Tmds.DBus.Protocol;

namespace Notify.Desktop;

/// <summary>The desktop's notification service, on the session's D-Bus (specifications.freedesktop.org/notification-spec).</summary>
internal sealed class DesktopService : IDisposable
{
    private const string Name = "org.freedesktop.Notifications";
    private const string ObjectPath = "/org/freedesktop/Notifications";

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    private readonly Action<string> _say;
    private DBusConnection _bus;
    private bool _readsMarkup;
    private bool _isTroubleSaid;

    private DesktopService(DBusConnection bus, Action<string> say) => (_bus, _say) = (bus, say);

    /// <summary>Connects to the session's bus.</summary>
    /// <param name="say">Writes a sentence to the log.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="DesktopException">There is no bus, or no notification service on it.</exception>
    internal static async Task<DesktopService> ConnectAsync(Action<string> say, CancellationToken cancellation)
    {
        var service = new DesktopService(NewConnection(), say);
        try
        {
            await service.BeginAsync(cancellation);
            return service;
        }
        catch (Exception e) when (IsTrouble(e, cancellation))
        {
            service.Dispose();
            throw new DesktopException(
                DesktopException.Unavailable,
                $"This desktop can't show notifications ({e.Message}). Start notify-desktop in a desktop session with a notification service, or use: notify-desktop --print"
            );
        }
    }

    /// <summary>Shows one. Reconnects to a restarted service. A service without an answer may have shown it, so it is not repeated.</summary>
    internal async Task ShowAsync(ShownNotification notification, CancellationToken cancellation)
    {
        try
        {
            try
            {
                await NotifyAsync(notification, cancellation);
            }
            catch (Exception e) when (IsTrouble(e, cancellation) && e is not TimeoutException)
            {
                _bus.Dispose();
                _bus = NewConnection();
                await BeginAsync(cancellation);
                await NotifyAsync(notification, cancellation);
            }

            _isTroubleSaid = false;
        }
        catch (Exception e) when (IsTrouble(e, cancellation))
        {
            if (!_isTroubleSaid)
            {
                _isTroubleSaid = true;
                _say(
                    $"\"{notification.Title}\" could not be shown: {(e is TimeoutException ? "the desktop's notification service does not answer" : e.Message)}. The dashboard has it, and all that arrives until the service works again."
                );
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _bus.Dispose();

    private static DBusConnection NewConnection() =>
        new(
            DBusAddress.Session
                ?? throw new DesktopException(
                    DesktopException.Unavailable,
                    "There is no desktop session here (DBUS_SESSION_BUS_ADDRESS is not set). Start notify-desktop in one, or use: notify-desktop --print"
                )
        );

    private static bool IsTrouble(Exception e, CancellationToken cancellation) =>
        e is DBusExceptionBase or TimeoutException or IOException
        || (e is OperationCanceledException && !cancellation.IsCancellationRequested);

    private async Task BeginAsync(CancellationToken cancellation)
    {
        await _bus.ConnectAsync().AsTask().WaitAsync(CallTimeout, cancellation);
        var capabilities = await _bus.CallMethodAsync(
                Message(),
                static (message, _) => message.GetBodyReader().ReadArrayOfString(),
                null
            )
            .WaitAsync(CallTimeout, cancellation);
        _readsMarkup = capabilities.Contains("body-markup", StringComparer.Ordinal);

        MessageBuffer Message()
        {
            using var writer = _bus.GetMessageWriter();
            writer.WriteMethodCallHeader(Name, ObjectPath, Name, "GetCapabilities");
            return writer.CreateMessage();
        }
    }

    private async Task NotifyAsync(ShownNotification notification, CancellationToken cancellation)
    {
        await _bus.CallMethodAsync(Message()).WaitAsync(CallTimeout, cancellation);

        MessageBuffer Message()
        {
            using var writer = _bus.GetMessageWriter();
            writer.WriteMethodCallHeader(Name, ObjectPath, Name, "Notify", "susssasa{sv}i");
            writer.WriteString("Notify");
            writer.WriteUInt32(0);
            writer.WriteString("dialog-information");
            writer.WriteString(notification.Title);
            writer.WriteString(_readsMarkup ? notification.EscapedBody() : notification.Body);
            writer.WriteArray(Array.Empty<string>());
            writer.WriteDictionary(
                new Dictionary<string, VariantValue>(StringComparer.Ordinal)
                {
                    ["urgency"] = (byte)1,
                    ["category"] = "im.received",
                }
            );
            // The service's own time.
            writer.WriteInt32(-1);
            return writer.CreateMessage();
        }
    }
}
