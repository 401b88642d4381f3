using System.Net.Http.Json;
using Notify.Sandbox.Control;

namespace Notify.Demo;

/// <summary>The sample analyst's phone in the sandbox, through the sandbox's control API: what a person does on the phone page.</summary>
internal sealed class PhoneInSandbox : IDisposable
{
    private readonly HttpClient _http;
    private readonly long _chat;

    private PhoneInSandbox(HttpClient http, long chat)
    {
        _http = http;
        _chat = chat;
    }

    /// <summary>The page that shows this phone.</summary>
    internal Uri Page => new(_http.BaseAddress!, $"/phone?chat={_chat}");

    /// <summary>Makes the person whose phone it is.</summary>
    internal static async Task<PhoneInSandbox> OfAsync(string firstName, Uri sandbox, CancellationToken cancellation)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = sandbox };
        var person = await PostAsync<PersonView>(http, "/sandbox/people", new NewPerson(firstName), cancellation);
        return new PhoneInSandbox(http, person.Id);
    }

    /// <summary>Types a text and sends it to the bot.</summary>
    internal Task TypeAsync(string text, CancellationToken cancellation) =>
        PostAsync<TypedMessage>(_http, $"/sandbox/chats/{_chat}/text", new Typed(text), cancellation);

    /// <summary>What the bot has written, the oldest first.</summary>
    internal async Task<IReadOnlyList<MessageView>> MessagesAsync(CancellationToken cancellation)
    {
        var all = await _http.GetFromJsonAsync<IReadOnlyList<MessageView>>(
            new Uri($"/sandbox/chats/{_chat}/messages", UriKind.Relative),
            ControlJson.Options,
            cancellation
        );
        return [.. all!.Where(m => m.FromBot)];
    }

    /// <summary>Waits until the bot has written something; null where it did not in time.</summary>
    internal async Task<MessageView?> WaitForAsync(
        Func<MessageView, bool> isIt,
        TimeSpan timeout,
        CancellationToken cancellation
    )
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if ((await MessagesAsync(cancellation)).FirstOrDefault(isIt) is { } found)
            {
                return found;
            }

            if (TimeProvider.System.GetElapsedTime(since) > timeout)
            {
                return null;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellation);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private static async Task<T> PostAsync<T>(HttpClient http, string path, object body, CancellationToken cancellation)
    {
        using var content = JsonContent.Create(body, body.GetType(), options: ControlJson.Options);
        using var response = await http.PostAsync(new Uri(path, UriKind.Relative), content, cancellation);
        return response.IsSuccessStatusCode
            ? (await response.Content.ReadFromJsonAsync<T>(ControlJson.Options, cancellation))!
            : throw new DemoException(
                $"The sandbox refused {path}: {await response.Content.ReadAsStringAsync(cancellation)}"
            );
    }
}
