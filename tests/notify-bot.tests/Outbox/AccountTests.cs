using Microsoft.Data.Sqlite;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Linking;
using Notify.Testing;

namespace Notify.Tests.Outbox;

/// <summary>What is stored of a user belongs to the account that the name had then. The accounts are real.</summary>
public sealed class AccountTests
{
    private static readonly DeliveryProgress Queued = new(DeliveryState.Queued);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_account_of_the_same_name_sees_no_history_no_charts_no_mutes_and_no_keys()
    {
        using var scene = new OutboxScene();
        await using var account = await TestAccount.CreateAsync("alice");
        var user = UserName.Parse(account.Name);
        var image = new StoredImage(
            AttachmentStore.NewId(),
            new Images.ImageInfo(Images.ImageKind.Png, 640, 360, 12345)
        );
        var old = scene.New("salaries", user, key: "k1", image: image) with { Account = null };
        await scene.Outbox.AcceptAsync(old, Queued, Cancellation);
        await scene.Outbox.MuteAsync(user, null, Mutes.Forever);
        await scene.Outbox.MuteAsync(user, "revenue.py", Mutes.Forever);

        await account.DeleteAsync();
        await account.MakeAgainAsync(uid: null);

        foreach (var _ in (string[])["at once", "after a restart"])
        {
            Assert.Empty(scene.Outbox.History(user, 10, cancellation: Cancellation));
            Assert.Empty(scene.Outbox.CountDays(user).Days);
            Assert.Null(scene.Outbox.ImageOf(user, image.Id));
            Assert.Null(scene.Outbox.FindRepeated(user, "k1"));
            Assert.Null(scene.Outbox.MutesOf(user).All);
            Assert.Null(scene.Outbox.MutesOf(user).Until("revenue.py"));
            Assert.NotEqual(new AccountId(account.Uid), Assert.Single(scene.Outbox.Waiting()).Account);
            scene.Close();
        }

        // The same key is another notification; the mutes of one end nothing of the other's.
        Assert.IsType<Acceptance.Stored>(
            await scene.Outbox.AcceptAsync(
                scene.New("hello", user, key: "k1") with
                {
                    Account = null,
                },
                Queued,
                Cancellation
            )
        );
        await scene.Outbox.UnmuteAllAsync(user);
        Assert.Equal("hello", Assert.Single(scene.Outbox.History(user, 10, cancellation: Cancellation)).Message);
    }

    [Fact]
    public async Task The_same_id_once_more_sees_what_it_had()
    {
        using var scene = new OutboxScene();
        await using var account = await TestAccount.CreateAsync("alice");
        var user = UserName.Parse(account.Name);
        await scene.Outbox.AcceptAsync(scene.New("mine", user) with { Account = null }, Queued, Cancellation);
        await scene.Outbox.MuteAsync(user, null, Mutes.Forever);

        await account.DeleteAsync();
        Assert.Empty(scene.Outbox.History(user, 10, cancellation: Cancellation));
        await account.MakeAgainAsync(account.Uid);

        Assert.Equal("mine", Assert.Single(scene.Outbox.History(user, 10, cancellation: Cancellation)).Message);
        Assert.Equal(Mutes.Forever, scene.Outbox.MutesOf(user).All);
    }

    [Fact]
    public async Task An_outbox_of_an_earlier_version_counts_for_the_accounts_of_now_once()
    {
        using var scene = new OutboxScene();
        await using var account = await TestAccount.CreateAsync("alice");
        var (user, before) = (UserName.Parse(account.Name), account.Uid);
        MakeFileOfVersion2(scene.File, account.Name);

        Assert.Equal(
            ["waits", "arrived"],
            scene.Outbox.History(user, 10, cancellation: Cancellation).Select(n => n.Message)
        );
        Assert.Equal(
            "team",
            Assert.Single(scene.Outbox.History(UserName.Parse("data_team"), 10, cancellation: Cancellation)).Message
        );
        Assert.Equal(Mutes.Forever, scene.Outbox.MutesOf(user).Until("revenue"));
        Assert.Equal(new AccountId(before), Assert.Single(scene.Outbox.Waiting()).Account);
        Assert.Equal("arrived", scene.Outbox.FindRepeated(user, "k1")?.Accepted.Message);
        scene.Close();

        await account.DeleteAsync();
        await account.MakeAgainAsync(uid: null);
        Assert.Empty(scene.Outbox.History(user, 10, cancellation: Cancellation));
        Assert.Null(scene.Outbox.MutesOf(user).Until("revenue"));
        Assert.Equal(new AccountId(before), Assert.Single(scene.Outbox.Waiting()).Account);
    }

    [Fact]
    public async Task A_damaged_outbox_of_an_earlier_version_is_rescued_with_its_accounts()
    {
        using var scene = new OutboxScene();
        await using var account = await TestAccount.CreateAsync("alice");
        MakeFileOfVersion2(scene.File, account.Name);
        await using (var file = File.OpenWrite(scene.File))
        {
            // The number of the version and the root pages stay readable; the index of users does not.
            using var connection = new SqliteConnection($"Data Source={scene.File};Pooling=False");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT rootpage FROM sqlite_schema WHERE name = 'notification_of_user'";
            file.Position = ((long)command.ExecuteScalar()! - 1) * 4096;
            file.Write(new byte[4096]);
        }

        Assert.Equal(
            ["waits", "arrived"],
            scene.Outbox.History(UserName.Parse(account.Name), 10, cancellation: Cancellation).Select(n => n.Message)
        );
        Assert.Single(scene.SetAside);
    }

    /// <summary>A file as the version before ids were kept has left it.</summary>
    private static void MakeFileOfVersion2(string path, string user)
    {
        OutboxFile.CreateEmpty(path);
        using var connection = OutboxFile.Connect(path);
        OutboxSchema.Migrate(connection, upTo: 2);
        var now = new DateTimeOffset(2026, 3, 1, 11, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        foreach (
            var (id, name, message, key, state) in ((string, string, string, string?, int)[])
                [("a", user, "arrived", "k1", 1), ("b", user, "waits", null, 0), ("c", "data_team", "team", null, 1)]
        )
        {
            using var insert = connection.CreateCommand();
            insert.CommandText =
                "INSERT INTO notification (id, user, message, parse_mode, silent, key, created_at, state) VALUES ($id, $user, $message, 0, 0, $key, $now, $state)";
            insert.Parameters.AddWithValue("$id", id.PadRight(22, 'x'));
            insert.Parameters.AddWithValue("$user", name);
            insert.Parameters.AddWithValue("$message", message);
            insert.Parameters.AddWithValue("$key", (object?)key ?? DBNull.Value);
            insert.Parameters.AddWithValue("$now", now);
            insert.Parameters.AddWithValue("$state", state);
            insert.ExecuteNonQuery();
        }

        using var mute = connection.CreateCommand();
        mute.CommandText = "INSERT INTO mute (user, script, until) VALUES ($user, 'revenue', $until)";
        mute.Parameters.AddWithValue("$user", user);
        mute.Parameters.AddWithValue("$until", Mutes.Forever.ToUnixTimeMilliseconds());
        mute.ExecuteNonQuery();
    }
}
