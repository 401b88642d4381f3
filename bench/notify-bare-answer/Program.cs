using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

// notify-bare-answer PORT JSON: the least that an address of an API on Kestrel can be, which answers everything with the same. ./dev bench measures the dashboard beside it.
var body = Encoding.UTF8.GetBytes(args[1]);
var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder
    .WebHost.UseKestrelCore()
    .ConfigureKestrel(kestrel =>
    {
        kestrel.AddServerHeader = false;
        kestrel.Listen(
            IPAddress.Loopback,
            int.Parse(args[0], CultureInfo.InvariantCulture),
            listen => listen.Protocols = HttpProtocols.Http1
        );
    });
await using var app = builder.Build();
app.Run(context =>
{
    context.Response.ContentType = "application/json; charset=utf-8";
    context.Response.ContentLength = body.Length;
    return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
});
await app.RunAsync();
