using System.Runtime.InteropServices;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace Notify.Tests.Dummy;

/// <summary>The calls by which root becomes another user.</summary>
internal static partial class Identity
{
    [LibraryImport("libc", EntryPoint = "setgroups")]
    internal static partial int SetGroups(nuint count, uint[] groups);

    [LibraryImport("libc", EntryPoint = "setgid")]
    internal static partial int SetGid(uint gid);

    [LibraryImport("libc", EntryPoint = "setuid")]
    internal static partial int SetUid(uint uid);
}
