using System.Globalization;
using System.Runtime.InteropServices;
using Notify.Files;
using Notify.Posix;
using Notify.Testing;
using Xunit;

namespace Notify.Tests.Files;

/// <summary>A bot that runs as <c>deploy</c> opens files for <c>bob</c>, who would like to see those of others.</summary>
public sealed partial class CallerFileTests(CallerFileTests.Accounts accounts)
    : IClassFixture<CallerFileTests.Accounts>,
        IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Public = Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const string Rwxrxrx = "0755";

    private readonly ScratchFolder _folder = OpenFolder();
    private TestAccount? Deploy => accounts.Deploy;

    private TestAccount? Alice => accounts.Alice;

    private TestAccount? Bob => accounts.Bob;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task His_own_file_and_one_that_is_open_to_all_are_opened()
    {
        var own = Place("own.png", "own", Bob!, Public);
        var open = Place("open.png", "open", Alice!, Public);

        Assert.Equal("own open", await OpenForBobAsync(own, open));
    }

    [Fact]
    public async Task Files_that_only_the_bot_or_somebody_else_may_read_are_not()
    {
        var alices = Place("alices.png", "secret", Alice!, Private);
        var bots = Place("bots.png", "secret", Deploy!, Private);
        var inBotsFolder = Deploy!.Write("charts/chart.png", "secret", Public);
        Command.Run("ln", alices, _folder["hard.png"]);
        Command.Run("ln", bots, _folder["hard2.png"]);
        Command.Run("chown", $"{Bob!.Name}:", Directory.CreateDirectory(_folder["bobs"]).FullName);
        Command.Run("ln", bots, _folder["bobs/hard3.png"]);

        Assert.Equal(
            Same(CallerFileRefusal.NotTheCallers, 6),
            await OpenForBobAsync(
                alices,
                bots,
                inBotsFolder,
                _folder["hard.png"],
                _folder["hard2.png"],
                _folder["bobs/hard3.png"]
            )
        );
    }

    [Fact]
    public async Task A_group_that_a_mode_shuts_out_is_part_of_all()
    {
        var file = Place("file.png", "secret", Alice!, Private | UnixFileMode.OtherRead);
        Directory.CreateDirectory(_folder["closed"]);
        var inClosed = Place("closed/file.png", "secret", Alice!, Public);
        Command.Run("chmod", "0705", _folder["closed"]);

        Assert.Equal(Same(CallerFileRefusal.NotTheCallers, 2), await OpenForBobAsync(file, inClosed));
    }

    [Theory]
    [InlineData("u:bob:---", CallerFileRefusal.NotTheCallers)]
    [InlineData("g:bob:---", CallerFileRefusal.NotTheCallers)]
    [InlineData("g:bob:---,u:alice:---", CallerFileRefusal.NotTheCallers)]
    [InlineData("u:bob:r-x,m::--x", CallerFileRefusal.NotTheCallers)]
    [InlineData("u:alice:---,g:alice:---", null)]
    [InlineData("g:bob:---,u:bob:r-x", null)]
    public async Task An_entry_of_an_access_list_that_denies_him_counts_on_a_file_and_on_a_folder_on_the_way(
        string entries,
        CallerFileRefusal? refusal
    )
    {
        entries = entries
            .Replace("bob", Bob!.Name, StringComparison.Ordinal)
            .Replace("alice", Alice!.Name, StringComparison.Ordinal);
        var file = Place("file.png", "file", Deploy!, Public);
        Command.Run("setfacl", "-m", entries, file);
        Command.Run("mkdir", "-p", _folder["folder"], _folder["way/deep"]);
        var inFolder = Place("folder/file.png", "file", Deploy!, Public);
        var below = Place("way/deep/file.png", "file", Deploy!, Public);
        var folderEntries = entries.Replace("m::--x", "m::r--", StringComparison.Ordinal);
        Command.Run("setfacl", "-m", folderEntries, _folder["folder"]);
        Command.Run("setfacl", "-m", folderEntries, _folder["way"]);

        Assert.Equal(
            string.Join(' ', Enumerable.Repeat(refusal?.ToString() ?? "file", 3)),
            await OpenForBobAsync(file, inFolder, below)
        );
        await AgreesWithKernelAsync(refusal is null, file, inFolder, below);
    }

    [Fact]
    public async Task His_own_file_in_a_folder_that_an_access_list_closes_to_him_is_not_opened_nor_what_is_in_it_told()
    {
        Directory.CreateDirectory(_folder["closed"]);
        var own = Place("closed/own.png", "own", Bob!, Public);
        Command.Run("setfacl", "-m", $"u:{Bob!.Name}:---", _folder["closed"]);

        Assert.Equal(
            Same(CallerFileRefusal.NotTheCallers, 2),
            await OpenForBobAsync(own, _folder["closed/missing.png"])
        );
        await AgreesWithKernelAsync(isOpen: false, own);
    }

    [Fact]
    public async Task His_own_file_in_a_folder_of_a_group_of_his_is_opened()
    {
        Directory.CreateDirectory(_folder["team"]);
        var own = Place("team/own.png", "own", Bob!, Public);
        Command.Run("chgrp", Bob!.Name, _folder["team"]);
        Command.Run("chmod", "0770", _folder["team"]);
        Command.Run("setfacl", "-m", $"u:{Deploy!.Name}:r-x", _folder["team"]);

        Assert.Equal("own", await OpenForBobAsync(own));
        await AgreesWithKernelAsync(isOpen: true, own);
    }

    [Fact]
    public async Task No_symbolic_link_is_followed_wherever_it_stands()
    {
        var target = Place("target.png", "own", Bob!, Public);
        File.CreateSymbolicLink(_folder["last.png"], target);
        Directory.CreateDirectory(_folder["real"]);
        Place("real/file.png", "own", Bob!, Public);
        Directory.CreateSymbolicLink(_folder["middle"], _folder["real"]);
        File.CreateSymbolicLink(_folder["dangling.png"], "/nowhere");

        Assert.Equal(
            Same(CallerFileRefusal.SymbolicLink, 4),
            await OpenForBobAsync(
                _folder["last.png"],
                _folder["middle/file.png"],
                _folder["dangling.png"],
                "/proc/self/root/etc/passwd"
            )
        );
    }

    [Fact]
    public async Task Pipes_devices_sockets_and_folders_are_refused_without_waiting_for_anybody()
    {
        Command.Run("mkfifo", "-m", "0666", _folder["pipe.png"]);
        Command.Run("chown", Bob!.Name, _folder["pipe.png"]);
        Command.Run("python3", "-c", $"import socket; socket.socket(socket.AF_UNIX).bind('{_folder["socket.png"]}')");
        Command.Run("chown", Bob.Name, _folder["socket.png"]);

        Assert.Equal(
            Same(CallerFileRefusal.NotRegular, 5),
            await OpenForBobAsync(_folder["pipe.png"], _folder["socket.png"], "/dev/null", "/dev/zero", _folder.Path)
        );
    }

    [Theory]
    [InlineData("chart.png")]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/tmp/")]
    [InlineData("/tmp/../etc/passwd")]
    [InlineData("/tmp/./x")]
    [InlineData("/tmp/x\0y")]
    public void What_is_no_absolute_path_of_a_file_is_said_to_be_none(string path) =>
        Assert.Equal(
            CallerFileRefusal.NotAPath,
            Assert.IsType<CallerFileResult.Refused>(CallerFile.Open(path, 0, [0], 1000, CallerFileUse.PhotoPath)).Reason
        );

    [Fact]
    public async Task His_own_file_that_the_bot_can_not_get_at_is_told_apart()
    {
        var inHome = Bob!.Write("chart.png", "own", Public);
        var closed = Place("closed.png", "own", Bob, Private);

        Assert.Equal("NotReachable NotReadable", await OpenForBobAsync(inHome, closed));
    }

    [Fact]
    public async Task Nobody_learns_through_the_bot_what_is_in_a_folder_closed_to_him()
    {
        // Of the bot's own folder, which it may pass and bob may not.
        var there = Deploy!.Write("private/there.png", "secret", Private);
        var link = Path.Combine(Deploy.Home, "private/link");
        File.CreateSymbolicLink(link, there);
        Command.Run("mkfifo", Path.Combine(Deploy.Home, "private/pipe"));
        string[] names = ["there.png", "link", "pipe", "missing", "missing/deeper", "link/deeper"];

        Assert.Equal(
            Same(CallerFileRefusal.NotTheCallers, names.Length),
            await OpenForBobAsync([.. names.Select(name => Path.Combine(Deploy.Home, "private", name))])
        );
        Assert.Equal("NotReachable", await OpenForBobAsync(_folder["missing.png"]));
    }

    [Fact]
    public async Task A_file_larger_than_may_be_sent_is_not_opened()
    {
        Assert.Equal("TooLarge", await OpenForBobAsync(Place("big.png", new string('x', 1001), Bob!, Public)));
    }

    [Theory]
    [InlineData("d", "link-to-s", CallerFileRefusal.SymbolicLink)]
    [InlineData("d", "s", CallerFileRefusal.NotTheCallers)]
    [InlineData("d/x.png", "link-to-s-x.png", CallerFileRefusal.SymbolicLink)]
    [InlineData("d/x.png", "s/x.png", CallerFileRefusal.NotTheCallers)]
    public async Task Swapping_files_folders_and_links_while_the_bot_looks_wins_nothing(
        string one,
        string other,
        CallerFileRefusal refusal
    )
    {
        Directory.CreateDirectory(_folder["d"]);
        Place("d/x.png", "own", Bob!, Public);
        Directory.CreateDirectory(_folder["s"]);
        Place("s/x.png", "secret", Deploy!, Private);
        Directory.CreateSymbolicLink(_folder["link-to-s"], "s");
        File.CreateSymbolicLink(_folder["link-to-s-x.png"], _folder["s/x.png"]);

        using var bot = new OtherProcess(
            "as",
            Deploy!.Name,
            "open-again-and-again",
            Bob!.Uid.ToString(CultureInfo.InvariantCulture),
            _folder["d/x.png"],
            "20000"
        );
        bot.LetGo();
        var outcome = bot.OutputAsync();
        while (!outcome.IsCompleted)
        {
            // In one step, so that at each moment one or the other is there.
            Assert.Equal(0, RenameAt2(LibC.AtFdCwd, _folder[one], LibC.AtFdCwd, _folder[other], Exchange));
        }

        var counts = (await outcome)
            .Split('\n')
            .Select(line => line.Split(' '))
            .ToDictionary(
                words => words[0],
                words => int.Parse(words[1], CultureInfo.InvariantCulture),
                StringComparer.Ordinal
            );
        Assert.False(counts.ContainsKey("secret"));
        Assert.Equal(20_000, counts.Values.Sum());

        // Both faces were seen, so the swapping did cross the looking.
        Assert.InRange(counts["own"], 1, 20_000);
        Assert.InRange(counts[refusal.ToString()], 1, 20_000);
    }

    private const uint Exchange = 2; // RENAME_EXCHANGE

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int RenameAt2(int fromFolder, string from, int toFolder, string to, uint flags);

    private static ScratchFolder OpenFolder()
    {
        TestAccount.SkipUnlessRoot();
        var folder = new ScratchFolder();
        Command.Run("chmod", Rwxrxrx, folder.Path);
        return folder;
    }

    private static string Same(CallerFileRefusal reason, int count) =>
        string.Join(' ', Enumerable.Repeat(reason.ToString(), count));

    private string Place(string name, string content, TestAccount owner, UnixFileMode mode)
    {
        File.WriteAllText(_folder[name], content);
        File.SetUnixFileMode(_folder[name], mode);
        owner.Own(_folder[name]);
        return _folder[name];
    }

    /// <summary>The kernel itself, asked as bob.</summary>
    private async Task AgreesWithKernelAsync(bool isOpen, params string[] paths)
    {
        foreach (var path in paths)
        {
            var (status, _) = await Bob!.RunAsync(
                "/usr/bin/cat",
                [path],
                new Dictionary<string, string>(StringComparer.Ordinal),
                TestContext.Current.CancellationToken
            );
            Assert.Equal(isOpen, status == 0);
        }
    }

    private async Task<string> OpenForBobAsync(params string[] paths)
    {
        using var bot = new OtherProcess([
            "as",
            Deploy!.Name,
            "open-for",
            Bob!.Uid.ToString(CultureInfo.InvariantCulture),
            "1000",
            .. paths,
        ]);
        bot.LetGo();
        return (await bot.OutputAsync()).ReplaceLineEndings(" ");
    }

    /// <summary>Made once, since that takes longer than all the tests.</summary>
    public sealed class Accounts : IAsyncLifetime
    {
        internal TestAccount? Deploy { get; private set; }

        internal TestAccount? Alice { get; private set; }

        internal TestAccount? Bob { get; private set; }

        public async ValueTask InitializeAsync()
        {
            if (Environment.IsPrivilegedProcess)
            {
                Deploy = await TestAccount.CreateAsync("deploy");
                Alice = await TestAccount.CreateAsync("alice");
                Bob = await TestAccount.CreateAsync("bob");
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var account in new[] { Deploy, Alice, Bob }.OfType<TestAccount>())
            {
                await account.DisposeAsync();
            }
        }
    }
}
