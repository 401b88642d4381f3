using System.Diagnostics;
using Notify.Testing;

namespace Notify.Tests.Callers;

/// <summary>Swaps two paths all the time, as an attacker does who waits for the moment between a look and an open.</summary>
internal static class Swapping
{
    /// <summary>Begins to swap. Says <c>swapping</c> on stdout, and goes on until it is killed.</summary>
    internal static Process StartSwapping(this TestAccount account, string path, string other) =>
        AccountCaller.StartAs(
            account,
            "/usr/bin/python3",
            "-c",
            """
            import ctypes, os, sys
            libc, here, exchange = ctypes.CDLL(None, use_errno=True), -100, 2
            a, b = (os.fsencode(path) for path in sys.argv[1:])
            print("swapping", flush=True)
            while True:
                if libc.renameat2(here, a, here, b, exchange) != 0:
                    sys.exit(os.strerror(ctypes.get_errno()))
            """,
            path,
            other
        );
}
