using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Notify.Contracts;
using Xunit;

namespace Notify.Tests.Contracts;

/// <summary>What is on the wire, byte for byte. Callers of the send API, clients of the gateway and programs of another version read these names.</summary>
public sealed class ContractTests
{
    private static readonly DateTimeOffset Moment = new(2026, 1, 30, 20, 20, 0, 999, TimeSpan.FromHours(1));

    [Fact]
    public void Sending()
    {
        Check(
            new SendCall
            {
                Title = "T",
                Message = "ü's",
                Text = "t",
                ParseMode = "HTML",
                Script = "a.py",
                Buttons = JsonDocument.Parse("""[{"text":"x"}]""").RootElement,
                Table = JsonDocument.Parse("""{"columns":[]}""").RootElement,
                Urgent = true,
                Silent = true,
                Key = "k",
                KeyFor = 60,
                Data = JsonDocument.Parse("""{"a":1}""").RootElement,
            },
            SendContract.Json.SendCall,
            """{"title":"T","message":"ü's","text":"t","parse_mode":"HTML","script":"a.py","buttons":[{"text":"x"}],"table":{"columns":[]},"urgent":true,"silent":true,"key":"k","key_for":60,"data":{"a":1}}"""
        );
        Check(new SendCall { Message = "m" }, SendContract.Json.SendCall, """{"message":"m"}""");
        Check(
            new SentAnswer(
                true,
                DeliveryState.Queued,
                "1",
                new ChannelsAnswer(DeliveryState.Muted, 2),
                Repeated: true,
                Moment
            ),
            SendContract.Json.SentAnswer,
            """{"ok":true,"status":"queued","id":"1","channels":{"telegram":"muted","desktop":2},"repeated":true,"muted_until":"2026-01-30T19:20:00Z"}"""
        );
        Check(
            new SentAnswer(true, DeliveryState.Delivered, "1", new ChannelsAnswer(null, null), null, null),
            SendContract.Json.SentAnswer,
            """{"ok":true,"status":"delivered","id":"1","channels":{}}"""
        );
        Check(new ErrorAnswer("It's so."), SendContract.Json.ErrorAnswer, """{"error":"It's so."}""");
        Check(new ErrorAnswer("No.", "1"), SendContract.Json.ErrorAnswer, """{"error":"No.","id":"1"}""");
    }

    [Fact]
    public void Health()
    {
        Check(
            new BotHealth(
                HealthState.Down,
                "1.0",
                "bot",
                new TelegramHealth(TelegramState.TokenRefused, Moment, "why"),
                new QueueHealth(3, 1.5),
                new OutboxHealth(OutboxState.NotWritable, "full", 4),
                [new UnreadableEntry("f", "line 1", "p", "e")]
            ),
            HealthContract.Json.BotHealth,
            """{"status":"down","version":"1.0","bot_username":"bot","telegram":{"state":"token refused","last_good_poll":"2026-01-30T19:20:00Z","reason":"why"},"queue":{"length":3,"oldest_seconds":1.5},"outbox":{"state":"not writable","reason":"full","log_bytes":4},"unreadable":[{"file":"f","position":"line 1","problem":"p","entry":"e"}]}"""
        );
        Check(
            new LinkAnswer(true, Moment),
            HealthContract.Json.LinkAnswer,
            """{"linked":true,"linked_at":"2026-01-30T19:20:00Z"}"""
        );
        Check(new LinkAnswer(false), HealthContract.Json.LinkAnswer, """{"linked":false}""");
        Assert.Equal(["ok", "degraded", "down"], Words<HealthState>());
        Assert.Equal(["not writable", "locked", "not answering", "log too large"], Words<OutboxState>());
    }

