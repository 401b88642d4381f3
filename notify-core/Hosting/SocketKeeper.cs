using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Notify.Posix;

namespace Notify.Hosting;

/// <summary>
/// Keeps the path of a service's Unix socket leading to that socket. Where the file was removed, renamed or replaced, its name is put back; the connections and the
/// listening socket, the service's own or one that systemd holds, never notice.
/// </summary>
/// <remarks>
/// The kernel finds a socket by its inode, whichever name leads there. So a second name of the same inode, in a folder of the service's own, is enough to make the first one again, with
/// owner, mode and ACL as they were. Only where both names are gone has the socket no way back, and then the service has to start anew.
/// </remarks>
/// <param name="path">Where callers look for the socket.</param>
/// <param name="folder">A folder for the second name, which only the service may write in; the best is one on the same file system.</param>
/// <param name="service">The word for who listens there, such as <c>bot</c>; its units are <c>notify-bot.service</c> and <c>notify-bot.socket</c>.</param>
/// <param name="time">For the looks.</param>
/// <param name="log">Where it says what was lost and found.</param>
public sealed partial class SocketKeeper(string path, string folder, string service, TimeProvider time, ILogger log)
    : IDisposable
{
    /// <summary>How often it looks.</summary>
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly string _inOwnFolder = Path.Combine(folder, Path.GetFileName(path));
    private readonly string _beside = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.kept");
    private SafeFileHandle? _socket;
    private FileStatus _status;
    private string? _said;

    /// <summary>
    /// Finds a socket that systemd has handed over: at its path, or by the second name that an earlier run of the service has left, which then gets its path back.
    /// </summary>
    /// <returns>False where nothing leads to it any more.</returns>
    public bool TryFind()
    {
        if (Answers(path))
        {
            return true;
        }

        foreach (var second in new[] { _inOwnFolder, _beside })
        {
            if (Answers(second))
            {
                using var socket = Open(second);
                RemoveDead();
                if (socket is not null && Link(socket, path) == 0)
                {
                    LogRestored(log, path);
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Takes hold of the socket that the path leads to at this moment, and gives it its second name.</summary>
    public void Hold()
    {
        _socket = Open(path);
        if (_socket is not null)
        {
            _status = FileStatus.Of(_socket);
            KeepSecondName();
        }
    }

    /// <summary>Looks every second until cancelled.</summary>
    /// <returns>False where the socket has no name left, so that nobody can reach the service any more.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            do
            {
                if (!Look())
                {
                    return false;
                }
            } while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException)
        {
            // The service ends.
        }

        return true;
    }

    /// <summary>Takes the names away of a socket that ends with the service. What is not this socket's stays.</summary>
    public void Remove()
    {
        foreach (var name in new[] { path, _inOwnFolder, _beside })
        {
            if (IsOurs(name))
            {
                Delete(name);
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _socket?.Dispose();

    private bool Look()
    {
        if (_socket is null)
        {
            return SayLost();
        }

        if (IsOurs(path))
        {
            KeepSecondName();
            return true;
        }

        if (WhatStandsThere() is { } obstacle)
        {
            return Say(obstacle);
        }

        switch (Link(_socket, path))
        {
            case 0:
                _said = null;
                LogRestored(log, path);
                return true;
            case LibC.NoSuchFile when !Directory.Exists(Path.GetDirectoryName(path)):
                return Say(
                    $"its folder is gone. Create the folder again, with its owner and mode; then the {service} restores the socket."
                );
            case LibC.NoSuchFile:
                return SayLost();
            case LibC.FileExists:
                // Somebody has just put something there; the next check says what.
                return true;
            case var error:
                return Say($"the {service} can't restore it ({Marshal.GetPInvokeErrorMessage(error)}). {Restart}");
        }
    }

    private string Restart => $"Run: systemctl restart notify-{service}.socket notify-{service}.service";

    /// <summary>The obstacle; null without one. Removes a socket without a listener.</summary>
    private string? WhatStandsThere()
    {
        switch (FileStatus.OfPath(path, followLink: false)?.Kind)
        {
            case null:
                return null;
            case FileKind.Socket when Answers(path):
                return $"another program listens there. End it; then the {service} restores its socket.";
            case FileKind.Socket:
                RemoveDead();
                return null;
            default:
                return $"another kind of file is there, which the {service} leaves alone. Move it away (mv {path} {path}.aside); then the {service} restores its socket.";
        }
    }

    private void RemoveDead()
    {
        if (FileStatus.OfPath(path, followLink: false)?.Kind == FileKind.Socket && !Answers(path))
        {
            Delete(path);
        }
    }

    /// <summary>Gives the socket its second name, where it has none: in the service's own folder, or beside the first where that is another file system.</summary>
    private void KeepSecondName()
    {
        if (IsOurs(_inOwnFolder) || IsOurs(_beside))
        {
            return;
        }

        foreach (var name in new[] { _inOwnFolder, _beside })
        {
            if (FileStatus.OfPath(name, followLink: false)?.Kind == FileKind.Socket)
            {
                // Of a service that was killed.
                Delete(name);
            }

            if (Link(_socket!, name) == 0)
            {
                return;
            }
        }
    }

    private bool IsOurs(string name) =>
        _socket is not null
        && FileStatus.OfPath(name, followLink: false) is { } there
        && (there.Device, there.Inode) == (_status.Device, _status.Inode);

    private bool Say(string reason)
    {
        if (_said != reason)
        {
            _said = reason;
            LogLost(log, path, service, reason);
        }

        return true;
    }

    private bool SayLost()
    {
        LogGone(log, path, service);
        return false;
    }

    private static void Delete(string name)
    {
        try
        {
            File.Delete(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What comes next says that it stands there.
        }
    }

    /// <summary>Whether somebody listens at a name.</summary>
    private static bool Answers(string name)
    {
        if (FileStatus.OfPath(name, followLink: false)?.Kind != FileKind.Socket)
        {
            return false;
        }

        try
        {
            using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            {
                Blocking = false,
            };
            probe.Connect(new UnixDomainSocketEndPoint(name));
            return true;
        }
        catch (SocketException e)
        {
            // Any other error, such as a queue that is full, does not say that nobody listens.
            return e.SocketErrorCode is not (SocketError.ConnectionRefused or SocketError.AddressNotAvailable);
        }
    }

    private static SafeFileHandle? Open(string name)
    {
        var descriptor = LibC.Open(name, LibC.OpenPathOnly | LibC.OpenNoFollow | LibC.OpenCloseOnExec, 0);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Gives a socket one more name.</summary>
    /// <returns>0, or the kernel's error number.</returns>
    private static int Link(SafeFileHandle socket, string name) =>
        LibC.LinkAt(LibC.AtFdCwd, FileStatus.PathOf(socket), LibC.AtFdCwd, name, LibC.AtSymlinkFollow) == 0
            ? 0
            : Marshal.GetLastPInvokeError();

    [LoggerMessage(1209, LogLevel.Warning, "{Path} was missing or led elsewhere. It leads to this service again.")]
    private static partial void LogRestored(ILogger log, string path);

    [LoggerMessage(
        1206,
        LogLevel.Error,
        "{Path} no longer leads to the {Service}, so no program can connect: {Reason}"
    )]
    private static partial void LogLost(ILogger log, string path, string service, string reason);

    [LoggerMessage(
        1207,
        LogLevel.Critical,
        "{Path} is gone, and no other path leads to the {Service}'s socket. The {Service} ends, and systemd starts it with a new socket."
    )]
    private static partial void LogGone(ILogger log, string path, string service);
}
