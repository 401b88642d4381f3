using Notify.Testing;

namespace Notify.Tests.Callers;

/// <summary>Who may send, read and run for whom: by the kernel's word about the connection, whatever the request says.</summary>
public sealed class WhoMayActTests(People people) : IClassFixture<People>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_analyst_can_t_send_as_another_one()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var alice = scene.As(people.Alice);

        var answer = await alice.PostAsync(
            "/send",
            new { user = people.Bob.Name, text = "transfer approved" },
            Cancellation
        );

        Assert.Equal(403, answer.Status);
        Assert.Contains(people.Alice.Name, answer.Error, StringComparison.Ordinal);
        Assert.Contains(people.Bob.Name, answer.Error, StringComparison.Ordinal);
        Assert.Contains("Leave the field 'user' out", answer.Error, StringComparison.Ordinal);
        Assert.Empty(await scene.PhoneOf(scene.BobChat));
    }

    [Fact]
    public async Task An_analyst_sends_for_herself_with_her_name_or_without()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var alice = scene.As(people.Alice);

        var named = await alice.PostAsync("/send", new { user = people.Alice.Name, text = "named" }, Cancellation);
        var unnamed = await alice.PostAsync("/send", new { text = "unnamed" }, Cancellation);

        Assert.Equal((200, 200), (named.Status, unnamed.Status));
        Assert.Equal(["named", "unnamed"], (await scene.PhoneOf(scene.AliceChat)).Select(m => m.Text));
    }

    [Fact]
    public async Task Who_is_no_analyst_can_t_even_connect()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var eve = scene.As(people.Eve);

        var answer = await eve.PostAsync("/send", new { user = people.Alice.Name, text = "let me in" }, Cancellation);

        const int PermissionDenied = 13;
        Assert.Equal((0, PermissionDenied), (answer.Status, answer.Errno));
    }

    [Theory]
    [InlineData("root")]
    [InlineData("dana")]
    [InlineData("deploy")]
    public async Task Root_the_trusted_group_and_the_bots_own_user_send_for_anyone_who_is_linked(string who)
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var caller = who switch
        {
            "root" => AccountCaller.OfThisUser(scene.Bot.Bot.SocketPath),
            "dana" => scene.As(people.Dana),
            _ => scene.As(people.Deploy),
        };

        foreach (var user in new[] { people.Alice.Name, people.Bob.Name, CallerScene.TeamWithoutAccount })
        {
            var answer = await caller.PostAsync("/send", new { user, text = $"for {user}" }, Cancellation);
            Assert.True(answer.Status == 200, $"{user}: {answer}");
        }

        Assert.Equal([$"for {people.Alice.Name}"], (await scene.PhoneOf(scene.AliceChat)).Select(m => m.Text));
        Assert.Equal([$"for {people.Bob.Name}"], (await scene.PhoneOf(scene.BobChat)).Select(m => m.Text));
        Assert.Equal(
            [$"for {CallerScene.TeamWithoutAccount}"],
            (await scene.PhoneOf(scene.TeamChat)).Select(m => m.Text)
        );
    }

    [Fact]
    public async Task Reading_and_running_follow_the_same_rule()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var alice = scene.As(people.Alice);
        await using var dana = scene.As(people.Dana);

        foreach (
            var (method, path) in new[] { ("GET", "/link"), ("GET", "/scripts"), ("POST", "/scripts/report.py/run") }
        )
        {
            var other = await alice.AskAsync(method, $"{path}?user={people.Bob.Name}", null, null, Cancellation);
            Assert.True(other.Status == 403, $"{method} {path}: {other}");
            Assert.Contains(people.Bob.Name, other.Error, StringComparison.Ordinal);

            // Whether sudo lets the bot call the helper is tests/notify-system.tests' question; here it is who may ask.
            foreach (var (caller, user) in new[] { (alice, people.Alice.Name), (alice, ""), (dana, people.Bob.Name) })
            {
                var own = await caller.AskAsync(
                    method,
                    user.Length > 0 ? $"{path}?user={user}" : path,
                    null,
                    null,
                    Cancellation
                );
                Assert.True(own.Status is 200 or 503, $"{method} {path} for '{user}': {own}");
            }
        }
    }

    [Theory]
    [InlineData("../bob")]
    [InlineData("-u")]
    [InlineData("bob bob")]
    [InlineData("")]
    public async Task A_name_that_no_user_can_have_is_refused_before_anybody_looks_for_it(string name)
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var dana = scene.As(people.Dana);

        var sent = await dana.PostAsync("/send", new { user = name, text = "hello" }, Cancellation);
        var ran = await dana.AskAsync(
            "POST",
            $"/scripts/report.py/run?user={Uri.EscapeDataString(name)}",
            null,
            null,
            Cancellation
        );

        Assert.Equal((400, 400), (sent.Status, ran.Status));
        Assert.Contains("'user'", sent.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_id_without_an_account_is_told_so()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        using var nobody = AccountCaller.StartAsNobody(
            61_234,
            Posix.Group.Find("dataread")!.Gid,
            "/usr/bin/curl",
            "-s",
            "--unix-socket",
            scene.Bot.Bot.SocketPath,
            "-d",
            """{"text":"hello"}""",
            "http://notify/send"
        );

        var answer = await nobody.StandardOutput.ReadToEndAsync(Cancellation);

        Assert.Contains("61234", answer, StringComparison.Ordinal);
        Assert.Contains("no account", answer, StringComparison.Ordinal);
    }
}
