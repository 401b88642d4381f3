using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Notify.Contracts;

namespace Notify.Tests.Api;

/// <summary>The description at <c>/api/openapi.json</c> says what there is, all of it, and nothing else.</summary>
public sealed class DescriptionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_address_of_the_API_is_described_with_what_it_answers_and_no_other()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();

        var answer = await visitor.GetAsync("/api/openapi.json", Cancellation);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.StartsWith("application/json", answer["Content-Type"], StringComparison.Ordinal);
        var served = scene
            .Web.Services.GetServices<EndpointDataSource>()
            .SelectMany(source => source.Endpoints)
            .OfType<RouteEndpoint>()
            .Where(endpoint =>
                endpoint.RoutePattern.RawText!.TrimStart('/').StartsWith("api/", StringComparison.Ordinal)
                && !endpoint.RoutePattern.RawText.EndsWith("openapi.json", StringComparison.Ordinal)
            )
            .SelectMany(endpoint =>
                endpoint
                    .Metadata.GetMetadata<IHttpMethodMetadata>()!
                    .HttpMethods.Select(method => $"{method} /{endpoint.RoutePattern.RawText!.Trim('/')}")
            )
            .Order(StringComparer.Ordinal)
            .ToList();
        var described = new List<string>();
        foreach (var path in answer.Json.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                described.Add($"{operation.Name.ToUpperInvariant()} {path.Name}");
                Assert.NotEmpty(operation.Value.GetProperty("summary").GetString()!);
                var responses = operation
                    .Value.GetProperty("responses")
                    .EnumerateObject()
                    .Select(response => response.Name)
                    .ToList();
                Assert.Contains("200", responses);
                Assert.Contains("401", responses);
                if (operation.Name == "post")
                {
                    Assert.Contains("403", responses);
                    Assert.Contains(
                        operation.Value.GetProperty("parameters").EnumerateArray(),
                        parameter => parameter.GetProperty("name").GetString() == "X-Notify-Token"
                    );
                }
            }
        }

        Assert.Equal(served, described.Order(StringComparer.Ordinal));
        Assert.Contains("POST /api/telegram/verify", described);
        Assert.DoesNotContain("LinkedAt", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_has_the_members_that_its_description_names()
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, user, _) = await scene.LogInAnalystAsync();
        await scene.Links.LinkAsync(user, new ChatId(7001), Cancellation);
        await scene.Links.MarkDeadAsync(new ChatId(7001), DeadLinkReason.Blocked, Cancellation);
        var document = (await visitor.GetAsync("/api/openapi.json", Cancellation)).Json;

        var status = (await visitor.GetAsync("/api/telegram/status", Cancellation)).Json;

        var schema = document
            .GetProperty("components")
            .GetProperty("schemas")
            .GetProperty("StatusAnswer")
            .GetProperty("properties");
        Assert.Equal(Names(schema), Names(status));
    }

    private static IEnumerable<string> Names(JsonElement element) =>
        element.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal);
}
