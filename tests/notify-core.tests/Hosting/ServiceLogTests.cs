using Microsoft.Extensions.Logging;
using Notify.Files;
using Notify.Hosting;
using Notify.Tests.Files;
using Xunit;

namespace Notify.Tests.Hosting;

/// <summary>The log of bot, dashboard and gateway: whatever a message quotes, only the program writes entries.</summary>
public sealed class ServiceLogTests
{
    [Theory]
    [InlineData("x\nWARNING 9999 forged", "x WARNING 9999 forged")]
    [InlineData("x\r\n<2>CRITICAL 9999 forged", "x  <2>CRITICAL 9999 forged")]
    [InlineData("x\u2028WARNING 9999 forged", "x?WARNING 9999 forged")]
    [InlineData("x\u0085WARNING 9999 forged", "x?WARNING 9999 forged")]
    [InlineData("a\u202Eb\u2066c\u200Bd\uFEFFe\u001B[2Jf\u009Bg\u0000", "a?b?c?d?e?[2Jf?g?")]
    public void A_message_is_one_line_without_characters_that_nobody_sees(string quoted, string shown)
    {
        Assert.Equal($"WARNING 7 A login failed: {shown}.\n", Written(false, $"A login failed: {quoted}.", null));
        Assert.Equal($"<4>WARNING 7 A login failed: {shown}.\n", Written(true, $"A login failed: {quoted}.", null));
    }

    [Fact]
    public void Lines_of_an_exception_are_indented_and_so_no_entries()
    {
        var failure = new InvalidOperationException("bad\nWARNING 9999 forged\u202E");

        Assert.Equal(
            "<4>WARNING 7 It failed.\n<4>    System.InvalidOperationException: bad\n<4>    WARNING 9999 forged?\n",
            Written(true, "It failed.", failure)
        );
    }

    [Fact]
    public void The_service_s_own_file_gets_the_same_without_secrets()
    {
        using var folder = new ScratchFolder();
        var path = folder["bot.log"];
        using var file = new BoundedLog(path, TimeProvider.System);

        Written(
            false,
            "To SECRET\nWARNING 9999 forged\u200B",
            new IOException("SECRET\nWARNING 9999 forged\u200B"),
            file
        );

        var lines = File.ReadAllLines(path);
        Assert.EndsWith(" WARNING 7 To *** WARNING 9999 forged?", lines[0], StringComparison.Ordinal);
        Assert.Equal(["    System.IO.IOException: ***", "    WARNING 9999 forged?"], lines[1..]);
    }

    private static string Written(bool underJournal, string message, Exception? exception, BoundedLog? file = null)
    {
        var console = new StringWriter();
        using var log = new ServiceLog(
            console,
            underJournal,
            text => text.Replace("SECRET", "***", StringComparison.Ordinal),
            file
        );
        log.CreateLogger("Notify.Test").Log(LogLevel.Warning, new EventId(7), message, exception, (text, _) => text);
        return console.ToString();
    }
}
