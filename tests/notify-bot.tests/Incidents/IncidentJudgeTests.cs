using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Formatting;
using Notify.Linking;

namespace Notify.Tests.Incidents;

/// <summary>The judge of incidents against a simple model of what a person hears, over simulated months.</summary>
public sealed class IncidentJudgeTests
{
    private static readonly UserName Dana = UserName.Parse("dana");

    private static readonly DateTimeOffset Began = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 60)]
    [InlineData(3, 60)]
    [InlineData(4, 15)]
    [InlineData(5, 600)]
    public void It_says_what_the_model_says(int seed, int cooldownMinutes)
    {
        var dice = new Dice((uint)seed);
        var cooldown = TimeSpan.FromMinutes(cooldownMinutes);
        var model = new Model(cooldown);
        Incident? incident = null;
        var (now, isMuted) = (Began, false);
        var heard = 0;
        for (var step = 0; step < 20_000; step++)
        {
            now += TimeSpan.FromMinutes(dice.Throw(50));
            isMuted = dice.Throw(10) == 0 ? !isMuted : isMuted;
            if (dice.Throw(50) == 0 && incident is { State: IncidentState.Open, AcknowledgedBy: null })
            {
                incident = incident with { AcknowledgedBy = "dana", AcknowledgedAt = now };
                model.IsAcknowledged = true;
            }

            var fires = dice.Throw(3) > 0;
            var post = Post(fires, fires ? $"{dice.Throw(3)}" : null, dice.Throw(2) == 0, cooldown, now, isMuted);
            var before = incident;
            var decision = IncidentJudge.Post(before, post);
            var said = decision.Sends is null || isMuted ? null : decision.Sends;
            var expected = fires ? model.Fire(now, isMuted) : model.End(now, post.IsConfirmed, isMuted);

            Assert.Equal((step, expected), (step, said));
            heard += said is null ? 0 : 1;
            incident = Delivered(decision.Incident ?? before, decision.Sends, isMuted);
            Assert.Equal(model.IsOpen, incident?.State == IncidentState.Open);
            if (before is not null && incident is not null && incident.Id == before.Id)
            {
                // The version counts what the message shows, and nothing else.
                var isOther = (before.State, before.ContentHash) != (incident.State, incident.ContentHash);
                Assert.Equal((step, isOther), (step, incident.Version > before.Version));
                Assert.True(incident.LastSeen >= before.LastSeen);
                Assert.Equal(before.Since, incident.Since);
            }
        }

        Assert.InRange(heard, 100, 20_000);
    }

    [Fact]
    public void An_edit_waits_a_minute_but_not_for_a_person_or_a_clock_that_was_set_back()
    {
        var incident = Delivered(
            IncidentJudge.Post(null, Post(true, "1", true, TimeSpan.Zero, Began, false)).Incident!,
            IncidentRole.First,
            isMuted: false
        )! with
        {
            EditedAt = Began,
        };
        Assert.False(IncidentJudge.MayEdit(incident, Began.AddHours(1), isMuted: false));

        incident = incident with { Version = 2 };
        Assert.False(IncidentJudge.MayEdit(incident, Began.AddSeconds(59), isMuted: false));
        Assert.True(IncidentJudge.MayEdit(incident, Began.AddSeconds(60), isMuted: false));
        Assert.False(IncidentJudge.MayEdit(incident, Began.AddSeconds(60), isMuted: true));
        Assert.True(IncidentJudge.MayEdit(incident, Began.AddHours(-1), isMuted: false));
        Assert.True(IncidentJudge.MayEdit(incident with { EditedAt = null }, Began, isMuted: false));
        Assert.False(IncidentJudge.MayEdit(incident with { Shown = null }, Began.AddHours(1), isMuted: false));
    }

    [Fact]
    public void In_quiet_hours_nothing_reminds_and_a_held_message_comes_whole_with_the_next_news()
    {
        var cooldown = TimeSpan.FromHours(1);
        var held = DeliveryProgress.HeldUntil(Began.AddHours(7));
        var first = IncidentJudge.Post(null, Post(true, "1", true, cooldown, Began, false) with { Progress = held });
        Assert.Equal(IncidentRole.First, first.Sends);
        var incident = first.Incident! with { Carrier = held };

        var atNight = IncidentJudge.Post(
            incident,
            Post(true, "2", true, cooldown, Began.AddHours(3), false) with
            {
                Progress = held,
            }
        );
        Assert.Null(atNight.Sends);
        Assert.Null(
            IncidentJudge
                .Post(incident, Post(false, null, true, cooldown, Began.AddHours(4), false) with { Progress = held })
                .Sends
        );

        // A digest tells of it. The next news shows it whole, and its end is told.
        var told = atNight.Incident! with
        {
            Carrier = held,
            IsInDigest = true,
        };
        Assert.Equal(
            IncidentRole.First,
            IncidentJudge.Post(told, Post(true, "3", true, cooldown, Began.AddHours(8), false)).Sends
        );
        Assert.Equal(
            IncidentRole.End,
            IncidentJudge.Post(told, Post(false, null, true, cooldown, Began.AddHours(8), false)).Sends
        );

        // Shown before the night: no reminder in it.
        var shown = Delivered(first.Incident!, IncidentRole.First, isMuted: false)!;
        Assert.Null(
            IncidentJudge
                .Post(shown, Post(true, "1", true, cooldown, Began.AddHours(2), false) with { Progress = held })
                .Sends
        );
    }

    [Fact]
    public void An_alert_that_comes_back_after_its_end_was_told_has_nobody_on_it()
    {
        var cooldown = TimeSpan.FromHours(1);
        var incident = Delivered(
            IncidentJudge.Post(null, Post(true, "1", true, cooldown, Began, false)).Incident,
            IncidentRole.First,
            isMuted: false
        )! with
        {
            AcknowledgedBy = "dana",
            AcknowledgedAt = Began.AddMinutes(5),
        };

        var over = IncidentJudge
            .Post(incident, Post(false, null, true, cooldown, Began.AddMinutes(60), false))
            .Incident!;
        var again = IncidentJudge.Post(over, Post(true, "1", true, cooldown, Began.AddMinutes(90), false));
        Assert.Equal((IncidentState.Open, null), (again.Incident!.State, again.Incident.AcknowledgedBy));
        Assert.Equal(IncidentRole.Reminder, again.Sends);

        // Nobody was told of this end, so the same person is on it.
        var unsure = IncidentJudge
            .Post(incident, Post(false, null, false, cooldown, Began.AddMinutes(60), false))
            .Incident!;
        again = IncidentJudge.Post(unsure, Post(true, "1", true, cooldown, Began.AddMinutes(90), false));
        Assert.Equal("dana", again.Incident!.AcknowledgedBy);
        Assert.Null(again.Sends);
    }

    [Fact]
    public void A_clock_that_was_set_back_silences_no_incident()
    {
        var cooldown = TimeSpan.FromHours(1);
        var incident = Delivered(
            IncidentJudge.Post(null, Post(true, "1", true, cooldown, Began, false)).Incident,
            IncidentRole.First,
            isMuted: false
        )!;
        Assert.Equal(
            IncidentRole.Reminder,
            IncidentJudge.Post(incident, Post(true, "1", true, cooldown, Began.AddDays(-1), false)).Sends
        );

        var over = IncidentJudge.Post(incident, Post(false, null, true, cooldown, Began.AddHours(1), false)).Incident!;
        Assert.Equal(
            IncidentRole.First,
            IncidentJudge.Post(over, Post(true, "1", true, cooldown, Began.AddDays(-1), false)).Sends
        );
    }

    [Theory]
    [InlineData(DeliveryReason.Expired, true)]
    [InlineData(DeliveryReason.NoLink, true)]
    [InlineData(DeliveryReason.Refused, false)]
    public void A_first_message_that_could_not_go_out_in_time_is_sent_anew(DeliveryReason reason, bool isSentAnew)
    {
        var incident = IncidentJudge.Post(null, Post(true, "1", true, TimeSpan.Zero, Began, false)).Incident! with
        {
            Carrier = new DeliveryProgress(DeliveryState.Failed) { Reason = reason },
        };

        Assert.Equal(isSentAnew, IncidentJudge.LacksMessage(incident, isMuted: false));
    }

    private static IncidentPost Post(
        bool fires,
        string? text,
        bool isConfirmed,
        TimeSpan cooldown,
        DateTimeOffset at,
        bool isMuted
    ) =>
        new()
        {
            User = Dana,
            Account = AccountId.None,
            Key = "k",
            Fires = fires,
            IsConfirmed = isConfirmed,
            Cooldown = cooldown,
            Content = text is null
                ? null
                : new AcceptedNotification
                {
                    Id = Guid.NewGuid().ToString("N"),
                    User = Dana,
                    Message = text,
                    ParseMode = ParseMode.Plain,
                    CreatedAt = at,
                },
            ContentHash = text,
            SentId = Guid.NewGuid().ToString("N"),
            NewId = Guid.NewGuid().ToString("N"),
            At = at,
            IsMuted = isMuted,
        };

    /// <summary>The incident after Telegram took what was sent.</summary>
    private static Incident? Delivered(Incident? incident, IncidentRole? sends, bool isMuted) =>
        sends != IncidentRole.First || incident is null
            ? incident
            : incident with
            {
                Carrier = isMuted ? DeliveryProgress.Muted : new DeliveryProgress(DeliveryState.Delivered),
                Shown = isMuted ? null : new ShownMessage(new ChatId(1), 1, ShownKind.Text, null),
                ShownVersion = isMuted ? 0 : incident.Version,
            };

    /// <summary>What a person hears, without messages, versions and edits.</summary>
    private sealed class Model(TimeSpan cooldown)
    {
        private bool _exists;
        private bool _isSure;
        private DateTimeOffset _ended;
        private DateTimeOffset? _told;

        public bool IsOpen { get; private set; }

        public bool IsAcknowledged { get; set; }

        public IncidentRole? Fire(DateTimeOffset now, bool isMuted)
        {
            if (!_exists || (!IsOpen && (cooldown == TimeSpan.Zero || now >= _ended + cooldown)))
            {
                (_exists, _told, IsAcknowledged) = (true, null, false);
            }

            IsAcknowledged &= IsOpen || !_isSure;
            (IsOpen, _isSure) = (true, false);
            if (isMuted)
            {
                return null;
            }

            var isDue = !IsAcknowledged && cooldown > TimeSpan.Zero && now >= _told + cooldown;
            var says =
                _told is null ? IncidentRole.First
                : isDue ? IncidentRole.Reminder
                : (IncidentRole?)null;
            _told = says is null ? _told : now;
            return says;
        }

        public IncidentRole? End(DateTimeOffset now, bool isSure, bool isMuted)
        {
            if (!_exists || (!IsOpen && _isSure))
            {
                return null;
            }

            _ended = IsOpen ? now : _ended;
            (IsOpen, _isSure) = (false, isSure);
            return isSure && !isMuted && _told is not null ? IncidentRole.End : null;
        }
    }

    /// <summary>Numbers that are the same for a seed at each run.</summary>
    private sealed class Dice(uint seed)
    {
        private uint _last = seed;

        public int Throw(int sides)
        {
            // Numerical Recipes; the high bits are the good ones.
            _last = unchecked((_last * 1664525) + 1013904223);
            return (int)((_last >> 16) % (uint)sides);
        }
    }
}