    [Fact]
    public void Scripts()
    {
        Check(
            new ScriptsAnswer(
                [
                    new ScriptAnswer(
                        "a.py",
                        "a",
                        Moment,
                        Moment,
                        Moment,
                        Moment,
                        ScriptOutcome.HeldByCooldown,
                        "e",
                        true,
                        Moment,
                        "n",
                        ["w"]
                    ),
                    new ScriptAnswer("b.py", "b", null, null, null, null, null, null, false, null, null, null)
                    {
                        Settings = new ScriptSettingsAnswer("6h", 60, 1 << 20, 2, true, "Europe/Prague", [Moment]),
                    },
                ],
                Moment
            ),
            ScriptsContract.Json.ScriptsAnswer,
            """{"scripts":[{"name":"a.py","stem":"a","last_run":"2026-01-30T19:20:00Z","last_round":"2026-01-30T19:20:00Z","last_sent":"2026-01-30T19:20:00Z","cooldown_ends":"2026-01-30T19:20:00Z","last_outcome":"held_by_cooldown","error":"e","running":true,"muted_until":"2026-01-30T19:20:00Z","no_run":"n","warnings":["w"]},{"name":"b.py","stem":"b","running":false,"settings":{"cooldown":"6h","time_limit_s":60,"memory_limit":1048576,"retries":2,"incident":true,"timezone":"Europe/Prague","times":["2026-01-30T19:20:00Z"]}}],"muted_until":"2026-01-30T19:20:00Z"}"""
        );
        Check(
            new RunAnswer(RunOutcome.AlreadyRunning, "1", "e", new ChannelsAnswer(DeliveryState.Delivered, 0)),
            ScriptsContract.Json.RunAnswer,
            """{"outcome":"already_running","id":"1","error":"e","channels":{"telegram":"delivered","desktop":0}}"""
        );
        Check(new MuteCall("1h"), ScriptsContract.Json.MuteCall, """{"for":"1h"}""");
        Check(new MuteCall(null), ScriptsContract.Json.MuteCall, """{"for":null}""");
        Check(
            new MutedAnswer(true, Moment),
            ScriptsContract.Json.MutedAnswer,
            """{"ok":true,"muted_until":"2026-01-30T19:20:00Z"}"""
        );
        Check(
            new MutesAnswer(null, [new MutedScriptAnswer("a", Moment)]),
            ScriptsContract.Json.MutesAnswer,
            """{"scripts":[{"stem":"a","muted_until":"2026-01-30T19:20:00Z"}]}"""
        );
        Assert.Equal(["delivered", "queued", "no_alert", "error", "already_running"], Words<RunOutcome>());
        Assert.Equal(
            [
                "delivered",
                "queued",
                "no_alert",
                "held_by_cooldown",
                "not_sent",
                "muted",
                "handed_over",
                "not_noted",
                "error",
            ],
            Words<ScriptOutcome>()
        );
    }

    [Fact]
    public void The_helper()
    {
        Check(
            new ListedScript
            {
                Name = "a.py",
                Stem = "a",
                LastRunAt = Moment,
                LastOutcome = ScriptOutcome.NoAlert,
            },
            (JsonTypeInfo<ListedScript>)HelperContract.Default.GetTypeInfo(typeof(ListedScript))!,
            """{"name":"a.py","stem":"a","last_run":null,"last_run_at":"2026-01-30T19:20:00Z","last_round_at":null,"last_sent":null,"cooldown_ends":null,"last_outcome":"no_alert","error":null,"running":false,"warnings":null,"took_ms":null,"schedule":null,"next":null,"next_at":null}"""
        );
        Check(
            new RanScript
            {
                Notify = true,
                Title = "T",
                Message = "m",
                ImagePath = "c.png",
                Cooldown = "1h",
                Image = new RanScriptImage("png", new byte[] { 1 }),
                MoreImages = [new RanScriptImage("jpeg", new byte[] { 2 })],
                Files = [new RanScriptFile("a.csv", new byte[] { 3 })],
                Table = JsonDocument.Parse("""{"columns":[]}""").RootElement,
                Buttons = JsonDocument.Parse("false").RootElement,
                Urgent = true,
                Silent = true,
                Warnings = ["w"],
                BadEnd = "b",
                Error = "e",
                Reason = ScriptFailure.TooMuchOutput,
            },
            HelperContract.Default.RanScript,
            """{"notify":true,"title":"T","message":"m","image_path":"c.png","cooldown":"1h","image":{"type":"png","base64":"AQ=="},"more_images":[{"type":"jpeg","base64":"Ag=="}],"files":[{"name":"a.csv","base64":"Aw=="}],"table":{"columns":[]},"buttons":false,"urgent":true,"silent":true,"warnings":["w"],"bad_end":"b","error":"e","reason":"too_much_output"}"""
        );
        Check(
            new SyncStatus(false, null, null),
            HelperContract.Default.SyncStatus,
            """{"synced":false,"elapsed_seconds":null,"elapsed_display":null}"""
        );
        Assert.Equal(
            [
                "not_found",
                "already_running",
                "not_started",
                "failed",
                "timeout",
                "memory",
                "wrong_settings",
                "too_much_output",
                "unreadable_output",
                "interrupted",
            ],
            Words<ScriptFailure>()
        );
    }

