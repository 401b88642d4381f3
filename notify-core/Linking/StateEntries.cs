using System.Globalization;
using System.Text.Json;
using Notify.Contracts;

namespace Notify.Linking;

/// <summary>An entry of <c>pending_codes.json</c>: a chat's code.</summary>
internal sealed record PendingCode(string Code, ChatId Chat, DateTimeOffset CreatedAt);

/// <summary>An entry of <c>pending_links.json</c>: the payload of a user's one-tap link.</summary>
internal sealed record PendingLink(string Payload, UserName User, DateTimeOffset CreatedAt, AccountId? Account = null);

/// <summary>An entry of <c>wrong_codes.json</c>: times of a user's recent wrong codes.</summary>
internal sealed record WrongTries(string User, IReadOnlyList<DateTimeOffset> At);

/// <summary>Reads and writes entries of the data folder's JSON files.</summary>
internal static class StateEntries
{
    /// <summary>The member with the entry's account id: a number, or null for a name without an account.</summary>
    internal const string AccountMember = "uid";

    /// <summary>The member with the time zone of the user's browser.</summary>
    internal const string TimeZoneMember = "timezone";

    internal static Link ReadLink(string name, ref Utf8JsonReader reader)
    {
        if (!UserName.TryParse(name, out var user))
        {
            throw new WrongShapeException("an entry's name that is not a user name");
        }

        ChatId? chat = null;
        DateTimeOffset? linkedAt = null;
        DeadLink? dead = null;
        AccountId? account = null;
        TimeZoneName? timeZone = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("chat_id"u8))
            {
                chat = ReadChat(ref reader, isFirst: chat is null);
            }
            else if (reader.ValueTextEquals("linked_at"u8))
            {
                linkedAt = ReadTime(ref reader, isFirst: linkedAt is null);
            }
            else if (reader.ValueTextEquals("dead"u8))
            {
                dead = ReadDead(ref reader, isFirst: dead is null);
            }
            else if (reader.ValueTextEquals(AccountMember))
            {
                account = ReadAccount(ref reader, isFirst: account is null);
            }
            else if (reader.ValueTextEquals(TimeZoneMember))
            {
                timeZone = ReadTimeZone(ref reader, isFirst: timeZone is null);
            }
            else
            {
                reader.Skip();
            }
        }

        return new Link(user, Required(chat, "chat_id"), Required(linkedAt, "linked_at"), dead, account, timeZone);
    }

    internal static PendingCode ReadCode(string name, ref Utf8JsonReader reader)
    {
        if (!VerificationCodeText.IsCode(name))
        {
            throw new WrongShapeException("an entry's name that is not six digits");
        }

        ChatId? chat = null;
        DateTimeOffset? createdAt = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("chat_id"u8))
            {
                chat = ReadChat(ref reader, isFirst: chat is null);
            }
            else if (reader.ValueTextEquals("created_at"u8))
            {
                createdAt = ReadSecondsOnce(ref reader, isFirst: createdAt is null);
            }
            else
            {
                reader.Skip();
            }
        }

        return new PendingCode(name, Required(chat, "chat_id"), Required(createdAt, "created_at"));
    }

    internal static PendingLink ReadPendingLink(string name, ref Utf8JsonReader reader)
    {
        UserName? user = null;
        DateTimeOffset? createdAt = null;
        AccountId? account = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("user"u8))
            {
                CheckFirst(user is null);
                reader.Read();
                if (reader.TokenType != JsonTokenType.String || !UserName.TryParse(reader.GetString(), out user))
                {
                    throw new WrongShapeException("user is not a user name");
                }
            }
            else if (reader.ValueTextEquals(AccountMember))
            {
                account = ReadAccount(ref reader, isFirst: account is null);
            }
            else if (reader.ValueTextEquals("created_at"u8))
            {
                createdAt = ReadSecondsOnce(ref reader, isFirst: createdAt is null);
            }
            else
            {
                reader.Skip();
            }
        }

        return new PendingLink(
            name,
            user ?? throw new WrongShapeException("user is missing"),
            Required(createdAt, "created_at"),
            account
        );
    }

    internal static WrongTries ReadWrongTries(string name, ref Utf8JsonReader reader)
    {
        List<DateTimeOffset>? at = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!reader.ValueTextEquals("wrong_at"u8))
            {
                reader.Skip();
                continue;
            }

            CheckFirst(at is null);
            at = [];
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                throw new WrongShapeException("wrong_at is not a list");
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                at.Add(Seconds(ref reader));
            }
        }

        return new WrongTries(name, at ?? throw new WrongShapeException("wrong_at is missing"));
    }

    /// <summary>A time in seconds since 1970, exact to the tick, so ten minutes are exactly ten minutes.</summary>
    internal static string SecondsJson(DateTimeOffset time) =>
        ((time - DateTimeOffset.UnixEpoch).Ticks / (decimal)TimeSpan.TicksPerSecond).ToString(
            "0.0######",
            CultureInfo.InvariantCulture
        );

    /// <summary>A time as text, in whole seconds, UTC.</summary>
    internal static string TimeJson(DateTimeOffset time) =>
        $"\"{time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}\"";

    /// <summary>A chat's id.</summary>
    internal static string ChatJson(ChatId chat) => chat.Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>An account's id; null removes the member if the id is unknown.</summary>
    internal static string? AccountJson(AccountId? account) =>
        account is { } known ? known.Uid?.ToString(CultureInfo.InvariantCulture) ?? "null" : null;

    /// <summary>The same time in whole seconds.</summary>
    internal static DateTimeOffset WholeSeconds(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    private static DeadLink? ReadDead(ref Utf8JsonReader reader, bool isFirst)
    {
        CheckFirst(isFirst);
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new WrongShapeException("dead is not an object");
        }

        string? reason = null;
        DateTimeOffset? since = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("reason"u8))
            {
                CheckFirst(reason is null);
                reader.Read();
                reason =
                    reader.TokenType == JsonTokenType.String
                        ? reader.GetString()
                        : throw new WrongShapeException("reason is not a text");
            }
            else if (reader.ValueTextEquals("since"u8))
            {
                since = ReadTime(ref reader, isFirst: since is null);
            }
            else
            {
                reader.Skip();
            }
        }

        return new DeadLink(
            DeadLinkReasons.Read(reason ?? throw new WrongShapeException("reason is missing")),
            Required(since, "since")
        );
    }

    private static ChatId ReadChat(ref Utf8JsonReader reader, bool isFirst)
    {
        CheckFirst(isFirst);
        reader.Read();
        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var id) && id != 0
            ? new ChatId(id)
            : throw new WrongShapeException("chat_id is not a whole number other than 0");
    }

    private static AccountId ReadAccount(ref Utf8JsonReader reader, bool isFirst)
    {
        CheckFirst(isFirst);
        reader.Read();
        return reader.TokenType == JsonTokenType.Null ? AccountId.None
            : reader.TokenType == JsonTokenType.Number && reader.TryGetUInt32(out var uid) ? new AccountId(uid)
            : throw new WrongShapeException($"{AccountMember} is not a user id, nor null");
    }

    /// <summary>An invalid time zone counts as none: times in another zone are better than no chat.</summary>
    private static TimeZoneName? ReadTimeZone(ref Utf8JsonReader reader, bool isFirst)
    {
        CheckFirst(isFirst);
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            return TimeZoneName.TryParse(reader.GetString(), out var name) ? name : null;
        }

        reader.Skip();
        return null;
    }

    private static DateTimeOffset ReadTime(ref Utf8JsonReader reader, bool isFirst)
    {
        CheckFirst(isFirst);
        reader.Read();
        return
            reader.TokenType == JsonTokenType.String
            && DateTimeOffset.TryParse(
                reader.GetString(),
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out var time
            )
            ? WholeSeconds(time)
            : throw new WrongShapeException("a time that is not like 2026-01-30T19:20:00Z");
    }

    private static DateTimeOffset ReadSecondsOnce(ref Utf8JsonReader reader, bool isFirst)
    {
        CheckFirst(isFirst);
        reader.Read();
        return Seconds(ref reader);
    }

    private static DateTimeOffset Seconds(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number
        && reader.TryGetDecimal(out var seconds)
        && seconds is >= 0 and < 253_402_300_800m
            ? DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond))
            : throw new WrongShapeException("a time that is not seconds since 1970");

    private static void CheckFirst(bool isFirst)
    {
        if (!isFirst)
        {
            throw new WrongShapeException("the same member a second time");
        }
    }

    private static T Required<T>(T? value, string name)
        where T : struct => value ?? throw new WrongShapeException($"{name} is missing");
}
