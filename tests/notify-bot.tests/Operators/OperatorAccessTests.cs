using Notify.Bot.Operators;
using Notify.Testing;
using Notify.Tests.Callers;

namespace Notify.Tests.Operators;

/// <summary>Who is an operator: by the kernel's word about the caller, and the group database of the moment. For others there is nothing under /operator.</summary>
public sealed class OperatorAccessTests(People people) : IClassFixture<People>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>All calls that the bot maps.</summary>
    public static TheoryData<string, string> Calls =>
        new(OperatorApi.Calls.Select(call => (call.Method, OperatorGate.Path + call.Path)));

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Who_is_no_operator_finds_nothing_there(string method, string path)
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var alice = scene.As(people.Alice);
        await using var dana = scene.As(people.Dana);
        path = path.Replace("{user}", people.Bob.Name, StringComparison.Ordinal);
        var unknown = await alice.AskAsync(method, "/no-such-path", null, null, Cancellation);

        foreach (
            var (caller, target) in new[]
            {
                (alice, path),
                (alice, path.ToUpperInvariant()),
                // An analyst speaks for an operator, an operator for another one, and both for nobody.
                (alice, $"{path}?operator={people.Dana.Name}"),
                (dana, $"{path}?operator={people.Deploy.Name}"),
                (dana, $"{path}?operator="),
            }
        )
        {
            var answer = await caller.AskAsync(method, target, null, null, Cancellation);
            Assert.True((answer.Status, answer.Body) == (404, unknown.Body), $"{target}: {answer}");
        }

        // A service speaks for operators only.
        await using var service = AccountCaller.OfThisUser(scene.Bot.Bot.SocketPath);
        foreach (var named in new[] { people.Alice.Name, "nobody-of-that-name", "Not%20a%20name", "" })
        {
            var answer = await service.AskAsync(method, $"{path}?operator={named}", null, null, Cancellation);
            Assert.True((answer.Status, answer.Body) == (404, unknown.Body), $"{named}: {answer}");
        }

        Assert.DoesNotContain("operator", unknown.Body, StringComparison.Ordinal);
        Assert.Empty(await scene.PhoneOf(scene.BobChat));
        await using var root = AccountCaller.OfThisUser(scene.Bot.Bot.SocketPath);
        Assert.Equal(
            0,
            (await root.GetAsync("/operator/audit", Cancellation)).Json.GetProperty("acts").GetArrayLength()
        );
    }

    [Fact]
    public async Task Another_method_at_an_operators_path_tells_an_analyst_nothing_either()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var alice = scene.As(people.Alice);

        var answer = await alice.AskAsync("DELETE", "/operator/users", null, null, Cancellation);

        Assert.Equal(404, answer.Status);
    }

    [Fact]
    public async Task Root_members_of_the_trusted_group_and_services_in_their_name_are_let_in()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var dana = scene.As(people.Dana);
        await using var deploy = scene.As(people.Deploy);
        await using var root = AccountCaller.OfThisUser(scene.Bot.Bot.SocketPath);

        var answers = new[]
        {
            await dana.GetAsync("/operator/users", Cancellation),
            await root.GetAsync("/operator/users", Cancellation),
            await root.GetAsync($"/operator/users?operator={people.Dana.Name}", Cancellation),
            await deploy.GetAsync($"/operator/users?operator={people.Dana.Name}", Cancellation),
        };

        Assert.All(answers, answer => Assert.True(answer.Status == 200, answer.ToString()));
    }

    [Fact]
    public async Task Who_leaves_the_trusted_group_is_no_operator_at_the_next_request()
    {
        await using var olga = await TestAccount.CreateAsync("olga", "dataread", "data-ops");
        await using var scene = await CallerScene.BeginAsync(people);
        await using var caller = scene.As(olga);
        await using var dashboard = AccountCaller.OfThisUser(scene.Bot.Bot.SocketPath);
        var asked = $"/operator/users?operator={olga.Name}";
        Assert.Equal(200, (await caller.GetAsync("/operator/users", Cancellation)).Status);
        Assert.Equal(200, (await dashboard.GetAsync(asked, Cancellation)).Status);

        await olga.LeaveAsync("data-ops");

        // The process keeps its groups, but the group database has the word.
        Assert.Equal(404, (await caller.GetAsync("/operator/users", Cancellation)).Status);
        Assert.Equal(404, (await dashboard.GetAsync(asked, Cancellation)).Status);

        await olga.JoinAsync("data-ops");
        Assert.Equal(200, (await caller.GetAsync("/operator/users", Cancellation)).Status);
    }

    [Fact]
    public async Task Only_services_learn_who_was_forgotten()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var alice = scene.As(people.Alice);
        await using var dana = scene.As(people.Dana);
        await using var service = AccountCaller.OfThisUser(scene.Bot.Bot.SocketPath);

        Assert.Equal(404, (await alice.GetAsync("/forgotten", Cancellation)).Status);
        Assert.Equal(404, (await dana.GetAsync("/forgotten", Cancellation)).Status);
        Assert.Equal("""{"users":[]}""", (await service.GetAsync("/forgotten", Cancellation)).Body);
    }
}
