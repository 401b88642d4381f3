using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Notify.Bench;

// notify-bare-relay SOCKET BOT_API: passes each text on to the Bot API at once, and stores and checks nothing. ./dev bench measures the bot beside it.
var (socket, sendMessage) = (args[0], new Uri($"{args[1]}/bot110201:relay/sendMessage"));
using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false });
var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder
    .WebHost.UseKestrelCore()
    .ConfigureKestrel(kestrel =>
    {
        kestrel.AddServerHeader = false;
        kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http1);
    });
await using var app = builder.Build();
app.Run(async context =>
{
    var sent = await JsonSerializer.DeserializeAsync(
        context.Request.Body,
        RelayJson.Default.Sent,
        context.RequestAborted
    );
    using var content = new ByteArrayContent(
        JsonSerializer.SerializeToUtf8Bytes(new Message(10_000, sent!.Text), RelayJson.Default.Message)
    );
    content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
    using var answer = await client.PostAsync(sendMessage, content, context.RequestAborted);
    await answer.Content.ReadAsByteArrayAsync(context.RequestAborted);
    context.Response.StatusCode = (int)answer.StatusCode;
    context.Response.ContentType = "application/json";
    var status = """{"status":"delivered"}"""u8.ToArray();
    context.Response.ContentLength = status.Length;
    await context.Response.Body.WriteAsync(status, context.RequestAborted);
});
await app.RunAsync();

namespace Notify.Bench
{
    /// <summary>The part of a request to /send that counts here.</summary>
    internal sealed record Sent(string User, string Text);

    /// <summary>A call of sendMessage.</summary>
    internal sealed record Message(long ChatId, string Text);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(Sent))]
    [JsonSerializable(typeof(Message))]
    internal sealed partial class RelayJson : JsonSerializerContext;
}
