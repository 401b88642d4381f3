using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Notify.Http;

/// <summary>Writes answers whole, with their length.</summary>
public static class JsonAnswer
{
    /// <summary>Answers with JSON.</summary>
    public static Task WriteAsync<T>(this HttpContext context, int status, T answer, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(context);
        var body = JsonSerializer.SerializeToUtf8Bytes(answer, type);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