    [Fact]
    public void The_history()
    {
        Check(
            new NotificationsAnswer([
                new NotificationAnswer(
                    "1",
                    "dana",
                    "a.py",
                    "T",
                    "m",
                    Moment,
                    DeliveryState.Failed,
                    "blocked",
                    Moment,
                    "i",
                    "",
                    ["i", "1.1"],
                    [new FileAnswer("1.2", "a.csv", 5)],
                    "a"
                ),
            ]),
            HistoryContract.Json.NotificationsAnswer,
            """{"notifications":[{"id":"1","user":"dana","script":"a.py","title":"T","message":"m","created_at":"2026-01-30T19:20:00Z","state":"failed","reason":"blocked","next_try_at":"2026-01-30T19:20:00Z","image_id":"i","parse_mode":"","image_ids":["i","1.1"],"files":[{"id":"1.2","name":"a.csv","bytes":5}],"table":"a"}]}"""
        );
        Check(
            new NotificationDetailAnswer(
                new NotificationAnswer(
                    "1",
                    "dana",
                    null,
                    null,
                    "m",
                    Moment,
                    DeliveryState.Queued,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    "0"
                ),
                [new TimelineAnswer(Moment, TimelineEvent.Waiting, "Too Many Requests", Moment)],
                "0",
                "2"
            ),
            HistoryContract.Json.NotificationDetailAnswer,
            """{"notification":{"id":"1","user":"dana","message":"m","created_at":"2026-01-30T19:20:00Z","state":"queued","again_of":"0"},"timeline":[{"at":"2026-01-30T19:20:00Z","event":"waiting","text":"Too Many Requests","until":"2026-01-30T19:20:00Z"}],"again_of":"0","sent_again":"2"}"""
        );
        Check(
            new DaysAnswer(new DateOnly(2026, 1, 1), [new DayAnswer(new DateOnly(2026, 1, 30), 1, 2, 3, 4, 5)]),
            HistoryContract.Json.DaysAnswer,
            """{"since":"2026-01-01","days":[{"day":"2026-01-30","queued":1,"delivered":2,"failed":3,"unknown":4,"muted":5}]}"""
        );
        Check(
            new QuartersAnswer(Moment, [new QuarterAnswer(Moment, 1, 2, 3, 4, 5)]),
            HistoryContract.Json.QuartersAnswer,
            """{"since":"2026-01-30T19:20:00Z","quarters":[{"at":"2026-01-30T19:20:00Z","queued":1,"delivered":2,"failed":3,"unknown":4,"muted":5}]}"""
        );
        Check(
            new ChangeAnswer("dana", "1", DeliveryState.Unknown),
            HistoryContract.Json.ChangeAnswer,
            """{"user":"dana","id":"1","state":"unknown"}"""
        );
        Check(new ChangeAnswer("dana"), HistoryContract.Json.ChangeAnswer, """{"user":"dana"}""");
    }

    [Fact]
    public void Operators()
    {
        var json = OperatorContract.Json;
        Check(
            new OperatorUsersAnswer([
                new OperatorUserAnswer("dana", Moment, DeadLinkReason.Blocked, Moment, Moment, 3, ["a.py"], 1, 2, 4, 5),
            ]),
            json.OperatorUsersAnswer,
            """{"users":[{"user":"dana","linked_at":"2026-01-30T19:20:00Z","dead":"blocked","dead_since":"2026-01-30T19:20:00Z","last_round":"2026-01-30T19:20:00Z","scripts":3,"failing":["a.py"],"waiting":1,"held":2,"failed_24h":4,"desktops":5}]}"""
        );
        Check(
            new OperatorQueueAnswer([new OperatorQueueUserAnswer("dana", 2, Moment, Moment, "rate limited")]),
            json.OperatorQueueAnswer,
            """{"users":[{"user":"dana","waiting":2,"oldest":"2026-01-30T19:20:00Z","next_try_at":"2026-01-30T19:20:00Z","reason":"rate limited"}]}"""
        );
        Check(
            new OperatorFailedAnswer([
                new OperatorFailureAnswer("1", "dana", "a.py", Moment, DeliveryState.Failed, "blocked"),
            ]),
            json.OperatorFailedAnswer,
            """{"failures":[{"id":"1","user":"dana","script":"a.py","at":"2026-01-30T19:20:00Z","state":"failed","reason":"blocked"}]}"""
        );
        Check(
            new OperatorAuditAnswer([new OperatorActAnswer(7, Moment, "olga", "drop", "dana", "Dropped.")]),
            json.OperatorAuditAnswer,
            """{"acts":[{"number":7,"at":"2026-01-30T19:20:00Z","by":"olga","act":"drop","user":"dana","detail":"Dropped."}]}"""
        );
        Check(new OperatorActedAnswer("Done."), json.OperatorActedAnswer, """{"said":"Done."}""");
        Check(
            new ForgottenAnswer([new ForgottenUserAnswer("dana", Moment)]),
            json.ForgottenAnswer,
            """{"users":[{"user":"dana","at":"2026-01-30T19:20:00Z"}]}"""
        );
    }

