using System.Text;
using Notify.Contracts;
using Notify.Posix;
using Notify.Quiet;
using Notify.Retry;
using Notify.Sending;

namespace Notify.Command;

/// <summary>Sends notifications, and says on stderr what the caller has to know.</summary>
/// <param name="bot">The bot.</param>
/// <param name="time">For pauses.</param>
/// <param name="say">Writes a sentence to stderr.</param>
internal sealed class Messenger(SendApiClient bot, TimeProvider time, Action<string> say)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    /// <summary>Sends one.</summary>
    /// <returns>The exit status.</returns>
    internal int Send(CallerNotification notification, bool printsAnswer)
    {
        var (status, sentence) = Try(notification, printsAnswer);
        if (sentence is not null)
        {
            say(sentence);
        }

        return status;
    }

    /// <summary>Sends one, and tries again for a time while the bot is away: nobody is there to do that.</summary>
    internal int SendPatiently(CallerNotification notification, TimeSpan timeout, CancellationToken cancellation)
    {
        var backoff = new Backoff(FirstPause, MaxPause);
        var began = time.GetTimestamp();
        while (true)
        {
            var (status, sentence) = Try(notification, printsAnswer: false);
            if (status is not (ExitStatus.NoBot or ExitStatus.TryAgain) || time.GetElapsedTime(began) > timeout)
            {
                if (sentence is not null)
                {
                    say(sentence);
                }

                return status;
            }

            try
            {
                Pause.For(backoff.Next(), time, cancellation);
            }
            catch (OperationCanceledException)
            {
                say(sentence ?? "");
                return status;
            }
        }
    }

    private (int Status, string? Sentence) Try(CallerNotification notification, bool printsAnswer)
    {
        try
        {
            var answer = bot.Send(notification, CancellationToken.None);
            if (printsAnswer && !answer.Body.IsEmpty)
            {
                StandardStream.Write(StandardStream.Output, Encoding.UTF8.GetString(answer.Body.Span) + "\n");
            }

            return (ExitStatus.OfAnswer(answer.Status), answer.IsOk ? Note(answer) : answer.Error);
        }
        catch (BotUnreachableException e) when (e.MayHaveArrived)
        {
            return (
                ExitStatus.TryAgain,
                $"{e.Message} It may have arrived. To send it again and not twice, add: --key {notification.Key.Name}"
            );
        }
        catch (BotUnreachableException e)
        {
            return (e.IsForbidden ? ExitStatus.NotAllowed : ExitStatus.NoBot, e.Message);
        }
        catch (UploadChangedException e)
        {
            return (ExitStatus.RefusedInput, e.Message);
        }
    }

    /// <summary>What is odd about an accepted one; null for nothing.</summary>
    private string? Note(SendApiAnswer answer)
    {
        if (answer.Read(SendContract.Json.SentAnswer) is not { } sent)
        {
            return null;
        }

        return sent.Repeated == true ? "The bot had this key already, so nothing new was sent."
            : sent.HeldUntil is { } end
                ? $"It is {HeldWords.Held(end, time.GetUtcNow(), LocalClock.OffsetAt)}. --urgent passes them."
            : sent.MutedUntil is { } until
                ? $"You have muted it{(until - time.GetUtcNow() > TimeSpan.FromDays(400) ? "" : $" until {WireJson.Time(until)}")}, so it stays in the history. /unmute in the chat ends that."
            : null;
    }
}
