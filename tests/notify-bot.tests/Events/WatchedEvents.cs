using System.Text.Json;

namespace Notify.Tests.Events;

/// <summary>A stream of server-sent events as its reader sees it.</summary>
internal sealed class WatchedEvents : IAsyncDisposable
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(60);

    private readonly TextReader _lines;
    private readonly HttpResponseMessage? _answer;
    private readonly CancellationToken _cancellation;

    private WatchedEvents(TextReader lines, HttpResponseMessage? answer, CancellationToken cancellation) =>
        (_lines, _answer, _cancellation) = (lines, answer, cancellation);

    /// <summary>Opens a stream; from then on nothing is missed.</summary>
    public static async Task<WatchedEvents> OpenAsync(HttpClient client, string path, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.ToString());
        var events = new WatchedEvents(
            new StreamReader(await answer.Content.ReadAsStreamAsync(cancellation)),
            answer,
            cancellation
        );
        Assert.Equal(": watching", await events.LineAsync());
        return events;
    }

    /// <summary>What a program prints that has opened a stream.</summary>
    public static async Task<WatchedEvents> OfAsync(TextReader output, CancellationToken cancellation)
    {
        var events = new WatchedEvents(output, null, cancellation);
        Assert.Equal(": watching", await events.LineAsync());
        return events;
    }

    /// <summary>The next events, each as its name and the values of its data with blanks between.</summary>
    public async Task<IReadOnlyList<string>> NextAsync(int count)
    {
        var events = new List<string>();
        while (events.Count < count)
        {
            if (await LineAsync() is { } line && line.StartsWith("event: ", StringComparison.Ordinal))
            {
                var data = JsonDocument.Parse((await LineAsync())!["data: ".Length..]).RootElement;
                events.Add(
                    string.Join(
                        ' ',
                        data.EnumerateObject().Select(m => m.Value.GetString()).Prepend(line["event: ".Length..])
                    )
                );
            }
        }

        return events;
    }

    /// <summary>Whether the other side has ended it; waits for that.</summary>
    public async Task<bool> HasEndedAsync()
    {
        while (await _lines.ReadLineAsync(_cancellation).AsTask().WaitAsync(WaitTimeout, _cancellation) is { } line)
        {
            Assert.DoesNotContain("event:", line, StringComparison.Ordinal);
        }

        return true;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _lines.Dispose();
        _answer?.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<string?> LineAsync() =>
        await _lines.ReadLineAsync(_cancellation).AsTask().WaitAsync(WaitTimeout, _cancellation) is { } line
            ? line
            : throw new EndOfStreamException("The stream has ended.");
}
