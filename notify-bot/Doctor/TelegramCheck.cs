using System.Globalization;
using Notify.Bot.Telegram;

namespace Notify.Bot.Doctor;

/// <summary>Whether Telegram answers, knows the token, and has the same time.</summary>
internal sealed class TelegramCheck(BotSettings settings, TimeProvider time, DoctorReport findings)
{
    /// <summary>More than this and "valid for 10 minutes" and cooldowns begin to be wrong for people.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(30);

    public async Task RunAsync(CancellationToken cancellation)
    {
        using var api = new BotApi(settings.ApiUrl, settings.Token, time, settings.Proxy);
        try
        {
            using var limit = new CancellationTokenSource(DoctorCommand.Patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
            var me = await api.GetMeAsync(either.Token);
            findings.Ok("telegram", $"{settings.ApiUrl.Host} answers");
            findings.Ok("token", $"it is @{me.Username}'s");
        }
        catch (BotApiException e) when (e.Failure is BotApiFailure.TokenRefused)
        {
            findings.Ok("telegram", $"{settings.ApiUrl.Host} answers");
            findings.Wrong(
                "token",
                $"Telegram refuses it ({e.Message})",
                $"put the token that @BotFather shows into TELEGRAM_BOT_TOKEN of {DoctorCommand.DefaultFile}, then: systemctl restart notify-bot"
            );
        }
        catch (Exception e)
            when (e is BotApiException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            var said = e is BotApiException ? e.Message : "no answer";
            findings.Wrong(
                "telegram",
                $"{settings.ApiUrl.Host} can't be reached ({said})",
                $"curl -sS -o /dev/null -w '%{{http_code}}\\n' {settings.ApiUrl.GetLeftPart(UriPartial.Authority)}   (then DNS, firewall or proxy, whichever it names)"
            );
            return;
        }

        CheckClock(api);
    }

    private void CheckClock(BotApi api)
    {
        if (api.LastServerTime is not { } times)
        {
            return;
        }

        var off = times.Own - times.Server;
        if (off.Duration() > ClockTolerance)
        {
            findings.Wrong(
                "clock",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"it is {off.Duration().TotalSeconds:0} s {(off > TimeSpan.Zero ? "ahead of" : "behind")} Telegram's"
                ),
                "timedatectl set-ntp true"
            );
        }
        else
        {
            findings.Ok("clock", "agrees with Telegram's");
        }
    }
}
