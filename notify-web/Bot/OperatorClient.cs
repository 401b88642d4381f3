using System.Globalization;
using Notify.Contracts;

namespace Notify.Web.Bot;

/// <summary>Calls the bot for an operator. The bot asks the group database too whether it is one.</summary>
/// <remarks>Every member throws what those of <see cref="BotClient"/> throw.</remarks>
public sealed class OperatorClient(BotClient bot)
{
    /// <summary>The users, by name.</summary>
    /// <param name="by">The operator.</param>
    /// <param name="search">A part of their names; null for all.</param>
    /// <param name="only">A word of <see cref="OperatorQuery"/>; null for all.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<IReadOnlyList<OperatorUserAnswer>> UsersAsync(
        UserName by,
        string? search,
        string? only,
        CancellationToken cancellation
    ) =>
        (
            await bot.AskAsync(
                HttpMethod.Get,
                $"/operator/users?{Of(by)}{Part(OperatorQuery.Search, search)}{Part(OperatorQuery.Only, only)}",
                null,
                BotClient.Timeout,
                OperatorContract.Json.OperatorUsersAnswer,
                cancellation
            )
        ).Users;

    /// <summary>The users with waiting notifications.</summary>
    public async Task<IReadOnlyList<OperatorQueueUserAnswer>> QueueAsync(UserName by, CancellationToken cancellation) =>
        (
            await bot.AskAsync(
                HttpMethod.Get,
                $"/operator/queue?{Of(by)}",
                null,
                BotClient.Timeout,
                OperatorContract.Json.OperatorQueueAnswer,
                cancellation
            )
        ).Users;

    /// <summary>The newest failures.</summary>
    /// <param name="by">The operator.</param>
    /// <param name="since">Only those accepted since then.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<IReadOnlyList<OperatorFailureAnswer>> FailedAsync(
        UserName by,
        DateTimeOffset since,
        int limit,
        CancellationToken cancellation
    ) =>
        (
            await bot.AskAsync(
                HttpMethod.Get,
                $"/operator/failed?{Of(by)}{Part("since", since.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture))}{Part("limit", Number(limit))}",
                null,
                BotClient.Timeout,
                OperatorContract.Json.OperatorFailedAnswer,
                cancellation
            )
        ).Failures;

    /// <summary>The bot's health, and what it has checked.</summary>
    public Task<OperatorHealthAnswer> HealthAsync(UserName by, CancellationToken cancellation) =>
        bot.AskAsync(
            HttpMethod.Get,
            $"/operator/health?{Of(by)}",
            null,
            BotClient.Timeout,
            OperatorContract.Json.OperatorHealthAnswer,
            cancellation
        );

    /// <summary>What operators did, the newest first.</summary>
    /// <param name="by">The operator.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="before">Only those before this number; null for all.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<IReadOnlyList<OperatorActAnswer>> AuditAsync(
        UserName by,
        int limit,
        long? before,
        CancellationToken cancellation
    ) =>
        (
            await bot.AskAsync(
                HttpMethod.Get,
                $"/operator/audit?{Of(by)}{Part("limit", Number(limit))}{Part("before", before is { } number ? Number(number) : null)}",
                null,
                BotClient.Timeout,
                OperatorContract.Json.OperatorAuditAnswer,
                cancellation
            )
        ).Acts;

    /// <summary>Does something for a user. The bot writes it into its audit.</summary>
    /// <returns>What was done, in a sentence.</returns>
    public async Task<string> ActAsync(UserName by, UserName user, OperatorAct act, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(user);
        var whose = act is OperatorAct.Retry or OperatorAct.Drop ? "queue" : "users";
        return (
            await bot.AskAsync(
                HttpMethod.Post,
                $"/operator/{whose}/{Uri.EscapeDataString(user.Value)}/{act.Word()}?{Of(by)}",
                "{}",
                BotClient.ListTimeout,
                OperatorContract.Json.OperatorActedAnswer,
                cancellation
            )
        ).Said;
    }

    private static string Of(UserName by) => $"{OperatorQuery.Operator}={Uri.EscapeDataString(by.Value)}";

    private static string Part(string name, string? value) =>
        string.IsNullOrEmpty(value) ? "" : $"&{name}={Uri.EscapeDataString(value)}";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
