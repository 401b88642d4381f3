using System.Text;

namespace Notify.Command;

/// <summary>This process's arguments and environment byte for byte: a file's name in them need not be UTF-8.</summary>
internal static class RawProcess
{
    /// <summary>The last arguments.</summary>
    /// <param name="arguments">The same as text, for a system without /proc.</param>
    internal static List<byte[]> Arguments(IReadOnlyList<string> arguments)
    {
        var all = Read("/proc/self/cmdline");
        return all.Count > arguments.Count
            ? all[^arguments.Count..]
            : [.. arguments.Select(argument => Encoding.UTF8.GetBytes(argument))];
    }

    /// <summary>The environment.</summary>
    internal static List<byte[]> Environment() => Read("/proc/self/environ");

    /// <summary>Signals that this process was told to ignore before it began, as under nohup. Asked before any handler is set.</summary>
    internal static Func<int, bool> IgnoredSignals()
    {
        // "SigIgn:	0000000000001001": bit 0 is signal 1.
        var line = File.ReadLines("/proc/self/status")
            .FirstOrDefault(one => one.StartsWith("SigIgn:", StringComparison.Ordinal));
        var mask = line is null ? 0 : Convert.ToUInt64(line["SigIgn:".Length..].Trim(), 16);
        return signal => (mask >> (signal - 1) & 1) == 1;
    }

    /// <summary>Texts that each end with a zero byte.</summary>
    private static List<byte[]> Read(string path)
    {
        var bytes = File.ReadAllBytes(path).AsSpan();
        var texts = new List<byte[]>();
        for (int end; (end = bytes.IndexOf((byte)0)) >= 0; bytes = bytes[(end + 1)..])
        {
            texts.Add(bytes[..end].ToArray());
        }

        return texts;
    }
}
