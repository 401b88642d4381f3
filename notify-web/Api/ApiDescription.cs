using Microsoft.OpenApi;
using Notify.Contracts;
using Notify.Hosting;
using Notify.Web.Middleware;

namespace Notify.Web.Api;

/// <summary>Adds to <c>/api/openapi.json</c>: title, server, and what all routes share.</summary>
internal static class ApiDescription
{
    internal static void AddApiDescription(this IServiceCollection services) =>
        services.AddOpenApi(openApi =>
        {
            openApi.ShouldInclude = description =>
                description.RelativePath?.StartsWith("api/", StringComparison.Ordinal) == true;
            openApi.AddDocumentTransformer(
                (document, context, _) =>
                {
                    var settings = context.ApplicationServices.GetRequiredService<WebSettings>();
                    document.Info = new OpenApiInfo
                    {
                        Title = $"Dashboard of {settings.InstanceName}",
                        Version = ProductVersion.Text,
                        Description =
                            "For the dashboard's own page: the session's cookie says who asks, and everything is about that user. Errors are {\"error\":\"a sentence that says what to do\"}.",
                    };
                    document.Servers = [new OpenApiServer { Url = settings.PublicUrl.AbsoluteUri.TrimEnd('/') }];
                    return Task.CompletedTask;
                }
            );
            openApi.AddOperationTransformer(
                async (operation, context, cancellation) =>
                {
                    var error = await context.GetOrCreateSchemaAsync(typeof(ErrorAnswer), null, cancellation);
                    var isChange = !HttpMethods.IsGet(context.Description.HttpMethod ?? "");
                    operation.Responses ??= [];
                    Add(operation.Responses, StatusCodes.Status401Unauthorized, "Nobody is logged in.", error);
                    if (!isChange)
                    {
                        return;
                    }

                    Add(
                        operation.Responses,
                        StatusCodes.Status400BadRequest,
                        "The page's token is missing or stale, or the body is wrong.",
                        error
                    );
                    Add(
                        operation.Responses,
                        StatusCodes.Status403Forbidden,
                        "The request came from a page of another site.",
                        error
                    );
                    Add(operation.Responses, StatusCodes.Status413PayloadTooLarge, "The body is too large.", error);
                    Add(operation.Responses, StatusCodes.Status415UnsupportedMediaType, "The body is not JSON.", error);
                    operation.Parameters ??= [];
                    operation.Parameters.Add(
                        new OpenApiParameter
                        {
                            Name = CsrfMiddleware.TokenHeader,
                            In = ParameterLocation.Header,
                            Required = true,
                            Description = "The token of the page, which holds it in the meta element notify-token.",
                            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                        }
                    );
                }
            );
        });

    private static void Add(OpenApiResponses responses, int status, string description, OpenApiSchema error) =>
        responses[status.ToString(System.Globalization.CultureInfo.InvariantCulture)] = new OpenApiResponse
        {
            Description = description,
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                ["application/json"] = new() { Schema = error },
            },
        };
}
