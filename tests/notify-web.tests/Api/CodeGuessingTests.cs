using System.Globalization;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using Notify.Linking;
using Notify.Testing;

namespace Notify.Tests.Api;

/// <summary>Guessing codes through the dashboard (case C29): how much of it the limits let through.</summary>
public sealed class CodeGuessingTests(ITestOutputHelper output)
{
    private const int PendingCodes = 1000;
    private const int Guessers = 10;
    private const int Minutes = 10;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ten_users_who_guess_as_fast_as_they_can_get_no_more_tries_than_the_limits_count()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var scene = await WebScene.BeginAsync(time);
        var guessers = new List<WebVisitor>();
        foreach (var i in Enumerable.Range(0, Guessers))
        {
            guessers.Add((await scene.LogInAnalystAsync($"g{i}")).Visitor);
        }

        var pending = new HashSet<string>(StringComparer.Ordinal);
        foreach (var chat in Enumerable.Range(1, PendingCodes))
        {
            pending.Add((await scene.Links.IssueCodeAsync(new ChatId(chat), Cancellation)).Code);
        }

        // Each goes through the codes from a place of its own; what is pending is passed over, for a test that depended on luck would fail once in twenty runs.
        var tries = 0;
        var refused = 0;
        var links = 0;
        var next = Enumerable.Range(0, Guessers).Select(i => i * (1_000_000 / Guessers)).ToArray();
        for (var second = 0; second < Minutes * 60; second += 10)
        {
            await Task.WhenAll(
                guessers.Select(
                    async (guesser, i) =>
                    {
                        foreach (var _ in Enumerable.Range(0, 3))
                        {
                            string code;
                            do
                            {
                                code = next[i]++.ToString("D6", CultureInfo.InvariantCulture);
                            } while (pending.Contains(code));

                            switch ((await TelegramTests.VerifyAsync(guesser, code)).Status)
                            {
                                case HttpStatusCode.BadRequest:
                                    Interlocked.Increment(ref tries);
                                    break;
                                case HttpStatusCode.TooManyRequests:
                                    Interlocked.Increment(ref refused);
                                    break;
                                default:
                                    Interlocked.Increment(ref links);
                                    break;
                            }
                        }
                    }
                )
            );
            time.Advance(TimeSpan.FromSeconds(10));
        }

        var odds = 1 - Math.Pow(1 - (PendingCodes / 1e6), tries);
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{PendingCodes} codes pending, {Guessers} users, {Minutes} minutes: {tries} tries were looked at and {refused} refused unseen. The odds of one lucky hit among them all: {odds:P1}; of one given person's phone: {tries / 1e6:P3}."
            )
        );
        Assert.Equal(0, links);
        Assert.Empty(scene.Links.All());
        // Ten minutes hold two windows' beginnings: five at once, and the first again when ten minutes are over.
        Assert.InRange(tries, JsonLinkStore.MaxWrongTriesOfUser, Guessers * JsonLinkStore.MaxWrongTriesOfUser);
        Assert.Equal(Minutes * 6 * Guessers * 3, tries + refused);
    }
}
