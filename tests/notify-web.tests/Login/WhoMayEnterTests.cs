using System.Net;
using Notify.Sandbox.Google;

namespace Notify.Tests.Login;

/// <summary>The rule of who may enter, with real accounts, real groups and tokens that were really signed.</summary>
public sealed class WhoMayEnterTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_analyst_enters_with_the_Workspace_account_whose_name_is_the_Unix_user()
    {
        await using var scene = await WebScene.BeginAsync();
        var (account, email) = await scene.AddAnalystAsync();
        var visitor = scene.NewVisitor();

        var page = await visitor.LogInAsync(email, Cancellation);

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains(account.Name, page.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/api/telegram/status", Cancellation)).Status);
    }

    [Fact]
    public async Task An_analyst_whom_a_directory_calls_by_the_whole_address_enters_with_it_and_has_a_page()
    {
        await using var scene = await WebScene.BeginAsync();
        var account = await scene.AddAccountAsync("jane.doe@example.com", WebScene.Group);
        var visitor = scene.NewVisitor();

        var page = await visitor.LogInAsync(await scene.AddGoogleAsync(account.Name), Cancellation);

        Assert.Contains(account.Name, page.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/api/telegram/status", Cancellation)).Status);
    }

    [Fact]
    public async Task Capitals_in_the_address_are_the_same_person()
    {
        await using var scene = await WebScene.BeginAsync();
        var account = await scene.AddAccountAsync("alice", WebScene.Group);
        var email = await scene.AddGoogleAsync($"{account.Name.ToUpperInvariant()}@Example.COM");

        var page = await scene.NewVisitor().LogInAsync(email, Cancellation);

        Assert.Contains(account.Name, page.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mi\u212Ae", "miKe")]
    [InlineData("bo\u0130s", "boiS")]
    public async Task A_letter_that_only_looks_like_one_of_a_name_or_becomes_it_when_lowered_is_nobody_s(
        string foreign,
        string own
    )
    {
        await using var scene = await WebScene.BeginAsync();
        var account = await scene.AddAccountAsync(own.ToLowerInvariant(), WebScene.Group);
        var suffix = account.Name[own.Length..];

        await AssertRefusedAsync(
            scene,
            await scene.AddGoogleAsync($"{foreign}{suffix}@example.com"),
            "no usable e-mail address"
        );
        Assert.Contains(
            account.Name,
            (
                await scene
                    .NewVisitor()
                    .LogInAsync(await scene.AddGoogleAsync($"{own}{suffix}@example.com"), Cancellation)
            ).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task An_address_that_is_not_verified_is_refused()
    {
        await using var scene = await WebScene.BeginAsync();
        var account = await scene.AddAccountAsync("alice", WebScene.Group);
        var email = await scene.AddGoogleAsync(
            GoogleAccount.OfWorkspace($"{account.Name}@example.com") with
            {
                EmailVerified = false,
            }
        );

        await AssertRefusedAsync(scene, email, "not verified");
    }

    [Fact]
    public async Task A_token_that_does_not_say_whether_the_address_is_verified_counts_as_not_verified()
    {
        await using var scene = await WebScene.BeginAsync();
        var (_, email) = await scene.AddAnalystAsync();
        await scene.Control.Google.AddFaultAsync(GoogleFaultKind.NoEmailVerified, Cancellation);

        await AssertRefusedAsync(scene, email, "not verified");
    }

    [Fact]
    public async Task An_address_of_a_domain_that_is_not_allowed_is_refused()
    {
        await using var scene = await WebScene.BeginAsync();
        var account = await scene.AddAccountAsync("alice", WebScene.Group);

        await AssertRefusedAsync(
            scene,
            await scene.AddGoogleAsync($"{account.Name}@example.net"),
            "is for addresses of example.com, partner.example"
        );
        // The end of the address alone does not make it the domain's.
        await AssertRefusedAsync(
            scene,
            await scene.AddGoogleAsync($"{account.Name}@evil-example.com"),
            "is for addresses of"
        );
    }

    [Fact]
    public async Task A_private_Google_account_with_an_address_of_the_domain_is_refused()
    {
        await using var scene = await WebScene.BeginAsync();
        var account = await scene.AddAccountAsync("alice", WebScene.Group);

        await AssertRefusedAsync(
            scene,
            await scene.AddGoogleAsync(new GoogleAccount($"{account.Name}@example.com")),
            "not an account of the Google Workspace of example.com"
        );
        await AssertRefusedAsync(
            scene,
            await scene.AddGoogleAsync(new GoogleAccount($"{account.Name}@example.com", Hd: "example.net")),
            "not an account of the Google Workspace of example.com"
        );
    }

    [Fact]
    public async Task Who_has_no_account_here_or_is_not_in_the_group_is_refused()
    {
        await using var scene = await WebScene.BeginAsync();
        var outsider = await scene.AddAccountAsync("eve");

        await AssertRefusedAsync(
            scene,
            await scene.AddGoogleAsync("nobody-here@example.com"),
            "no analyst nobody-here on this machine"
        );
        await AssertRefusedAsync(
            scene,
            await scene.AddGoogleAsync($"{outsider.Name}@example.com"),
            $"no analyst {outsider.Name} on this machine"
        );
        await AssertRefusedAsync(
            scene,
            await scene.AddGoogleAsync("not+a+unix+name@example.com"),
            "no analyst not+a+unix+name on this machine"
        );
    }

    [Fact]
    public async Task Whose_own_group_is_the_analysts_is_one_without_being_listed_there()
    {
        await using var scene = await WebScene.SetAsync();
        var account = await scene.AddAccountAsync("alice");
        scene.Environment["NOTIFY_ANALYST_GROUP"] = account.Name;
        await scene.StartAsync();

        var page = await scene
            .NewVisitor()
            .LogInAsync(await scene.AddGoogleAsync($"{account.Name}@example.com"), Cancellation);

        Assert.True(page.Status == HttpStatusCode.OK, page.ToString());
    }

    [Theory]
    [InlineData("root")]
    [InlineData("daemon")]
    [InlineData("nobody")]
    public async Task Root_and_system_accounts_are_refused_whatever_group_they_are_in(string name)
    {
        await using var scene = await WebScene.SetAsync();
        scene.Environment["NOTIFY_ANALYST_GROUP"] = name == "nobody" ? "nogroup" : name;
        await scene.StartAsync();

        await AssertRefusedAsync(
            scene,
            await scene.AddGoogleAsync($"{name}@example.com"),
            $"no analyst {name} on this machine"
        );
    }

    [Fact]
    public async Task Nobody_enters_where_the_group_does_not_exist()
    {
        await using var scene = await WebScene.SetAsync();
        scene.Environment["NOTIFY_ANALYST_GROUP"] = "no-such-group";
        await scene.StartAsync();
        var (_, email) = await scene.AddAnalystAsync();

        await AssertRefusedAsync(scene, email, "a Unix user in the group no-such-group");
        Assert.Contains("no group no-such-group", scene.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_of_the_map_lets_somebody_of_another_allowed_domain_in_and_of_no_other()
    {
        await using var scene = await WebScene.SetAsync();
        var account = await scene.AddAccountAsync("alice", WebScene.Group);
        Map(scene, $"# partners\nOlga@partner.example {account.Name}  # until June\nolga@example.net {account.Name}\n");
        await scene.StartAsync();

        var page = await scene
            .NewVisitor()
            .LogInAsync(await scene.AddGoogleAsync("olga@partner.example"), Cancellation);

        Assert.Contains(account.Name, page.Text, StringComparison.Ordinal);
        // The same name as a user's does not help in a domain that isn't the first.
        await AssertRefusedAsync(
            scene,
            await scene.AddGoogleAsync($"{account.Name}@partner.example"),
            "not in the list of users"
        );
        await AssertRefusedAsync(scene, await scene.AddGoogleAsync("olga@example.net"), "is for addresses of");
        await AssertRefusedAsync(
            scene,
            await scene.AddGoogleAsync(new GoogleAccount("olga@partner.example", EmailVerified: false)),
            "not verified"
        );
    }

    [Fact]
    public async Task A_line_goes_before_the_name_in_the_address()
    {
        await using var scene = await WebScene.SetAsync();
        var alice = await scene.AddAccountAsync("alice", WebScene.Group);
        var other = await scene.AddAccountAsync("bob", WebScene.Group);
        Map(scene, $"{alice.Name}@example.com {other.Name}\n");
        await scene.StartAsync();

        var page = await scene
            .NewVisitor()
            .LogInAsync(await scene.AddGoogleAsync($"{alice.Name}@example.com"), Cancellation);

        Assert.Contains(other.Name, page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(alice.Name, page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_for_somebody_who_is_no_analyst_lets_nobody_in()
    {
        await using var scene = await WebScene.SetAsync();
        var eve = await scene.AddAccountAsync("eve");
        Map(scene, $"olga@partner.example {eve.Name}\nboss@partner.example root\n");
        await scene.StartAsync();

        await AssertRefusedAsync(
            scene,
            await scene.AddGoogleAsync("olga@partner.example"),
            $"is {eve.Name} on this machine, who is not an analyst"
        );
        await AssertRefusedAsync(
            scene,
            await scene.AddGoogleAsync("boss@partner.example"),
            "is root on this machine, who is not an analyst"
        );
    }

    [Fact]
    public async Task An_invalid_line_is_logged_and_bars_its_address_while_all_others_count()
    {
        await using var scene = await WebScene.SetAsync();
        var alice = await scene.AddAccountAsync("alice", WebScene.Group);
        var bob = await scene.AddAccountAsync("bob", WebScene.Group);
        Map(
            scene,
            $"{alice.Name}@example.com\nolga@partner.example {alice.Name}\npia@partner.example {alice.Name}\npia@partner.example {bob.Name}\n"
        );
        await scene.StartAsync();

        // It may be there because this name is somebody else's here, so the address must not fall back to the name.
        await AssertRefusedAsync(scene, await scene.AddGoogleAsync($"{alice.Name}@example.com"), "can't be read");
        await AssertRefusedAsync(scene, await scene.AddGoogleAsync("pia@partner.example"), "can't be read");
        Assert.Equal(
            HttpStatusCode.OK,
            (
                await scene.NewVisitor().LogInAsync(await scene.AddGoogleAsync("olga@partner.example"), Cancellation)
            ).Status
        );
        Assert.Contains("users, line 1: it should be", scene.Log.ToString(), StringComparison.Ordinal);
        Assert.Contains("users, line 4: an earlier line", scene.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_map_that_changes_counts_at_once_for_logins_and_for_sessions()
    {
        await using var scene = await WebScene.SetAsync();
        var account = await scene.AddAccountAsync("alice", WebScene.Group);
        Map(scene, "");
        await scene.StartAsync();
        var email = await scene.AddGoogleAsync("olga@partner.example");
        await AssertRefusedAsync(scene, email, "not in the list of users");

        Map(scene, $"olga@partner.example {account.Name}\n");
        var visitor = scene.NewVisitor();
        Assert.Equal(HttpStatusCode.OK, (await visitor.LogInAsync(email, Cancellation)).Status);

        Map(scene, "\n");
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await visitor.GetAsync("/api/telegram/status", Cancellation)).Status
        );
    }

    [Fact]
    public async Task While_the_map_cannot_be_read_what_was_read_before_counts_and_where_nothing_was_nobody_enters()
    {
        await using var scene = await WebScene.SetAsync();
        var (account, email) = await scene.AddAnalystAsync();
        Map(scene, $"olga@partner.example {account.Name}\n");
        await scene.StartAsync();
        var olga = scene.NewVisitor();
        Assert.Equal(
            HttpStatusCode.OK,
            (await olga.LogInAsync(await scene.AddGoogleAsync("olga@partner.example"), Cancellation)).Status
        );

        File.Delete(scene.Environment["NOTIFY_USER_MAP"]);
        Assert.Equal(HttpStatusCode.OK, (await olga.GetAsync("/api/telegram/status", Cancellation)).Status);
        Assert.Equal(HttpStatusCode.OK, (await scene.NewVisitor().LogInAsync(email, Cancellation)).Status);

        await scene.StartAsync();
        var page = await scene.NewVisitor().LogInAsync(email, Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.Status);
        Assert.Contains("The list of users can't be read at the moment", page.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await olga.GetAsync("/api/telegram/status", Cancellation)).Status);
        Assert.Contains("NOTIFY_USER_MAP, can't be read", scene.Log.ToString(), StringComparison.Ordinal);

        // The cookie is still there, and counts again once the map is.
        Map(scene, $"olga@partner.example {account.Name}\n");
        Assert.Equal(HttpStatusCode.OK, (await olga.GetAsync("/api/telegram/status", Cancellation)).Status);
    }

    private static void Map(WebScene scene, string lines)
    {
        scene.Environment["NOTIFY_USER_MAP"] = Path.Combine(scene.Folder, "users");
        File.WriteAllText(scene.Environment["NOTIFY_USER_MAP"], lines);
    }

    /// <summary>A page says why and whom to ask; there is no session, and no way back into the login by itself.</summary>
    private static async Task AssertRefusedAsync(WebScene scene, string email, string why)
    {
        var visitor = scene.NewVisitor();
        var page = await visitor.LogInAsync(email, Cancellation);

        Assert.Equal(HttpStatusCode.Forbidden, page.Status);
        Assert.Contains(why, page.Text, StringComparison.Ordinal);
        Assert.Matches("(C|c)hoose|(A|a)sk the admin", page.Text);
        Assert.Null(visitor.SessionCookie);
        Assert.DoesNotContain("http-equiv", page.Body, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await visitor.GetAsync("/api/telegram/status", Cancellation)).Status
        );
    }
}
