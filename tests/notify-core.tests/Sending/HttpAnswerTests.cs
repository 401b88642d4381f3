using System.Text;
using FsCheck.Xunit;
using Notify.Sending;
using Xunit;

namespace Notify.Tests.Sending;

public sealed class HttpAnswerTests
{
    private static SendApiAnswer? Parse(string answer) => HttpAnswer.Parse(Encoding.Latin1.GetBytes(answer));

    [Theory]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 13\r\n\r\n{\"error\":\"x\"}")]
    [InlineData(
        "HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"err\r\n8;ext=1\r\nor\":\"x\"}\r\n0\r\n\r\n"
    )]
    [InlineData("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n{\"error\":\"x\"}")]
    [InlineData(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 13\r\n\r\n{\"error\":\"x\"}more"
    )]
    public void Status_and_sentence_come_through_in_every_framing(string answer)
    {
        var parsed = Parse(answer);

        Assert.Equal((404, "x"), (parsed!.Status, parsed.Error));
    }

    [Theory]
    [InlineData("")]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"ok\":")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"er")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n{\"er")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")]
    [InlineData("HTTP/1.1 many\r\n\r\n")]
    public void What_is_cut_short_or_no_http_is_no_answer(string answer) => Assert.Null(Parse(answer));

    [Fact]
    public void An_answer_without_json_is_told_by_its_status()
    {
        var answer = Parse("HTTP/1.1 413 Payload Too Large\r\nContent-Length: 6\r\n\r\n<html>");

        Assert.Contains("413", answer!.Error, StringComparison.Ordinal);
    }

    [Property(MaxTest = 500)]
    public bool Any_bytes_give_an_answer_or_none(byte[] bytes)
    {
        HttpAnswer.Parse([.. "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"u8, .. bytes]);
        HttpAnswer.Parse(bytes);
        return true;
    }
}
