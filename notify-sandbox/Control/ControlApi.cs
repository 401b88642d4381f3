using System.Text.Json;
using Notify.Sandbox.Telegram;
using Notify.Sandbox.Telegram.Methods;
using static Notify.Sandbox.Control.ControlRoutes;

namespace Notify.Sandbox.Control;

/// <summary>The control API under <c>/sandbox</c>: for tests, for the phone page and for curl. See docs/sandbox.md.</summary>
internal sealed class ControlApi(SandboxServer server, TelegramWorld world)
{
    private readonly Phones _phones = new(world);

    public void Map(IEndpointRouteBuilder routes)
    {
        var sandbox = routes.MapGroup("/sandbox");
        Get(sandbox, "/state", _ => State());

        Get(sandbox, "/chats", _ => _phones.Chats());
        Get(sandbox, "/chats/{chat:long}/messages", http => _phones.Messages(Chat(http)));
        Get(
            sandbox,
            "/chats/{chat:long}/messages/{message:int}",
            http => _phones.Message(Chat(http), RouteInt(http, "message"))
        );
        Delete(sandbox, "/chats/{chat:long}/messages", http => _phones.Clear(Chat(http)));
        Delete(
            sandbox,
            "/chats/{chat:long}/messages/{message:int}",
            http => _phones.Delete(Chat(http), RouteInt(http, "message"))
        );
        Post<NewPerson>(sandbox, "/people", (_, person) => _phones.AddPerson(person));
        Post<NewGroup>(sandbox, "/groups", (_, group) => _phones.AddGroup(group));
        Post<Typed>(sandbox, "/chats/{chat:long}/text", (http, typed) => _phones.Type(Chat(http), typed));
        PostAsync<Press>(
            sandbox,
            "/chats/{chat:long}/press",
            async (http, press) => await _phones.PressAsync(Chat(http), press, http.RequestAborted)
        );
        Post<Switch>(
            sandbox,
            "/chats/{chat:long}/start",
            (http, isStarted) => Do(() => _phones.Start(Chat(http), isStarted.On))
        );
        Post<Switch>(
            sandbox,
            "/chats/{chat:long}/block",
            (http, isBlocked) => Do(() => _phones.Block(Chat(http), isBlocked.On))
        );
        Post<Switch>(
            sandbox,
            "/chats/{chat:long}/kick",
            (http, isKicked) => Do(() => _phones.Kick(Chat(http), isKicked.On))
        );
        Post<NextId>(sandbox, "/chats/{chat:long}/upgrade", (http, next) => _phones.Upgrade(Chat(http), next.Id));
        Post<Switch>(
            sandbox,
            "/people/{chat:long}/deactivate",
            (http, isOff) => Do(() => _phones.Deactivate(Chat(http), isOff.On))
        );

        Post<JsonElement>(sandbox, "/updates", (_, update) => _phones.Inject(update));
        Post<NextNumber>(
            sandbox,
            "/updates/next",
            (_, number) => Do(() => Locked(() => world.Updates.NumberFrom(number.Next)))
        );
        Post<NewToken>(sandbox, "/token", (_, given) => Do(() => world.Token = WellFormed(given.Token)));
        Post<Switch>(sandbox, "/limits", (_, limits) => Do(() => Locked(() => world.Limits.IsOn = limits.On)));

        Get(
            sandbox,
            "/calls",
            http =>
                world
                    .Calls.All()
                    .Where(c =>
                        http.Request.Query["method"] is not [{ Length: > 0 } method]
                        || c.Method.Equals(method, StringComparison.OrdinalIgnoreCase)
                    )
        );
        Delete(sandbox, "/calls", _ => world.Calls.Clear());

        Get(sandbox, "/faults", _ => world.Faults.All());
        Post<Fault>(sandbox, "/faults", (_, fault) => world.Faults.Add(Checked(fault)));
        Delete(sandbox, "/faults", _ => world.Faults.Clear());
        Delete(sandbox, "/faults/{fault:int}", http => world.Faults.Remove(RouteInt(http, "fault")));
        MapOutage(sandbox, server.ApiOutage);

        sandbox.MapGet("/files/{file}", http => ServeFileAsync(http));
        sandbox.MapGet("/events", http => ServeEventsAsync(http));
    }

