using System.Diagnostics;
using System.Text;
using Notify.Files;
using Notify.Posix;
using Notify.Testing;
using Xunit;

namespace Notify.Tests.Files;

public sealed class AtomicFileTests : IDisposable
{
    private const UnixFileMode Mode660 =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_file_has_the_mode_asked_for_whatever_the_umask()
    {
        // Under the umask of this process, 022 or tighter, a plain create gives 0640 or less.
        AtomicFile.Replace(_folder["new"], "x"u8, Mode660);

        Assert.Equal(FileModes.GroupFile, FileStatus.OfPath(_folder["new"])!.Value.Mode);
        Assert.Equal(_folder["new"], Assert.Single(Directory.GetFileSystemEntries(_folder.Path)));
    }

    [Fact]
    public void A_new_file_of_roots_belongs_to_the_folders_owner()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: gives a file to another user");
        Command.Run("chown", "daemon:games", _folder.Path);
        Command.Run("chmod", "2770", _folder.Path);

        AtomicFile.Replace(_folder["new"], "x"u8, Mode660);

        Assert.Equal("daemon:games 660", Command.Run("stat", "-c", "%U:%G %a", _folder["new"]).Trim());
    }

    [Fact]
    public void A_replaced_file_keeps_mode_group_owner_and_access_list()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: gives a file to another user");
        var path = _folder["kept"];
        File.WriteAllText(path, "old");
        Command.Run("chown", "daemon:games", path);
        Command.Run("chmod", "0640", path);
        Command.Run("setfacl", "-m", "g:mail:rw,u:bin:r", path);
        var before = Command.Run("getfacl", "-p", path);
        var inode = FileStatus.OfPath(path)!.Value.Inode;

        AtomicFile.Replace(path, "new"u8, Mode660);

        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal(before, Command.Run("getfacl", "-p", path));
        Assert.NotEqual(inode, FileStatus.OfPath(path)!.Value.Inode);
    }

    [Fact]
    public void A_replaced_file_without_an_access_list_does_not_get_the_default_one_of_its_folder()
    {
        var path = _folder["plain"];
        File.WriteAllText(path, "old");
        Command.Run("chmod", "0660", path);
        Command.Run("setfacl", "-d", "-m", "u:daemon:rwx", _folder.Path);
        var before = Command.Run("getfacl", "-p", path);

        AtomicFile.Replace(path, "new"u8, Mode660);

        Assert.Equal(before, Command.Run("getfacl", "-p", path));
    }

    [Fact]
    public void A_symbolic_link_is_neither_followed_nor_replaced()
    {
        File.WriteAllText(_folder["target"], "precious");
        File.CreateSymbolicLink(_folder["link"], _folder["target"]);

        Assert.Throws<FileNotWrittenException>(() => AtomicFile.Replace(_folder["link"], "new"u8, Mode660));

        Assert.Equal("precious", File.ReadAllText(_folder["target"]));
        Assert.Equal(FileKind.SymbolicLink, FileStatus.OfPath(_folder["link"], followLink: false)!.Value.Kind);
    }

    [Fact]
    public void A_full_disk_leaves_the_old_file_whole_and_says_so()
    {
        using var disk = TestDisk.Small();
        AtomicFile.Replace(disk["file"], "old"u8, Mode660);
        disk.Fill();

        var exception = Assert.Throws<FileNotWrittenException>(() =>
            AtomicFile.Replace(disk["file"], new byte[100_000], Mode660)
        );

        Assert.Equal("No space left on device", exception.Reason);
        Assert.Equal("old", File.ReadAllText(disk["file"]));
        Assert.Equal(2, Directory.GetFileSystemEntries(Path.GetDirectoryName(disk["file"])!).Length);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_named_in_the_exception()
    {
        var exception = Assert.Throws<FileNotWrittenException>(() =>
            AtomicFile.Replace(_folder["missing/file"], "x"u8, Mode660)
        );

        Assert.Equal(
            $"Can't write {_folder["missing/file"]}: can't open its folder: No such file or directory.",
            exception.Message
        );
    }

    [Fact]
    public void What_is_prepared_and_not_committed_changes_nothing_and_leaves_nothing()
    {
        File.WriteAllText(_folder["file"], "old");

        using (AtomicFile.Prepare(_folder["file"], "new"u8, Mode660))
        {
            Assert.Equal("old", File.ReadAllText(_folder["file"]));
        }

        Assert.Equal("old", File.ReadAllText(_folder["file"]));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_writer_killed_at_any_moment_leaves_a_whole_file_and_its_leftover_is_cleaned_up_when_old()
    {
        var path = _folder["file"];
        var leftovers = 0;
        for (var round = 0; round < 60 || (leftovers == 0 && round < 600); round++)
        {
            using var writer = new OtherProcess("replace-for-ever", path);
            writer.LetGo();
            var started = Stopwatch.GetTimestamp();
            SpinWait.SpinUntil(() =>
                File.Exists(path) && Stopwatch.GetElapsedTime(started).TotalMilliseconds > 3 + (round % 17)
            );
            writer.Kill();

            var content = File.ReadAllText(path);
            Assert.Equal(200_000, content.Length);
            Assert.Equal(content.Length, content.Count(c => c == content[0]));
            leftovers = Directory.GetFileSystemEntries(_folder.Path).Length - 1;
        }

        Assert.NotEqual(0, leftovers);
        Assert.Equal(0, AtomicFile.RemoveLeftovers(_folder.Path, TimeProvider.System));
        foreach (var entry in Directory.GetFiles(_folder.Path))
        {
            File.SetLastWriteTimeUtc(entry, TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-11));
        }

        File.WriteAllText(_folder[".notify-other.tmp"], "somebody else's");
        File.SetLastWriteTimeUtc(
            _folder[".notify-other.tmp"],
            TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-11)
        );

        Assert.Equal(leftovers, AtomicFile.RemoveLeftovers(_folder.Path, TimeProvider.System));
        Assert.Equal(
            ".notify-other.tmp file",
            string.Join(' ', Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal))
        );
    }

    [Fact]
    public async Task A_writer_outside_the_group_of_the_file_narrows_its_rights_rather_than_widening_them()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: becomes another user");
        var path = _folder["file"];
        File.WriteAllText(path, "old");
        Command.Run("chown", "daemon:games", path);
        Command.Run("chmod", "0664", path);
        Command.Run("chown", "daemon:daemon", _folder.Path);
        using (var writer = new OtherProcess("as", "daemon", "replace", path, "new"))
        {
            writer.LetGo();
            await writer.OutputAsync();
        }

        Assert.Equal("new", File.ReadAllText(path));
        var status = FileStatus.OfPath(path)!.Value;
        Assert.Equal(FileModes.GroupReadFile | UnixFileMode.OtherRead, status.Mode); // The group is now another one and may only what all may
        Assert.Equal(Group.Find("daemon")!.Gid, status.Gid);
        Assert.Equal(Encoding.UTF8.GetByteCount("new"), status.Size);
    }
}
