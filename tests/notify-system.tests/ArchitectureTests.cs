using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>
/// The order of each program's folders: a folder uses only those listed before it. So no two folders use each other, and a reader who knows the earlier folders understands the
/// next one. Types are read from the built program, usings from its source: a constant of another folder leaves no trace in the program.
/// </summary>
public sealed class ArchitectureTests
{
    /// <summary>Files beside <c>Program.cs</c>: settings, and the names and values that every folder knows.</summary>
    private const string Root = "(beside Program.cs)";

    private static readonly string[] Bot =
    [
        Root,
        "Limits",
        "Links",
        "Telegram",
        "Metrics",
        "Events",
        "Rounds",
        "Outbox",
        "Desktops",
        "Delivery",
        "Digests",
        "Scripts",
        "Commands",
        "Polling",
        "Checks",
        "SendApi",
        "Operators",
        "Hosting",
        "Doctor",
    ];

    private static readonly string[] Core =
    [
        "Text",
        Root,
        "Posix",
        "Retry",
        "Images",
        "Files",
        "Settings",
        "Contracts",
        "Hosting",
        "Http",
        "Tables",
        "Formatting",
        "Dispatching",
        "Linking",
        "Schedules",
        "Quiet",
        "Scripts",
        "Runs",
        "Sending",
    ];

    private static readonly string[] Gateway = [Root, "Tokens", "Connections", "Dispatch", "Hosting"];

    private static readonly string[] Web =
    [
        Root,
        "State",
        "Help",
        "Live",
        "Bot",
        "Desktop",
        "Login",
        "Middleware",
        "Api",
        "Page",
        "Hosting",
    ];

    [Fact]
    public void In_the_bot_no_folder_uses_a_later_one() => Check("notify-bot", "Notify.Bot", Bot);

    [Fact]
    public void In_the_core_no_folder_uses_a_later_one() => Check("notify-core", "Notify", Core);

    [Fact]
    public void In_the_gateway_no_folder_uses_a_later_one() => Check("notify-gateway", "Notify.Gateway", Gateway);

    [Fact]
    public void In_the_dashboard_no_folder_uses_a_later_one() => Check("notify-web", "Notify.Web", Web);

    private static void Check(string program, string root, string[] folders)
    {
        var uses = UsesOfTypes(program, root).Concat(Usings(program, root)).ToList();
        var found = uses.SelectMany(use => new[] { use.From, use.To }).ToHashSet(StringComparer.Ordinal);
        found.SymmetricExceptWith(folders);
        Assert.True(
            found.Count == 0,
            $"New folders need a place in the list, missing ones lose it: {string.Join(", ", found)}"
        );
        var up = uses.Where(use => Array.IndexOf(folders, use.To) > Array.IndexOf(folders, use.From))
            .Select(use => $"{use.From}/{use.By} uses {use.To}: {use.What}")
            .Distinct()
            .Order()
            .ToList();
        Assert.True(up.Count == 0, string.Join('\n', up));
    }

    private static IEnumerable<Use> UsesOfTypes(string program, string root) =>
        from type in new ArchLoader()
            .LoadFilteredDirectory(Programs.BuildFolder(program), program + ".dll")
            .Build()
            .Types
        where FolderOf(type, root) is not null
        from used in type.Dependencies.Select(dependency => dependency.Target).Append(type)
        let folder = FolderOf(used, root)
        where folder is not null
        select new Use(FolderOf(type, root)!, type.Name, folder, used.Name);

    private static IEnumerable<Use> Usings(string program, string root)
    {
        var source = Path.Combine(Programs.Repository, program);
        return from path in Directory.EnumerateFiles(source, "*.cs*", SearchOption.AllDirectories)
            let parts = Path.GetRelativePath(source, path).Split('/')
            where Path.GetExtension(path) is ".cs" or ".cshtml" && parts is not (["Program.cs"] or ["bin" or "obj", ..])
            from line in File.ReadLines(path)
            let words = line.TrimStart('@').TrimEnd(';').Split(' ')
            where words is ["using", ..] && words[^1].StartsWith(root + ".", StringComparison.Ordinal)
            let used = words[^1][(root.Length + 1)..].Split('.')
            select new Use(parts.Length == 1 ? Root : parts[0], parts[^1], used[0], line);
    }

    /// <summary>The folder of a type; null for a type of another program or a library.</summary>
    private static string? FolderOf(IType type, string root) =>
        !type.FullName.StartsWith(root + ".", StringComparison.Ordinal) ? null
        : type.FullName[(root.Length + 1)..].Split('.') is [var folder, _, ..] ? folder
        : Root;

    /// <summary>Something in one folder uses something in another.</summary>
    private sealed record Use(string From, string By, string To, string What);
}
