using FsCheck.Xunit;
using Notify.Scripts;
using Xunit;

namespace Notify.Tests.Scripts;

public sealed class OutputTailTests
{
    [Property(MaxTest = 500)]
    public bool It_is_the_end_of_what_came(byte[][] pieces, byte capacity)
    {
        var size = capacity + 1;
        var tail = new OutputTail(size);
        foreach (var piece in pieces)
        {
            tail.Append(piece);
        }

        var all = pieces.SelectMany(piece => piece).ToArray();
        return tail.Total == all.Length && tail.ToArray().SequenceEqual(all.TakeLast(size));
    }

    [Fact]
    public void It_keeps_no_more_than_it_may()
    {
        var tail = new OutputTail(1000);
        for (var i = 0; i < 100; i++)
        {
            tail.Append(new byte[333]);
        }

        Assert.Equal((33_300, 1000), (tail.Total, tail.ToArray().Length));
    }
}
