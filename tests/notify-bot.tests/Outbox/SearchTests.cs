using Microsoft.Extensions.Logging.Abstractions;
using Notify.Bot.Outbox;
using Notify.Contracts;

namespace Notify.Tests.Outbox;

/// <summary>What a person types finds words and their beginnings in their own history, and never becomes syntax.</summary>
public sealed class SearchTests : IDisposable
{
    private readonly OutboxScene _scene = new();
    private HistorySearch? _search;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string IndexFile => Path.Combine(_scene.Folder, "search.db");

    private HistorySearch Search =>
        _search ??= new HistorySearch(
            _scene.Outbox,
            IndexFile,
            TimeProvider.System,
            NullLogger<HistorySearch>.Instance
        );

    public void Dispose()
    {
        _search?.Dispose();
        _scene.Dispose();
    }

    [Theory]
    [InlineData("revenue")]
    [InlineData("REVENUE")]
    [InlineData("rev dow")]
    [InlineData("down revenue")]
    [InlineData("  revenue,   down! ")]
    [InlineData("umsatz gro")]
    [InlineData("größe")]
    [InlineData("25")]
    [InlineData("stock_levels")]
    [InlineData("stock_lev")]
    [InlineData("apples")]
    [InlineData("\"revenue\"")]
    [InlineData("reve*")]
    [InlineData("日本")]
    public async Task It_is_found_by_words_and_their_beginnings(string typed)
    {
        await _scene.AcceptAsync("something else");
        await AcceptAsync(
            _scene.New("*Revenue* is down by 25 %. Umsatz-Größe: 日本語") with
            {
                Title = "Daily",
                Script = "stock_levels.py",
                Table = "fruit   left\napples     3",
            }
        );

        Assert.Equal(["*Revenue* is down by 25 %. Umsatz-Größe: 日本語"], Found(typed));
    }

    [Theory]
    [InlineData("revenue OR else")]
    [InlineData("revenue NOT down")]
    [InlineData("NEAR(revenue down, 1)")]
    [InlineData("owner : u64616e61")]
    [InlineData("u64616e61")]
    [InlineData("{owner} : x")]
    [InlineData("evenue")]
    [InlineData("\" OR \"")]
    [InlineData("* ^ - + ( ) { } [ ] : ; ' ` \\")]
    [InlineData("\0\u0001\u202e")]
    [InlineData("\ud800")]
    [InlineData("%")]
    public async Task Nothing_that_is_typed_is_syntax(string typed)
    {
        await _scene.AcceptAsync("revenue down");

        Assert.Empty(Found(typed));
    }

    [Fact]
    public async Task Ten_thousand_characters_are_only_a_long_search()
    {
        await _scene.AcceptAsync("hello");

        Assert.Empty(Found(string.Concat(Enumerable.Repeat("hello w\"orld* ", 750))));
        Assert.Empty(Found(new string('h', 10_000)));
        Assert.Equal(["hello"], Found(string.Concat(Enumerable.Repeat("hello ", 2000))));
    }

    [Fact]
    public async Task Another_user_finds_nothing_of_it()
    {
        await _scene.AcceptAsync("secret salaries");
        await _scene.AcceptAsync("own salaries", OutboxScene.Omar);

        Assert.Equal(["own salaries"], Found("salaries", OutboxScene.Omar));
        Assert.Equal(["secret salaries"], Found("salaries"));
    }

    [Fact]
    public async Task Pages_follow_each_other_without_a_gap_or_a_repeat_while_more_comes()
    {
        for (var i = 0; i < 30; i++)
        {
            await _scene.AcceptAsync(i % 3 == 0 ? $"alert {i}" : $"report {i}");
        }

        var first = Search.Find(OutboxScene.Dana, Words("alert"), 4, long.MaxValue, Cancellation);
        await _scene.AcceptAsync("alert 30");
        var second = Search.Find(OutboxScene.Dana, Words("alert"), 100, first[^1].Sequence, Cancellation);

        Assert.Equal(
            [
                "alert 27",
                "alert 24",
                "alert 21",
                "alert 18",
                "alert 15",
                "alert 12",
                "alert 9",
                "alert 6",
                "alert 3",
                "alert 0",
            ],
            first.Concat(second).Select(n => n.Message)
        );
    }

