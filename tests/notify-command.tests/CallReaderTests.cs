using Notify.Command;
using Notify.Sending;
using Xunit;

namespace Notify.Tests;

/// <summary>What the arguments mean.</summary>
public sealed class CallReaderTests
{
    [Theory]
    [InlineData("[OK] done", "[OK] done")]
    [InlineData("[OK]|done", "[OK] done")]
    [InlineData("@x", "@x")]
    [InlineData("built|--title|x|-f", "built --title x -f")]
    [InlineData("--|--title", "--title")]
    [InlineData("--|-", "-")]
    [InlineData("a|--|b", "a -- b")]
    [InlineData("done", "done")]
    [InlineData("done|with|it", "done with it")]
    [InlineData("--|run|--|x", "run -- x")]
    [InlineData("5 %|-1", "5 % -1")]
    [InlineData("*not bold*", "*not bold*")]
    [InlineData("", "")]
    public void Words_are_text_as_they_stand(string arguments, string text)
    {
        var send = Send(arguments);

        Assert.Equal(text, send.Text);
        Assert.Equal(Notation.Plain, send.Notation);
        Assert.False(send.IsStandardInput);
    }

    [Fact]
    public void Options_stand_before_the_text_in_both_forms()
    {
        var send = Send(
            "-t|Import|--image|a.png|-ib.png|--file=c.csv|--table|d.csv|--markdown|--silent|--urgent|--key|k|--button|A=B=https://example.com/?a=b|--wait|2.5|--json|done"
        );

        Assert.Equal("Import", send.Title);
        Assert.Equal(["a.png", "b.png"], send.Images);
        Assert.Equal(["c.csv"], send.Files);
        Assert.Equal("d.csv", send.Table);
        Assert.Equal(Notation.Markdown, send.Notation);
        Assert.True(send is { Silent: true, Urgent: true, Json: true });
        Assert.Equal("k", send.Key);
        Assert.Equal([new LinkButton("A=B", "https://example.com/?a=b")], send.Buttons);
        Assert.Equal(TimeSpan.FromSeconds(2.5), send.Wait);
        Assert.Equal("done", send.Text);
    }

    [Fact]
    public void The_value_of_an_option_may_look_like_an_option() =>
        Assert.Equal("--silent", Send("-t|--silent|x").Title);

    [Fact]
    public void A_hyphen_alone_is_stdin()
    {
        var send = Send("--pre|-");

        Assert.True(send.IsStandardInput);
        Assert.Null(send.Text);
        Assert.Equal(Notation.Block, send.Notation);
    }

    [Theory]
    [InlineData("--nope|x", "There is no option \"--nope\".")]
    [InlineData("--titel|x", "Do you mean --title?")]
    [InlineData("-x", "There is no option \"-x\".")]
    [InlineData("-5|degrees", "stands after --")]
    [InlineData("--title", "--title needs a value")]
    [InlineData("--silent=yes", "--silent takes no value")]
    [InlineData("--pre|--html|x", "--pre and --html exclude each other")]
    [InlineData("--wait|31|x", "from 0 to 30")]
    [InlineData("--wait|-1|x", "from 0 to 30")]
    [InlineData("--wait|soon|x", "from 0 to 30")]
    [InlineData("--button|Docs|x", "https://")]
    [InlineData("--button|=https://x|x", "https://")]
    [InlineData("--button|Files=ftp://x|x", "https://")]
    [InlineData("--table|a|--table|b", "--table can stand once")]
    [InlineData("run", "-- has to stand before the command")]
    [InlineData("run|make", "notify run -- make test")]
    [InlineData("run|--", "There is no command after --")]
    [InlineData("run|--if-longer|30|--|x", "such as 30s")]
    [InlineData("run|--tail|0|--|x", "from 1 to 1000")]
    [InlineData("run|--file|a|--|x", "There is no option \"--file\"")]
    [InlineData("done|--pid", "--pid needs a value")]
    [InlineData("done|--pid|0", "--pid takes the number of a process")]
    [InlineData("done|--pid|x", "--pid takes the number of a process")]
    [InlineData("done|--pid|1|please", "takes --pid NUMBER, and no text")]
    public void Wrong_use_is_told_with_what_helps(string arguments, string sentence)
    {
        var wrong = Assert.Throws<UsageException>(() => CallReader.Read(arguments.Split('|')));

        Assert.Contains(sentence, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_has_its_options_and_a_command_that_may_have_its_own()
    {
        var run = Assert.IsType<Call.Run>(
            CallReader.Read(
                "run|--title|T|--if-longer|30s|--only-failure|--tail|15|--silent|--|make|--title|--|x".Split('|')
            )
        );

        Assert.Equal(["make", "--title", "--", "x"], run.Command);
        Assert.Equal((TimeSpan.FromSeconds(30), true, 15, "T"), (run.IfLonger, run.OnlyFailure, run.Tail, run.Title));
        Assert.True(run.Silent);
    }

    [Theory]
    [InlineData("run|--tail|--|make", 15)]
    [InlineData("run|--tail|3|--|make", 3)]
    [InlineData("run|--tail=7|--|make", 7)]
    [InlineData("run|--|make", null)]
    public void Tail_has_a_number_or_none(string arguments, int? lines) =>
        Assert.Equal(lines, Assert.IsType<Call.Run>(CallReader.Read(arguments.Split('|'))).Tail);

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("-t|x|--help")]
    [InlineData("run|--help")]
    [InlineData("done|--help")]
    [InlineData("done|-h")]
    public void Help_is_shown_where_it_is_asked_for(string arguments) =>
        Assert.IsType<Call.ShowHelp>(CallReader.Read(arguments.Split('|')));

    [Fact]
    public void Done_takes_a_process() =>
        Assert.Equal(42, Assert.IsType<Call.Done>(CallReader.Read(["done", "--pid=42"])).Pid);

    private static Call.Send Send(string arguments) => Assert.IsType<Call.Send>(CallReader.Read(arguments.Split('|')));
}
