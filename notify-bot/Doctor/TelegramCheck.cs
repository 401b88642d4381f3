using System.Globalization;
using Notify.Bot.Checks;
using Notify.Bot.Telegram;

namespace Notify.Bot.Doctor;

/// <summary>Checks that Telegram answers, knows the token, and has the same time.</summary>
internal sealed class TelegramCheck(BotSettings settings, TimeProvider time, CheckReport report)
{
    /// <summary>With a larger difference, "valid for 10 minutes" and cooldowns are visibly wrong.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(30);

    public async Task RunAsync(CancellationToken cancellation)
    {
        using var api = new BotApi(settings.ApiUrl, settings.Token, time, settings.Proxy);
        try
        {
            using var limit = new TimeLimit(DoctorCommand.CheckTimeout, time, cancellation);
            var me = await api.GetMeAsync(limit.Token);
            report.Ok("telegram", $"{settings.ApiUrl.Host} answers");
            report.Ok("token", $"of @{me.Username}");
        }
        catch (BotApiException e) when (e.Failure is BotApiFailure.TokenRefused)
        {
            report.Ok("telegram", $"{settings.ApiUrl.Host} answers");
            report.Wrong(
                "token",
                $"Telegram refuses it ({e.Message})",
                $"put the token that @BotFather shows into TELEGRAM_BOT_TOKEN of {DoctorCommand.DefaultFile}, then: systemctl restart notify-bot"
            );
        }
        catch (Exception e)
            when (e is BotApiException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            var said = e is BotApiException ? e.Message : "no answer";
            report.Wrong(
                "telegram",
                $"{settings.ApiUrl.Host} can't be reached ({said})",
                $"curl -sS -o /dev/null -w '%{{http_code}}\\n' {settings.ApiUrl.GetLeftPart(UriPartial.Authority)}   (then fix DNS, firewall or proxy)"
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
            report.Wrong(
                "clock",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"it is {off.Duration().TotalSeconds:0} s {(off > TimeSpan.Zero ? "ahead of" : "behind")} Telegram's clock"
                ),
                "timedatectl set-ntp true"
            );
        }
        else
        {
            report.Ok("clock", "matches Telegram's");
        }
    }
}
