using System.Text.Json;

namespace Notify.Sandbox.Control;

/// <summary>How a call of the control API is read and answered: JSON in, JSON out, a sentence where it can't be.</summary>
internal static class ControlRoutes
{
    public static object Do(Action change)
    {
        change();
        return new { };
    }

    /// <summary>POST closes a port for a time or until DELETE opens it.</summary>
    public static void MapOutage(RouteGroupBuilder routes, Outage outage)
    {
        PostAsync<Length>(
            routes,
            "/outage",
            async (_, length) =>
            {
                await outage.BeginAsync(length.Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
                return new { };
            }
        );
        DeleteAsync(
            routes,
            "/outage",
            async http =>
            {
                await outage.EndAsync(http.RequestAborted);
                return new { };
            }
        );
    }

    public static void Get(RouteGroupBuilder routes, string pattern, Func<HttpContext, object?> answer)
    {
        Func<HttpContext, Task<object?>> later = http => Task.FromResult(answer(http));
        routes.MapGet(pattern, http => RunAsync(http, later));
    }

    public static void Delete(RouteGroupBuilder routes, string pattern, Action<HttpContext> change) =>
        DeleteAsync(routes, pattern, http => Task.FromResult<object?>(Do(() => change(http))));

    public static void DeleteAsync(RouteGroupBuilder routes, string pattern, Func<HttpContext, Task<object?>> change) =>
        routes.MapDelete(pattern, http => RunAsync(http, change));

    public static void Post<T>(RouteGroupBuilder routes, string pattern, Func<HttpContext, T, object?> answer) =>
        PostAsync<T>(routes, pattern, (http, body) => Task.FromResult(answer(http, body)));

    public static void PostAsync<T>(
        RouteGroupBuilder routes,
        string pattern,
        Func<HttpContext, T, Task<object?>> answer
    )
    {
        Func<HttpContext, Task<object?>> withBody = async http =>
        {
            var body =
                await JsonSerializer.DeserializeAsync<T>(http.Request.Body, ControlJson.Options, http.RequestAborted)
                ?? throw new ControlRefusal(400, "The body must be a JSON object.");
            return await answer(http, body);
        };
        routes.MapPost(pattern, http => RunAsync(http, withBody));
    }

    private static async Task RunAsync(HttpContext http, Func<HttpContext, Task<object?>> answer)
    {
        try
        {
            var value = await answer(http);
            if (value is null)
            {
                await RefuseAsync(http, 404, "There is no such thing.");
                return;
            }

            await http.Response.WriteAsJsonAsync(value, value.GetType(), ControlJson.Options, http.RequestAborted);
        }
        catch (ControlRefusal refusal)
        {
            await RefuseAsync(http, refusal.Status, refusal.Message);
        }
        catch (JsonException json)
        {
            await RefuseAsync(http, 400, $"The body is not the JSON that is expected here: {json.Message}");
        }
    }

    public static Task RefuseAsync(HttpContext http, int status, string error)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(new { error }, ControlJson.Options, http.RequestAborted);
    }
}
