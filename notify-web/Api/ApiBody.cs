using System.Text.Json;
using Notify.Http;

namespace Notify.Web.Api;

/// <summary>Reads the JSON body of a request.</summary>
internal static class ApiBody
{
    /// <exception cref="ApiException">400, with an example of the right shape.</exception>
    internal static async Task<T> ReadAsync<T>(HttpContext context, string example)
        where T : class
    {
        try
        {
            if (
                await JsonSerializer.DeserializeAsync<T>(
                    context.Request.Body,
                    ApiJson.Options,
                    context.RequestAborted
                ) is
                { } body
            )
            {
                return body;
            }
        }
        catch (JsonException)
        {
            // Answered below, like null.
        }

        throw new ApiException(StatusCodes.Status400BadRequest, $"The body has to be JSON such as {example}.");
    }
}
