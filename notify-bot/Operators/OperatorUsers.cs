using Notify.Bot.Desktops;
using Notify.Bot.Limits;
using Notify.Bot.Outbox;
using Notify.Bot.Rounds;
using Notify.Contracts;
using Notify.Linking;
using Notify.Posix;

namespace Notify.Bot.Operators;

/// <summary>A user in the operators' list.</summary>
/// <param name="Answer">As it is listed.</param>
/// <param name="IsSilent">Whether the rounds have stopped.</param>
internal sealed record ListedUser(OperatorUserAnswer Answer, bool IsSilent);

/// <summary>The list of users: members of the analysts' group, and users with a link, rounds or notifications.</summary>
internal sealed class OperatorUsers(
    IOutbox outbox,
    ILinkStore links,
    RoundStore rounds,
    DesktopDispatch desktops,
    HistoryTurns turns,
    BotSettings settings,
    TimeProvider time
)
{
    /// <summary>The values of <see cref="OperatorQuery.Only"/>, as the end of a sentence.</summary>
    internal const string Kinds =
        $"is none of {OperatorQuery.Unlinked}, {OperatorQuery.Dead}, {OperatorQuery.Silent} and {OperatorQuery.Failing}";

    /// <summary>The operators' turn of reading.</summary>
    internal static readonly object Turn = new();

    /// <summary>Which users a word keeps; null for an unknown word.</summary>
    internal static Func<ListedUser, bool>? Kind(string? only) =>
        only switch
        {
            null or "" => _ => true,
            OperatorQuery.Unlinked => user => user.Answer.LinkedAt is null,
            OperatorQuery.Dead => user => user.Answer.Dead is not null,
            OperatorQuery.Silent => user => user.IsSilent,
            OperatorQuery.Failing => user => user.Answer.Failing.Count > 0,
            _ => null,
        };

    /// <exception cref="StateUnreadableException">The links can't be read, or the name service fails.</exception>
    internal async Task<IReadOnlyList<ListedUser>> ListAsync(CancellationToken cancellation)
    {
        var since = time.GetUtcNow() - OperatorRoutes.Lately;
        var counts = await turns.ReadAsync(Turn, () => outbox.CountUsers(since), cancellation);
        var connected = await desktops.ConnectedAsync(cancellation);
        var known = rounds.All.ToDictionary();
        var members = GroupMembers.Find(settings.AnalystGroup)?.Names ?? new HashSet<string>(StringComparer.Ordinal);
        var all = links.All();
        return
        [
            .. all
                .Keys.Select(user => user.Value)
                .Concat(members)
                .Concat(known.Keys.Select(user => user.Value))
                .Concat(counts.Keys)
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal)
                .Select(name =>
                    UserName.TryParse(name, out var user)
                        ? Listed(
                            user,
                            all.GetValueOrDefault(user),
                            known.GetValueOrDefault(user),
                            counts.GetValueOrDefault(name),
                            connected.GetValueOrDefault(name)
                        )
                        : null
                )
                .OfType<ListedUser>(),
        ];
    }

    private ListedUser Listed(UserName user, Link? stored, UserRounds? reported, UserCounts counts, int connected)
    {
        var link = stored is not null && links.StandingOf(stored) == LinkStanding.Holds ? stored : null;
        return new ListedUser(
            new OperatorUserAnswer(
                user.Value,
                link?.LinkedAt,
                link?.Dead?.Reason,
                link?.Dead?.Since,
                reported?.Last,
                reported?.Scripts ?? 0,
                reported?.Failing ?? [],
                counts.Waiting,
                counts.Held,
                counts.Failed,
                connected
            ),
            reported is not null && rounds.IsSilent(reported)
        );
    }
}
