using System.Text.Json;
using Notify.Web.Hosting;

namespace Notify.Web.Api;

/// <summary>The body of a request, strictly read.</summary>
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
            // Said below, as for null.
        }

        throw new ApiException(StatusCodes.Status400BadRequest, $"The body has to be JSON such as {example}.");
    }
}