    [Fact]
    public async Task Words_and_filters_count_together()
    {
        await AcceptAsync(_scene.New("stock low") with { Script = "stock.py" });
        await AcceptAsync(_scene.New("stock low again") with { Script = "other.py" });
        _scene.Time.Advance(TimeSpan.FromHours(2));
        await AcceptAsync(_scene.New("stock low late") with { Script = "stock.py" }, DeliveryState.Muted);

        var noon = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        Assert.Equal(["stock low late", "stock low"], Found(Words("stock") with { Script = "stock" }));
        Assert.Equal(["stock low late", "stock low"], Found(Words("stock") with { Script = "stock.py" }));
        Assert.Equal(["stock low late"], Found(Words("stock") with { State = DeliveryState.Muted }));
        Assert.Equal(
            ["stock low again", "stock low"],
            Found(Words("stock") with { Since = noon, Until = noon.AddHours(1) })
        );
        Assert.Equal(["stock low late"], Found(new HistoryFilter(null, "stock.py", null, noon.AddHours(1), null)));
        Assert.Equal(["other.py", "stock.py"], _scene.Outbox.ScriptsOf(OutboxScene.Dana));
    }

    [Fact]
    public async Task The_first_search_after_an_upgrade_or_a_loss_of_the_index_finds_all()
    {
        await _scene.AcceptAsync("of the older version");
        Assert.Equal(["of the older version"], Found("older"));
        End();
        File.Delete(IndexFile);
        await _scene.AcceptAsync("older still");

        Assert.Equal(["older still", "of the older version"], Found("older"));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(0)]
    [InlineData(8192)]
    public async Task A_damaged_index_is_made_anew(int at)
    {
        for (var i = 0; i < 300; i++)
        {
            await _scene.AcceptAsync($"kept {i}");
        }

        Assert.Equal(300, Found("kept").Count);
        End();
        await using (var file = File.OpenWrite(IndexFile))
        {
            file.Position = at;
            file.Write(new byte[3 * 4096]);
        }

        try
        {
            Found("kept");
        }
        catch (SearchNotReadyException)
        {
            // It was noticed while it searched. The next search has a new one.
        }

        Assert.Equal(300, Found("kept").Count);
    }

    [Fact]
    public async Task Another_outbox_in_its_place_is_indexed_from_its_beginning()
    {
        await _scene.AcceptAsync("of the first file");
        await _scene.AcceptAsync("of the first file, too");
        Assert.Equal(2, Found("file").Count);
        End();
        _scene.Close();
        foreach (var file in Directory.EnumerateFiles(_scene.Folder, "outbox.db*"))
        {
            File.Delete(file);
        }

        await _scene.AcceptAsync("of the second file");

        Assert.Equal(["of the second file"], Found("file"));
        Assert.Empty(Found("first"));
    }

    [Fact]
    public async Task What_the_history_has_pruned_leaves_no_word()
    {
        await _scene.AcceptAsync("zebra", state: DeliveryState.Delivered);
        _scene.Time.Advance(SqliteOutbox.HistoryLifetime + TimeSpan.FromDays(1));
        await _scene.AcceptAsync("newer");
        Assert.Single(Found("zebra"));

        await _scene.Outbox.PruneAsync();
        Assert.Empty(Found("zebra"));
        Search.Sweep(Cancellation);

        Assert.Equal(1L, _scene.Sql("SELECT count(*) FROM words_docsize", IndexFile));
    }

    [Fact]
    public async Task Made_anew_the_file_holds_no_word_of_what_was_removed()
    {
        await _scene.AcceptAsync("zebra", state: DeliveryState.Delivered);
        Assert.Single(Found("zebra"));
        _scene.Sql("DELETE FROM notification");

        Search.Restart();

        End();
        Assert.DoesNotContain(
            "zebra",
            System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(IndexFile)),
            StringComparison.Ordinal
        );
        Assert.Equal((UnixFileMode)0b110_000_000, File.GetUnixFileMode(IndexFile));
    }

    private static HistoryFilter Words(string typed) => new(typed, null, null, null, null);

    private IReadOnlyList<string> Found(string typed, UserName? user = null) => Found(Words(typed), user);

    private IReadOnlyList<string> Found(HistoryFilter filter, UserName? user = null) =>
        [.. Search.Find(user ?? OutboxScene.Dana, filter, 1000, long.MaxValue, Cancellation).Select(n => n.Message)];

    private void End()
    {
        _search?.Dispose();
        _search = null;
    }

    private async Task AcceptAsync(AcceptedNotification notification, DeliveryState state = DeliveryState.Queued) =>
        Assert.IsType<Acceptance.Stored>(
            await _scene.Outbox.AcceptAsync(notification, new DeliveryProgress(state), Cancellation)
        );
}
