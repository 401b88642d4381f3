using System.Text.Json;
using FsCheck.Xunit;
using Notify.Linking;
using Notify.Posix;
using Notify.Tests.Files;
using Xunit;

namespace Notify.Tests.Linking;

public sealed class VerificationCodeTests : LinkStoreScene
{
    private static readonly ChatId Chat = new(42);

    [Fact]
    public async Task A_right_code_links_its_chat_and_is_used_up()
    {
        var code = await Store.IssueCodeAsync(Chat, Cancellation);

        var verified = Assert.IsType<Verification.Verified>(await VerifyAsync(Alice, code.Code));

        Assert.Equal(new LinkChange(Store.Find(Alice)!, PreviousUser: null, PreviousChat: null), verified.Change);
        Assert.Equal(Chat, Store.Find(Alice)!.Chat);
        Assert.IsType<Verification.WrongOrExpired>(await VerifyAsync(Bob, code.Code));
        Assert.Null(Store.Find(Bob));
    }

    [Fact]
    public async Task A_code_is_valid_until_just_before_ten_minutes()
    {
        var code = await Store.IssueCodeAsync(Chat, Cancellation);
        Time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));

        Assert.IsType<Verification.Verified>(await VerifyAsync(Alice, code.Code));
    }

    [Fact]
    public async Task A_code_is_void_at_exactly_ten_minutes()
    {
        var code = await Store.IssueCodeAsync(Chat, Cancellation);
        Time.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal(Time.GetUtcNow(), code.ExpiresAt);
        Assert.Equal(await VerifyAsync(Bob, WrongCode()), await VerifyAsync(Alice, code.Code));
    }

    [Theory]
    [InlineData(59, true)]
    [InlineData(61, false)]
    public async Task A_code_from_the_future_as_a_clock_set_back_leaves_it_is_not_valid_for_long(
        int secondsAhead,
        bool valid
    )
    {
        var createdAt = StateEntries.SecondsJson(Time.GetUtcNow().AddSeconds(secondsAhead));
        await File.WriteAllTextAsync(
            CodesPath,
            $$$"""{"004211": {"chat_id": 42, "created_at": {{{createdAt}}}}}""",
            Cancellation
        );

        Assert.Equal(valid, await VerifyAsync(Alice, "004211") is Verification.Verified);
    }

    [Fact]
    public async Task A_new_start_makes_the_earlier_code_of_that_chat_void_and_no_other()
    {
        var earlier = await Store.IssueCodeAsync(Chat, Cancellation);
        var others = await Store.IssueCodeAsync(new ChatId(43), Cancellation);
        var later = await Store.IssueCodeAsync(Chat, Cancellation);

        Assert.IsType<Verification.WrongOrExpired>(await VerifyAsync(Alice, earlier.Code));
        Assert.IsType<Verification.Verified>(await VerifyAsync(Alice, later.Code));
        Assert.IsType<Verification.Verified>(await VerifyAsync(Bob, others.Code));
    }

    [Fact]
    public async Task Codes_are_six_digits_unique_among_the_pending_and_may_begin_with_zeros()
    {
        // Drawn blindly, 3,000 codes would collide 4.5 times on average.
        var issued = await Task.WhenAll(
            Enumerable.Range(1, 3000).Select(chat => Store.IssueCodeAsync(new ChatId(chat), Cancellation))
        );
        var codes = issued.Select(code => code.Code).ToList();

        Assert.All(codes, code => Assert.Matches("^[0-9]{6}$", code));
        Assert.Equal(codes.Count, codes.Distinct(StringComparer.Ordinal).Count());
        var zeros = codes.FindIndex(code => code[0] == '0');
        Assert.InRange(codes.Count(code => code[0] == '0'), 200, 400);
        Assert.Equal(
            new ChatId(zeros + 1),
            Assert.IsType<Verification.Verified>(await VerifyAsync(Alice, codes[zeros])).Change.Link.Chat
        );
    }

    [Fact]
    public async Task Codes_that_wait_for_the_lock_are_stored_together()
    {
        var held = FileLock.TryAcquire(Path.Combine(Folder, ".lock"));
        Assert.NotNull(held);
        Task<VerificationCode>[] asked =
        [
            .. Enumerable.Range(1, 500).Select(chat => Store.IssueCodeAsync(new ChatId(chat), Cancellation)),
        ];

        // From here on each store has a moment of its own.
        Time.AutoAdvanceAmount = TimeSpan.FromMilliseconds(1);
        held.Dispose();
        var codes = await Task.WhenAll(asked);

        Assert.Single(codes.Select(code => code.ExpiresAt).Distinct());
        Assert.Equal(Enumerable.Range(1, 500).Select(chat => new ChatId(chat)), codes.Select(code => code.Chat));
    }

    [Fact]
    public async Task Where_codes_can_not_be_stored_all_who_wait_are_told_and_the_next_ones_can()
    {
        await File.WriteAllTextAsync(CodesPath, "[", Cancellation);
        Task<VerificationCode>[] asked =
        [
            .. Enumerable.Range(1, 3).Select(chat => Store.IssueCodeAsync(new ChatId(chat), Cancellation)),
        ];
        foreach (var code in asked)
        {
            await Assert.ThrowsAsync<StateUnreadableException>(() => code);
        }

        File.Delete(CodesPath);
        Assert.NotNull(await Store.IssueCodeAsync(Chat, Cancellation));
    }

    [Fact]
    public async Task A_flood_of_strangers_keeps_nobody_from_a_code_and_the_oldest_give_way()
    {
        var now = StateEntries.SecondsJson(Time.GetUtcNow());
        var earlier = StateEntries.SecondsJson(Time.GetUtcNow() - TimeSpan.FromMinutes(1));
        var entries = Enumerable
            .Range(0, JsonLinkStore.MaxPendingCodes)
            .Select(i =>
                $$$"""  "{{{i:D6}}}": {"chat_id": {{{i + 1}}}, "created_at": {{{(i == 4711 ? earlier : now)}}}}"""
            );
        await File.WriteAllTextAsync(CodesPath, "{\n" + string.Join(",\n", entries) + "\n}\n", Cancellation);

        var code = await Store.IssueCodeAsync(new ChatId(777_777), Cancellation);
        var pending = JsonDocument.Parse(await File.ReadAllTextAsync(CodesPath, Cancellation)).RootElement;
        Assert.Equal(JsonLinkStore.MaxPendingCodes, pending.GetPropertyCount());
        Assert.Equal(code.Code == "004711", pending.TryGetProperty("004711", out _));
        Assert.Equal(
            new ChatId(777_777),
            Assert.IsType<Verification.Verified>(await VerifyAsync(Alice, code.Code)).Change.Link.Chat
        );
        Time.Advance(TimeSpan.FromMinutes(10));
        Assert.NotNull(await Store.IssueCodeAsync(new ChatId(777_777), Cancellation));
        Assert.Equal(
            1,
            JsonDocument.Parse(await File.ReadAllTextAsync(CodesPath, Cancellation)).RootElement.GetPropertyCount()
        );
    }

    [Fact]
    public async Task The_file_is_as_documented()
    {
        var code = await Store.IssueCodeAsync(Chat, Cancellation);

        using var document = JsonDocument.Parse(await File.ReadAllTextAsync(CodesPath, Cancellation));
        var entry = document.RootElement.GetProperty(code.Code);
        Assert.Equal(42, entry.GetProperty("chat_id").GetInt64());
        Assert.Equal(
            Time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0,
            entry.GetProperty("created_at").GetDouble(),
            0.002
        );
        Assert.Equal(FileModes.GroupFile, FileStatus.OfPath(CodesPath)!.Value.Mode);
    }

    [Fact]
    public async Task Five_wrong_tries_lock_a_user_even_against_the_right_code_until_the_first_is_ten_minutes_old()
    {
        var code = await Store.IssueCodeAsync(Chat, Cancellation);
        for (var i = 0; i < 5; i++)
        {
            Assert.IsType<Verification.WrongOrExpired>(await VerifyAsync(Alice, WrongCode()));
            Time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(
            TimeSpan.FromSeconds(600 - 50),
            Assert.IsType<Verification.TooManyTries>(await VerifyAsync(Alice, code.Code)).RetryAfter
        );
        Assert.IsType<Verification.Verified>(await VerifyAsync(Bob, code.Code));

        Time.Advance(TimeSpan.FromSeconds(549));
        Assert.Equal(
            TimeSpan.FromSeconds(1),
            Assert.IsType<Verification.TooManyTries>(await VerifyAsync(Alice, "000000")).RetryAfter
        );
        Time.Advance(TimeSpan.FromSeconds(1));
        var fresh = await Store.IssueCodeAsync(Chat, Cancellation);
        Assert.IsType<Verification.Verified>(await VerifyAsync(Alice, fresh.Code));
    }

    [Fact]
    public async Task A_right_code_does_not_give_new_tries()
    {
        for (var i = 0; i < 4; i++)
        {
            await VerifyAsync(Alice, WrongCode());
        }

        Assert.IsType<Verification.Verified>(
            await VerifyAsync(Alice, (await Store.IssueCodeAsync(Chat, Cancellation)).Code)
        );
        Assert.IsType<Verification.WrongOrExpired>(await VerifyAsync(Alice, WrongCode()));
        Assert.IsType<Verification.TooManyTries>(await VerifyAsync(Alice, WrongCode()));
    }

    [Fact]
    public async Task Fifty_wrong_tries_a_minute_spread_over_users_lock_all_but_the_admin()
    {
        var code = await Store.IssueCodeAsync(Chat, Cancellation);
        for (var i = 0; i < 50; i++)
        {
            Assert.IsType<Verification.WrongOrExpired>(await VerifyAsync(UserName.Parse($"user{i}"), WrongCode()));
        }

        Assert.Equal(
            TimeSpan.FromMinutes(1),
            Assert.IsType<Verification.TooManyTries>(await VerifyAsync(Alice, code.Code)).RetryAfter
        );
        Assert.IsType<Verification.Verified>(await Store.VerifyUnlimitedAsync(Bob, code.Code, Cancellation));
        Time.Advance(TimeSpan.FromMinutes(1));
        Assert.IsType<Verification.WrongOrExpired>(await VerifyAsync(Alice, code.Code));
        Assert.Equal(FileModes.GroupFile, FileStatus.OfPath(WrongCodesPath)!.Value.Mode);
    }

    [Fact]
    public async Task Wrong_tries_are_counted_across_processes()
    {
        var outcomes = new List<string>();
        foreach (
            var codes in (string[][])
                [
                    ["000000", "000001", "000002"],
                    ["000003", "000004", "000005"],
                ]
        )
        {
            using var web = new OtherProcess(["guess", Folder, "alice", .. codes]);
            web.LetGo();
            outcomes.AddRange((await web.OutputAsync()).Split('\n'));
        }

        Assert.Equal(
            ["WrongOrExpired", "WrongOrExpired", "WrongOrExpired", "WrongOrExpired", "WrongOrExpired", "TooManyTries"],
            outcomes
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"alice": {"wrong_at": 7}}""")]
    public async Task A_damaged_count_lets_nobody_guess_and_heals_after_ten_minutes(string damaged)
    {
        var code = await Store.IssueCodeAsync(Chat, Cancellation);
        await File.WriteAllTextAsync(WrongCodesPath, damaged, Cancellation);
        File.SetLastWriteTimeUtc(WrongCodesPath, Time.GetUtcNow().UtcDateTime.AddMinutes(-4));

        Assert.Equal(
            6,
            Assert.IsType<Verification.TooManyTries>(await VerifyAsync(Alice, code.Code)).RetryAfter.TotalMinutes,
            0.01
        );
        Assert.Equal("wrong_codes.json", Assert.Single(Store.Unreadable()).File);
        Assert.Equal(damaged, await File.ReadAllTextAsync(WrongCodesPath, Cancellation));

        Time.Advance(TimeSpan.FromMinutes(6.1));
        Assert.IsType<Verification.WrongOrExpired>(await VerifyAsync(Alice, WrongCode()));
        Assert.Empty(Store.Unreadable());
    }

    [Fact]
    public async Task The_count_holds_no_more_than_the_last_ten_minutes()
    {
        for (var i = 0; i < 30; i++)
        {
            await VerifyAsync(UserName.Parse($"user{i}"), WrongCode());
            Time.Advance(TimeSpan.FromMinutes(1));
        }

        using var document = JsonDocument.Parse(await File.ReadAllTextAsync(WrongCodesPath, Cancellation));
        Assert.Equal(10, document.RootElement.GetPropertyCount());
    }

    [Fact]
    public async Task Of_fifty_simultaneous_tries_in_four_processes_exactly_one_wins()
    {
        var code = await Store.IssueCodeAsync(Chat, Cancellation);
        (string Prefix, string Count)[] parts = [("a", "13"), ("b", "13"), ("c", "12"), ("d", "12")];

        // The dummies' clock is the system's; this scene's stands still at a moment that is seconds away from it at most.
        var webs = parts
            .Select(part => new OtherProcess("verify", Folder, part.Prefix, part.Count, code.Code))
            .ToList();
        webs.ForEach(web => web.LetGo());
        var outcomes = new List<string>();
        foreach (var web in webs)
        {
            outcomes.AddRange((await web.OutputAsync()).Split('\n'));
            web.Dispose();
        }

        Assert.Equal(50, outcomes.Count);
        Assert.Single(outcomes, "Verified");
        Assert.Equal(49, outcomes.Count(outcome => outcome is "WrongOrExpired"));
        Assert.Single(Store.All());
    }

    [Fact]
    public async Task Case_C29_guessing_is_stopped_the_right_code_included()
    {
        Command.Run(
            "python3",
            Path.Combine(AppContext.BaseDirectory, "cases/C29-code-guessing/state/make_state.py"),
            Folder
        );

        Assert.IsType<Verification.WrongOrExpired>(await VerifyAsync(Bob, "118822"));
        for (var i = 0; i < 5; i++)
        {
            Assert.IsType<Verification.WrongOrExpired>(await VerifyAsync(Alice, $"00000{i}"));
        }

        using var secondSession = new JsonLinkStore(Folder, Time);
        Assert.IsType<Verification.TooManyTries>(await secondSession.VerifyAsync(Alice, "731905", Cancellation));
        Assert.Equal(
            7009,
            Assert.IsType<Verification.Verified>(await VerifyAsync(Bob, "731905")).Change.Link.Chat.Value
        );
    }

    [Theory]
    [InlineData("048213", "048213")]
    [InlineData("  048 213\n", "048213")]
    [InlineData("048-213", "048213")]
    [InlineData("0-4-8\u20132\u00a013\u200b", "048213")]
    [InlineData("\uff10\uff14\uff18\u0662\u0661\u0663", "048213")]
    [InlineData("48213", null)]
    [InlineData("0482130", null)]
    [InlineData("04821a", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_typed_code_is_taken_without_its_ornaments(string? typed, string? code) =>
        Assert.Equal(code, VerificationCodeText.Normalise(typed));

    [Property]
    public void Whatever_is_typed_is_a_code_or_nothing(string? typed) =>
        Assert.True(VerificationCodeText.Normalise(typed) is not { } code || VerificationCodeText.IsCode(code));
}
