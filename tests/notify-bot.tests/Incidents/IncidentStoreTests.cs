using Notify.Bot.Digests;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Images;
using Notify.Linking;
using Notify.Tests.Outbox;

namespace Notify.Tests.Incidents;

/// <summary>How the outbox keeps incidents: over versions, damage, retention and quotas.</summary>
public sealed class IncidentStoreTests : IDisposable
{
    private readonly OutboxScene _scene = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _scene.Dispose();

    [Fact]
    public async Task An_older_bot_works_on_the_new_file_and_the_incident_goes_on_after_it()
    {
        var first = await FireAsync("1");
        _scene.Close();
        _scene.Sql(
            """
            INSERT INTO notification (id, user, uid, message, parse_mode, silent, created_at, state) VALUES ('older', 'dana', -1, 'an older bot', 0, 0, 1772366400000, 0);
            UPDATE notification SET state = 1 WHERE id = 'older';
            """
        );

        var again = await FireAsync("1");

        Assert.Equal(first.Incident!.Id, again.Incident!.Id);
        Assert.Null(again.Sent);
        Assert.Equal("an older bot", _scene.Outbox.Find("older")!.Accepted.Message);
    }

    [Fact]
    public async Task Content_that_is_replaced_goes_and_lists_show_the_newest_in_place_of_the_first()
    {
        await FireAsync("1");
        for (var i = 2; i <= 20; i++)
        {
            Assert.Null((await FireAsync($"{i}")).Sent);
        }

        Assert.Equal(
            ["20"],
            _scene.Outbox.History(OutboxScene.Dana, 10, cancellation: Cancellation).Select(n => n.Message)
        );
        Assert.Equal(2L, _scene.Sql("SELECT count(*) FROM notification"));
        Assert.Equal(
            1,
            _scene.Outbox.CountStates(OutboxScene.Dana, DateTimeOffset.MinValue.AddYears(1970)).Values.Sum()
        );
        Assert.Equal(1, _scene.Outbox.CountDays(OutboxScene.Dana).Days.Sum(day => day.Count));
        var incident = Assert.Single(_scene.Outbox.IncidentsBehind(0, 10));
        Assert.Equal("20", _scene.Outbox.Find(incident.ContentId)!.Accepted.Message);
        Assert.Equal(20, incident.Version);
    }

    [Fact]
    public async Task The_history_shows_an_incident_as_its_message_does()
    {
        StoredImage Chart(string id) => new(id, new ImageInfo(ImageKind.Png, 640, 360, 1000));
        await PostAsync("k", "1", image: Chart("first"));
        await PostAsync("other", "other");
        var first = (await PostAsync("k", "2", image: Chart("newest"))).Incident!;

        var history = _scene.Outbox.History(OutboxScene.Dana, 10, cancellation: Cancellation);

        Assert.Equal(["other", "2"], history.Select(n => n.Message));
        Assert.Equal(
            (first.FirstId, first.ContentId, "newest"),
            (history[1].Id, history[1].ContentId, history[1].ImageId)
        );
        Assert.Equal("newest", _scene.Outbox.ImageOf(OutboxScene.Dana, "newest")?.Id);
        Assert.Equal(
            ["other", "2"],
            _scene.Outbox.Undelivered(OutboxScene.Dana, default, 10, 10).Select(n => n.Message)
        );

        // A full history may prune the content. Then there is what came first.
        _scene.Sql($"DELETE FROM notification WHERE id = '{first.ContentId}'");
        Assert.Equal(
            ["other", "1"],
            _scene.Outbox.History(OutboxScene.Dana, 10, cancellation: Cancellation).Select(n => n.Message)
        );
    }

    [Fact]
    public async Task Only_what_ended_30_days_ago_is_forgotten()
    {
        await FireAsync("open", "open");
        await FireAsync("over", "over");
        await PostAsync("over", null);
        foreach (var row in _scene.Outbox.Waiting())
        {
            await _scene.Outbox.RecordAsync(row.Sequence, new DeliveryProgress(DeliveryState.Delivered));
        }

        _scene.Time.Advance(TimeSpan.FromDays(31));
        await _scene.Outbox.PruneAsync();

        var left = Assert.Single(_scene.Outbox.IncidentsOf(OutboxScene.Dana, DateTimeOffset.UnixEpoch, 10));
        Assert.Equal("open", left.Key);
        Assert.Equal("open", _scene.Outbox.Find(left.ContentId)!.Accepted.Message);
        Assert.Equal(1L, _scene.Sql("SELECT count(*) FROM notification"));
    }

    [Fact]
    public async Task A_digest_says_which_incidents_are_over()
    {
        var held = DeliveryProgress.HeldUntil(_scene.Time.GetUtcNow() + TimeSpan.FromHours(8));
        await PostAsync("over", "1", held);
        await PostAsync("open", "2", held);
        _scene.Time.Advance(TimeSpan.FromMinutes(90));
        Assert.Null((await PostAsync("over", null, held)).Sent);

        var digest = DigestText.Of(
            _scene.Outbox.Held(OutboxScene.Dana, AccountId.None, 10, DigestText.Beginning),
            TimeZoneInfo.Utc,
            _scene.Time.GetUtcNow(),
            _scene.Outbox.OverWhileHeld(OutboxScene.Dana, AccountId.None)
        );

        Assert.Equal("12:00 1, over after 1 h 30 min\n12:00 2", digest.Message);
    }