    [Fact]
    public void Rounds()
    {
        Check(
            new RoundCall
            {
                Started = Moment,
                TookMs = 2140,
                EveryS = 300,
                NextRound = Moment,
                Scripts = [new RoundScript("a.py", "no_alert", Moment), new RoundScript("b.py")],
            },
            RoundsContract.Json.RoundCall,
            """{"started":"2026-01-30T19:20:00Z","took_ms":2140,"every_s":300,"next_round":"2026-01-30T19:20:00Z","scripts":[{"name":"a.py","outcome":"no_alert","next_due":"2026-01-30T19:20:00Z"},{"name":"b.py"}]}"""
        );
        Check(
            new RoundCall { Started = Moment },
            RoundsContract.Json.RoundCall,
            """{"started":"2026-01-30T19:20:00Z"}"""
        );
        Check(
            new RoundAnswer(true, true, false),
            RoundsContract.Json.RoundAnswer,
            """{"ok":true,"linked":true,"watched":false}"""
        );
    }

    [Fact]
    public void The_gateway()
    {
        Check(
            new DispatchCall("dana", new DispatchedNotification("1", "T", "m", "a.py", "t", "u")),
            GatewayContract.Json.DispatchCall,
            """{"user":"dana","notification":{"id":"1","title":"T","message":"m","script":"a.py","timestamp":"t","image_url":"u"}}"""
        );
        Check(new DispatchAnswer(2), GatewayContract.Json.DispatchAnswer, """{"sent":2}""");
        Check(
            new RevokeCall("1", WireJson.Time(Moment)),
            GatewayContract.Json.RevokeCall,
            """{"id":"1","until":"2026-01-30T19:20:00Z"}"""
        );
        Check(new RevokeAnswer(1), GatewayContract.Json.RevokeAnswer, """{"cut":1}""");
        Check(
            new GatewayHealth(HealthState.Ok, 2, new Dictionary<string, int>(StringComparer.Ordinal) { ["dana"] = 2 }),
            GatewayContract.Json.GatewayHealth,
            """{"status":"ok","connections":2,"users":{"dana":2}}"""
        );
        Check(
            new GatewayMessage("notification", "1", "T", "m", "a.py", "t", "u"),
            GatewayContract.Json.GatewayMessage,
            """{"type":"notification","id":"1","title":"T","message":"m","script":"a.py","timestamp":"t","image_url":"u"}"""
        );
        Check(new GatewayMessage("ping"), GatewayContract.Json.GatewayMessage, """{"type":"ping"}""");
        Check(
            new GatewayMessage("auth_ok", Username: "dana"),
            GatewayContract.Json.GatewayMessage,
            """{"type":"auth_ok","username":"dana"}"""
        );
        Check(
            new GatewayMessage("auth_error", Message: "It's over."),
            GatewayContract.Json.GatewayMessage,
            """{"type":"auth_error","message":"It's over."}"""
        );
        Check(new ClientMessage("auth", "t"), GatewayContract.Json.ClientMessage, """{"type":"auth","token":"t"}""");
    }

    [Theory]
    [InlineData("\"0001-01-01T00:00:00+14:00\"")]
    [InlineData("\"9999-12-31T23:59:59-14:00\"")]
    [InlineData("\"yesterday\"")]
    [InlineData("253402300800")]
    public void A_moment_beyond_the_calendar_is_wrong_JSON(string moment) =>
        Assert.Throws<JsonException>(() =>
            JsonSerializer.Deserialize($$"""{"started":{{moment}}}""", RoundsContract.Json.RoundCall)
        );

    private static void Check<T>(T value, JsonTypeInfo<T> type, string json)
    {
        Assert.Equal(json, JsonSerializer.Serialize(value, type));
        Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize(json, type)!, type));
    }

    private static IEnumerable<string> Words<T>()
        where T : struct, Enum => Enum.GetValues<T>().Select(member => JsonSerializer.Serialize(member).Trim('"'));
}
