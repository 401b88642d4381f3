using Notify.Settings;
using Xunit;

namespace Notify.Tests.Settings;

/// <summary>Settings that several programs read by one rule.</summary>
public sealed class SettingsReaderTests
{
    [Theory]
    [InlineData(null, null, true)]
    [InlineData("", null, true)]
    [InlineData("NotifyTestBot", "NotifyTestBot", true)]
    [InlineData("@NotifyTestBot", "NotifyTestBot", true)]
    [InlineData("my bot", "my bot", false)]
    [InlineData("@", "", false)]
    public void The_bot_s_name_is_letters_digits_and_underscores(string? value, string? name, bool isRight)
    {
        var reader = new SettingsReader(_ => value);

        Assert.Equal(name, reader.BotUsername());
        Assert.Equal(isRight, reader.Problems.Count == 0);
    }
}