    [Fact]
    public async Task A_digest_that_was_written_before_an_incident_ended_or_began_again_is_not_stored()
    {
        var held = DeliveryProgress.HeldUntil(_scene.Time.GetUtcNow() + TimeSpan.FromHours(8));
        await PostAsync("one", "1", held);
        var last = (await PostAsync("two", "2", held)).Sent!;
        HashSet<string> Over() => [.. _scene.Outbox.OverWhileHeld(OutboxScene.Dana, AccountId.None).Keys];
        Task<bool> ReleaseAsync(HashSet<string> over) =>
            _scene.Outbox.ReleaseAsync(_scene.New("a digest"), last.Sequence, 2, over);

        var none = Over();
        await PostAsync("one", null, held);
        Assert.False(await ReleaseAsync(none));

        var one = Over();
        await PostAsync("two", null, held);
        Assert.False(await ReleaseAsync(one));
        Assert.Equal(2, _scene.Outbox.HeldOf(OutboxScene.Dana).Count);

        Assert.True(await ReleaseAsync(Over()));
    }

    [Fact]
    public async Task Open_incidents_of_64_MB_take_no_more_large_content_and_still_take_texts()
    {
        // A chart counts a sixteenth of its bytes.
        StoredImage Chart() => new(AttachmentStore.NewId(), new ImageInfo(ImageKind.Png, 640, 360, 16 * 40_000_000));
        await PostAsync("a", "1", image: Chart());
        await PostAsync("b", "1", image: Chart());

        Assert.True((await PostAsync("c", "1", image: Chart())).IsTooMany);
        Assert.True((await PostAsync("a", "2", image: Chart())).IsTooMany);
        Assert.True((await PostAsync("c", new string('x', 70_000))).IsTooMany);
        Assert.Equal(2L, _scene.Sql("SELECT count(*) FROM notification"));
        Assert.NotNull((await PostAsync("c", "short")).Sent);
        Assert.Equal(2, (await PostAsync("b", "short")).Incident?.Version);

        // Another user has room, and an end makes some.
        Assert.NotNull((await PostAsync("a", "1", image: Chart(), user: OutboxScene.Omar)).Sent);
        Assert.Equal(IncidentState.Over, (await PostAsync("a", null)).Incident?.State);
        Assert.False((await PostAsync("c", "2", image: Chart())).IsTooMany);
        Assert.True((await PostAsync("d", "1", image: Chart())).IsTooMany);
    }

    [Fact]
    public async Task The_user_of_a_held_incident_is_one_that_a_digest_looks_at()
    {
        await PostAsync("k", "1", DeliveryProgress.HeldUntil(_scene.Time.GetUtcNow() + TimeSpan.FromHours(8)));

        Assert.Equal((OutboxScene.Dana, AccountId.None), Assert.Single(_scene.Outbox.Holders()));
    }

    [Fact]
    public async Task A_recovered_outbox_has_its_incidents()
    {
        var before = (await FireAsync("1")).Incident!;
        await FireAsync("2");
        _scene.Close();
        var page = (long)_scene.Sql("SELECT rootpage FROM sqlite_schema WHERE name = 'notification_by_age'")!;
        await using (var file = new FileStream(_scene.File, FileMode.Open))
        {
            file.Position = (page - 1) * OutboxHarm.Page;
            await file.WriteAsync(OutboxHarm.Rubbish(OutboxHarm.Page), Cancellation);
        }

        var after = (await FireAsync("2")).Incident!;

        Assert.Single(_scene.SetAside);
        Assert.Equal(before.Id, after.Id);
        Assert.Equal(2, after.Version);
    }

    [Fact]
    public async Task A_post_is_stored_even_if_its_first_notification_can_no_longer_be_read()
    {
        var first = await FireAsync("1");
        _scene.Sql(
            // As on a damaged page: the row turns unreadable with the commit.
            """
            CREATE TRIGGER harm_begin AFTER INSERT ON incident BEGIN UPDATE notification SET user = '' WHERE id = new.first; END;
            CREATE TRIGGER harm_change AFTER UPDATE ON incident BEGIN UPDATE notification SET user = '' WHERE id = new.first; END;
            """
        );

        Assert.True((await FireAsync("1", "other")).HasStoredContent);
        Assert.True((await FireAsync("2")).HasStoredContent);

        Assert.Equal(
            "dana",
            (await _scene.Outbox.AcknowledgeIncidentAsync(first.Incident!.Id, "dana"))?.AcknowledgedBy
        );
    }

    private Task<IncidentOutcome> FireAsync(string text, string key = "k") => PostAsync(key, text);

    private Task<IncidentOutcome> PostAsync(
        string key,
        string? text,
        DeliveryProgress? progress = null,
        StoredImage? image = null,
        UserName? user = null
    ) =>
        _scene.Outbox.PostIncidentAsync(
            new IncidentPost
            {
                User = user ?? OutboxScene.Dana,
                Key = key,
                Fires = text is not null,
                Content = text is null ? null : _scene.New(text, user, image: image),
                ContentHash = text,
                SentId = AttachmentStore.NewId(),
                NewId = AttachmentStore.NewId(),
                At = _scene.Time.GetUtcNow(),
                Progress = progress ?? new DeliveryProgress(DeliveryState.Queued),
            },
            Cancellation
        );
}
