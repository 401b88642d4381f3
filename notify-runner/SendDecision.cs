using Notify.Scripts;
using Notify.Sending;

namespace Notify.Runner;

/// <summary>What is to happen with what a script said. Made in one place: for a round, which does it, and for <c>--dry-run</c>, which shows it.</summary>
internal abstract record SendDecision
{
    /// <summary>Longest time for which the bot keeps a key (its history's).</summary>
    private static readonly TimeSpan LongestKey = TimeSpan.FromDays(30);

    /// <summary>What a key means without a lifetime of its own.</summary>
    private static readonly TimeSpan UsualKey = TimeSpan.FromHours(24);

    private SendDecision() { }

    /// <summary>The script has nothing to say.</summary>
    internal sealed record NoAlert : SendDecision;

    /// <summary>The cooldown holds it back.</summary>
    /// <param name="Until">Until when.</param>
    internal sealed record Held(DateTimeOffset Until) : SendDecision;

    /// <summary>It is sent.</summary>
    /// <param name="Notification">What goes to the bot.</param>
    internal sealed record Send(Notification Notification) : SendDecision;

    /// <summary>Decides.</summary>
    /// <param name="script">Which script said it.</param>
    /// <param name="finished">What it said.</param>
    /// <param name="before">Its state before the run.</param>
    /// <param name="start">The start of the run.</param>
    /// <param name="notNoted">Asks why the sending can't be noted, as a sentence; null where it can. Asked only where something is to be sent.</param>
    internal static SendDecision Of(
        ScriptName script,
        ScriptRun.Finished finished,
        ScriptState before,
        DateTimeOffset start,
        Func<string?> notNoted
    )
    {
        var result = finished.Result;
        if (!result.Notify)
        {
            return new NoAlert();
        }

        if (before.HeldUntil(result.Cooldown, start) is { } until)
        {
            return new Held(until);
        }

        var notification = new Notification(script, result.Title, finished.Message, result.Data, finished.Chart);
        return new Send(
            notNoted() is not { } trouble
                ? notification
                : notification with
                {
                    // Without a note each round would say it again; the bot, which can still remember, takes it once in each span of the cooldown.
                    Key = result.Cooldown.SpanOf(start, before.LastSent) is { } span
                        ? KeyOf(
                            script,
                            $"{result.Cooldown.Length.Ticks:x}-{before.LastSent?.ToUnixTimeSeconds() ?? 0:x}-{span}",
                            result.Cooldown.Length
                        )
                        : null,
                    Message = ScriptRun.Finished.WithLine(notification.Message, NotNotedLine(trouble)),
                }
        );
    }

    /// <summary>A key for a notice about a script that can't be noted: once a day.</summary>
    internal static RepeatKey NoticeKey(ScriptName script, FailureNews news, ScriptState before) =>
        KeyOf(script, $"{news}-{before.FailingSince?.ToUnixTimeSeconds() ?? 0:x}", UsualKey);

    /// <summary>A key for a notice of unknown fields that can't be noted: once a day.</summary>
    internal static RepeatKey FieldsKey(ScriptName script) => KeyOf(script, "fields", UsualKey);

    /// <summary>The line that says what must be fixed, in Markdown: as code, since a path is full of markers.</summary>
    private static string NotNotedLine(string trouble) =>
        $"⚠️ The cooldown of this alert can't be noted, and its script's state is out of date:\n`{trouble.Replace('`', '\'')}`";

    private static RepeatKey KeyOf(ScriptName script, string what, TimeSpan lifetime) =>
        new(
            $"runner-{what}-{Digest(script.Value):x16}",
            lifetime <= UsualKey ? null
                : lifetime < LongestKey ? lifetime
                : LongestKey
        );

    /// <summary>FNV-1a: a name can be longer than a key, and SHA-256 would load OpenSSL for it. A user's own scripts have no reason to collide.</summary>
    private static ulong Digest(string name)
    {
        var digest = 14695981039346656037UL;
        foreach (var c in name)
        {
            digest = unchecked((digest ^ c) * 1099511628211UL);
        }

        return digest;
    }
}
