using System.Runtime.InteropServices;

namespace Notify.Testing;

/// <summary>What work costs the thread that does it, whatever else the machine does meanwhile.</summary>
/// <param name="Cpu">The processor's time.</param>
/// <param name="Allocated">All bytes that were allocated; what lives at one moment is less.</param>
[StructLayout(LayoutKind.Auto)]
public readonly partial record struct ThreadCost(TimeSpan Cpu, long Allocated)
{
    /// <summary>Within this, time says more about the runtime (compiling, collecting what other tests left) than about the work. A quadratic reader takes seconds.</summary>
    private static readonly TimeSpan TooShortToCompare = TimeSpan.FromMilliseconds(250);

    /// <summary>Does the work on this thread.</summary>
    public static ThreadCost Of(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        var (allocated, cpu) = (GC.GetAllocatedBytesForCurrentThread(), CpuTime());
        work();
        return new ThreadCost(CpuTime() - cpu, GC.GetAllocatedBytesForCurrentThread() - allocated);
    }

    /// <summary>
    /// Whether work on a text costs at most 2.5 times what it costs for half of the text, and within the limits for all of it. Time is compared with an eighth, where a
    /// quadratic reader takes 64 times as long and a linear one 8 times; what looks too slow is tried again, as the machine may have been to blame.
    /// </summary>
    /// <returns>What is wrong; null where nothing is.</returns>
    public static string? FindExcess(HostileText text, int bytes, Action<string> work, TimeSpan cpu, long allocated)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(work);
        var (whole, half, eighth) = (text.Make(bytes), text.Make(bytes / 2), text.Make(bytes / 8));
        var all = Of(() => work(whole));
        if (all.Allocated > allocated)
        {
            return $"{all.Allocated / 1_000_000} MB are allocated";
        }

        var ofHalf = Of(() => work(half)).Allocated;
        foreach (var sixteenths in (ReadOnlySpan<int>)[7, 6, 5])
        {
            if (all.Allocated <= (ofHalf * 2.5) + 4_000_000)
            {
                break;
            }

            // With an odd number of markers in the half, a block without an end may hide all the rest of it.
            var less = text.Make(bytes / 16 * sixteenths);
            ofHalf = Math.Max(ofHalf, Of(() => work(less)).Allocated);
        }

        if (all.Allocated > (ofHalf * 2.5) + 4_000_000)
        {
            return $"{all.Allocated / 1000} kB are allocated, and {ofHalf / 1000} kB for half of it";
        }

        for (var tries = 1; all.Cpu > TooShortToCompare; tries++)
        {
            var ofEighth = Of(() => work(eighth));
            if (all.Cpu <= cpu && all.Cpu <= ofEighth.Cpu * Math.Pow(2.5, 3))
            {
                return null;
            }

            if (tries == 4)
            {
                return $"it takes {all.Cpu.TotalMilliseconds:N0} ms, and {ofEighth.Cpu.TotalMilliseconds:N0} ms for an eighth of it";
            }

            all = Of(() => work(whole));
        }

        return null;
    }

    private static TimeSpan CpuTime()
    {
        const int ThreadClock = 3; // CLOCK_THREAD_CPUTIME_ID
        return ReadClock(ThreadClock, out var time) == 0
            ? TimeSpan.FromTicks((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / 100))
            : throw new InvalidOperationException("The thread has no clock.");
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ReadClock(int clock, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
