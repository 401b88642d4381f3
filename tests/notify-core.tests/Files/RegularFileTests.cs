using Notify.Files;
using Xunit;

namespace Notify.Tests.Files;

public sealed class RegularFileTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_read_whole_up_to_the_limit()
    {
        File.WriteAllText(_folder["a"], "12345");
        File.CreateSymbolicLink(_folder["link"], _folder["a"]);

        Assert.Equal("12345"u8.ToArray(), RegularFile.ReadAll(_folder["a"], 5));
        Assert.Equal("12345"u8.ToArray(), RegularFile.ReadAll(_folder["link"], 5));
        var refused = Assert.Throws<IOException>(() => RegularFile.ReadAll(_folder["a"], 4));
        Assert.Contains("5 bytes, more than 4", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pipe_or_a_folder_is_refused_and_nothing_hangs()
    {
        Command.Run("mkfifo", _folder["pipe"]);

        foreach (var path in new[] { _folder["pipe"], _folder.Path, "/dev/zero" })
        {
            var refused = Assert.Throws<IOException>(() => RegularFile.ReadAll(path, 100));
            Assert.Contains("not a regular file", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_missing_file_is_told_from_one_that_can_not_be_opened()
    {
        File.CreateSymbolicLink(_folder["loop"], _folder["loop"]);

        Assert.Throws<FileNotFoundException>(() => RegularFile.ReadAll(_folder["none"], 100));
        Assert.Throws<IOException>(() => RegularFile.ReadAll(_folder["loop"], 100));
    }
}