    private sealed record NextId(long? Id = null);

    private SandboxState State()
    {
        lock (world.Gate)
        {
            return new SandboxState(
                server.ApiAddress,
                server.PhoneAddress,
                server.GoogleAddress,
                world.BotId,
                world.BotName,
                world.BotUsername,
                world.Limits.IsOn ? "published" : "off",
                world.Updates.Count,
                _phones.Commands()
            );
        }
    }

    private static Fault Checked(Fault fault)
    {
        if (fault.Status is < 100 or > 599)
        {
            throw new ControlRefusal(400, "status must be from 100 to 599.");
        }

        if (fault.Times is <= 0)
        {
            throw new ControlRefusal(400, "times must be at least 1; leave it out for no limit.");
        }

        if (fault.Seconds is <= 0 || fault.DelaySeconds < 0)
        {
            throw new ControlRefusal(400, "seconds must be above 0 and delay_seconds not below.");
        }

        if (fault is { Kind: FaultKind.Delay, DelaySeconds: 0 })
        {
            throw new ControlRefusal(400, "A delay needs delay_seconds.");
        }

        if (fault.Item is { } item)
        {
            if (
                item is < 1 or > Albums.MaxItems
                || fault is not { Kind: FaultKind.Answer, Body: null, DelaySeconds: 0 }
            )
            {
                throw new ControlRefusal(
                    400,
                    $"item is from 1 to {Albums.MaxItems} and goes with kind answer, without body and delay_seconds."
                );
            }

            if (fault.Method?.Equals("sendMediaGroup", StringComparison.OrdinalIgnoreCase) is false)
            {
                throw new ControlRefusal(400, "item is for the method sendMediaGroup; leave method out.");
            }
        }

        return fault;
    }

    private static string WellFormed(string token) =>
        TelegramWorld.WellFormedToken().IsMatch(token)
            ? token
            : throw new ControlRefusal(
                400,
                "token must look like 110201:AAH-... (digits, a colon, at least 20 letters, digits, - or _)."
            );

    private void Locked(Action change)
    {
        lock (world.Gate)
        {
            change();
        }
    }

    private async Task ServeFileAsync(HttpContext http)
    {
        try
        {
            var file = _phones.File((string)http.GetRouteValue("file")!);
            http.Response.ContentType = file.MimeType is "image/png" or "image/jpeg" or "image/gif"
                ? file.MimeType
                : "application/octet-stream";
            http.Response.ContentLength = file.Bytes.Length;
            http.Response.Headers.CacheControl = "private, max-age=3600, immutable";
            await http.Response.Body.WriteAsync(file.Bytes, http.RequestAborted);
        }
        catch (ControlRefusal refusal)
        {
            await RefuseAsync(http, refusal.Status, refusal.Message);
        }
    }

    /// <summary>Server-sent events: what happened in which chat, with the message as it is now.</summary>
    private async Task ServeEventsAsync(HttpContext http)
    {
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        try
        {
            await http.Response.WriteAsync(": open\n\n", http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            await foreach (var happened in world.Feed.WatchAsync(http.RequestAborted))
            {
                var message =
                    happened.MessageId is { } id && happened.Kind != "delete"
                        ? _phones.Message(happened.ChatId, id)
                        : null;
                var json = JsonSerializer.Serialize(
                    new
                    {
                        happened.Kind,
                        happened.ChatId,
                        happened.MessageId,
                        Message = message,
                    },
                    ControlJson.Options
                );
                await http.Response.WriteAsync($"data: {json}\n\n", http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The page was closed.
        }
    }

    private static long Chat(HttpContext http) => long.Parse((string)http.GetRouteValue("chat")!);

    private static int RouteInt(HttpContext http, string name) => int.Parse((string)http.GetRouteValue(name)!);
}
