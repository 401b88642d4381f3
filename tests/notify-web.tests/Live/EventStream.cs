using System.Net;
using Notify.Testing;

namespace Notify.Tests.Live;

/// <summary>An event as a browser would have it.</summary>
internal sealed record Heard(string Name, string Data, string Id);

/// <summary>An open page that listens.</summary>
internal sealed class EventStream : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;

    private EventStream(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _reader = new StreamReader(body);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Comments that were heard.</summary>
    public List<string> Comments { get; } = [];

    public static async Task<EventStream> OpenAsync(WebVisitor visitor, string? from = null, string? lastEventId = null)
    {
        var response = await visitor.OpenAsync(
            "/api/events" + (from is null ? "" : $"?from={from}"),
            Cancellation,
            lastEventId
        );
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        return new EventStream(response, await response.Content.ReadAsStreamAsync(Cancellation));
    }

    /// <summary>The next event; null where the stream has ended.</summary>
    public async Task<Heard?> NextAsync()
    {
        var (name, data, id) = ("", "", "");
        while (await _reader.ReadLineAsync(Cancellation) is { } line)
        {
            switch (line.Split(": ", 2))
            {
                case ["event", var value]:
                    name = value;
                    break;
                case ["data", var value]:
                    data = value;
                    break;
                case ["id", var value]:
                    id = value;
                    break;
                case [""] when name.Length > 0:
                    return new Heard(name, data, id);
                case ["", var comment]:
                    Comments.Add(comment);
                    break;
            }
        }

        return null;
    }

    /// <summary>Reads comments until so many were heard.</summary>
    public async Task HearCommentsAsync(int count)
    {
        while (Comments.Count < count && await _reader.ReadLineAsync(Cancellation) is { } line)
        {
            if (line.StartsWith(": ", StringComparison.Ordinal))
            {
                Comments.Add(line[2..]);
            }
        }
    }

    public void Dispose()
    {
        _reader.Dispose();
        _response.Dispose();
    }
}
