using Notify.Files;
using Notify.Testing;
using Xunit;

namespace Notify.Tests.Files;

/// <summary>Files that others change while a program runs.</summary>
public sealed class ReloadingFileTests : IDisposable
{
    private readonly ScratchFolder _folder = new();
    private int _reads;

    private string Path => _folder["file"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_change_of_the_same_length_is_seen_however_soon_it_comes()
    {
        var file = Open();
        for (var i = 0; i < 300; i++)
        {
            // In place: neither the inode nor the size says that it has changed.
            var text = i % 2 == 0 ? "a" : "b";
            File.WriteAllText(Path, text);

            Assert.Equal(text, file.Content);
        }
    }

    [Fact]
    public async Task A_file_that_stays_as_it_is_is_not_read_again()
    {
        File.WriteAllText(Path, "a");
        var file = Open();

        await Eventually.TrueAsync(
            () =>
            {
                _ = file.Content;
                var reads = _reads;
                _ = file.Content;
                return _reads == reads;
            },
            () => $"it was read {_reads} times",
            TestContext.Current.CancellationToken
        );
        var settled = _reads;
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal("a", file.Content);
        }

        Assert.Equal(settled, _reads);
        file.Reload();
        Assert.Equal(settled + 1, _reads);
    }

    [Fact]
    public void A_missing_file_is_seen_when_it_comes_and_when_it_goes()
    {
        var file = Open();
        Assert.Equal("none", file.Content);
        File.WriteAllText(Path, "a");
        Assert.Equal("a", file.Content);
        File.Delete(Path);
        Assert.Equal("none", file.Content);
    }

    [Fact]
    public void A_read_that_fails_is_tried_again_and_has_what_was_read_before()
    {
        var fails = false;
        var file = new ReloadingFile<string>(
            Path,
            (_, before) => fails ? ($"{before}, then nothing", false) : (File.ReadAllText(Path), true)
        );
        File.WriteAllText(Path, "a");
        Assert.Equal("a", file.Content);
        fails = true;
        File.WriteAllText(Path, "bb");
        Assert.Equal("a, then nothing", file.Content);
        fails = false;
        Assert.Equal("bb", file.Content);
    }

    [Fact]
    public void What_is_set_is_what_was_read_before()
    {
        string? known = null;
        var file = new ReloadingFile<string>(
            Path,
            (_, before) =>
            {
                known = before;
                return ("read", true);
            }
        );
        file.Set("set");

        Assert.Equal("read", file.Content);
        Assert.Equal("set", known);
    }

    private ReloadingFile<string> Open() =>
        new(
            Path,
            (status, _) =>
            {
                _reads++;
                return (status is null ? "none" : File.ReadAllText(Path), true);
            }
        );
}
