using Notify.Contracts;
using Notify.Scripts;
using Notify.Sending;

namespace Notify.Runner;

/// <summary>The decision about a script's result, made in one place for rounds and <c>--dry-run</c>.</summary>
internal abstract record SendDecision
{
    /// <summary>Longest lifetime of a key, that of the bot's history.</summary>
    private static readonly TimeSpan MaxKeyLifetime = TimeSpan.FromDays(30);

    /// <summary>A key's default lifetime.</summary>
    private static readonly TimeSpan UsualKey = TimeSpan.FromHours(24);

    private SendDecision() { }

    /// <summary>The script has no alert.</summary>
    internal sealed record NoAlert : SendDecision;

    /// <summary>The cooldown is not over.</summary>
    /// <param name="Until">Until when.</param>
    internal sealed record Held(DateTimeOffset Until) : SendDecision;

    /// <summary>Send it.</summary>
    /// <param name="Notification">The notification for the bot, with a key.</param>
    internal sealed record Send(Notification Notification) : SendDecision
    {
        /// <summary>Whether the bot may know the key, from an earlier run that the state does not know to the end.</summary>
        internal bool MayBeRepeat { get; init; }

        /// <summary>Whether the key stands for one period of the cooldown. Then a repeat was sent at some time in this period.</summary>
        internal bool HasCooldownKey { get; init; }
    }

    /// <summary>Decides.</summary>
    /// <param name="script">The script.</param>
    /// <param name="finished">Its result.</param>
    /// <param name="before">Its state before the run.</param>
    /// <param name="start">The start of the run.</param>
    /// <param name="due">The time of its schedule that it ran for. The bot takes one notification for it, whatever the state knows.</param>
    /// <param name="isAgain">Whether this run repeats one whose result may have arrived.</param>
    /// <param name="notNoted">Asks why the state can't be saved with the name of the key, as a sentence; null if it can. Asked only before sending.</param>
    internal static SendDecision Of(
        ScriptName script,
        ScriptRun.Finished finished,
        ScriptState before,
        DateTimeOffset start,
        DateTimeOffset? due,
        bool isAgain,
        Func<string, string?> notNoted
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

        var earlier = DueKey(script, due) ?? UnansweredKey(before, result.Cooldown, start, isAgain);
        var ofCooldown = earlier is null ? CooldownKey(script, result.Cooldown, before, start) : null;

        // A run that could not be saved has perhaps sent it, under this key. Without a state the script is new, or its owner deleted the
        // state to have it sent again.
        var isKnown = before.LastRun is not null || before.LastSent is not null;
        var key = earlier ?? (isKnown ? ofCooldown : null) ?? RepeatKey.Unique();
        var trouble = notNoted(key.Name);
        if (trouble is not null)
        {
            // Each round would send it again. The key makes the bot take it once in each cooldown.
            key = ofCooldown ?? key;
        }

        var notification = Notification.Of(script, finished) with { Key = key };
        return new Send(
            trouble is null
                ? notification
                : notification with
                {
                    Message = ScriptRun.Finished.WithLine(notification.Message, NotNotedLine(trouble)),
                }
        )
        {
            MayBeRepeat = earlier is not null || (trouble is not null && ofCooldown is not null),
            HasCooldownKey = key == ofCooldown,
        };
    }

    /// <summary>A key for a notice about a script without a saved state: once a day.</summary>
    internal static RepeatKey NoticeKey(ScriptName script, FailureNews news, ScriptState before) =>
        KeyOf(script, $"{news}-{before.FailingSince?.ToUnixTimeSeconds() ?? 0:x}", UsualKey);

    /// <summary>A key for a notice about unknown fields without a saved state: once a day.</summary>
    internal static RepeatKey FieldsKey(ScriptName script) => KeyOf(script, "fields", UsualKey);

    /// <summary>A key for a notice about a script's own settings without a saved state: once a day for one fault.</summary>
    internal static RepeatKey SettingsKey(ScriptName script, string problem) =>
        KeyOf(script, $"settings-{Digest(problem):x16}", UsualKey);

    /// <summary>A key for the notice of one time that passed without a run.</summary>
    internal static RepeatKey OverdueKey(ScriptName script, DateTimeOffset due) =>
        KeyOf(script, $"overdue-{due.ToUnixTimeSeconds():x}", UsualKey);

    /// <summary>
    /// The key of a cooldown's period for one saved state; null without a cooldown. A state after a "no" of the bot gives a new one, because
    /// under the same key the bot would only say it again.
    /// </summary>
    private static RepeatKey? CooldownKey(
        ScriptName script,
        Cooldown cooldown,
        ScriptState before,
        DateTimeOffset start
    )
    {
        if (cooldown.SpanOf(start, before.CooldownFrom) is not { } span)
        {
            return null;
        }

        var refused = before is { LastOutcome: ScriptOutcome.NotSent, LastRun: { } run }
            ? $"-{run.ToUnixTimeMilliseconds():x}"
            : "";
        return KeyOf(
            script,
            $"{cooldown.Length.Ticks:x}-{before.CooldownFrom?.ToUnixTimeSeconds() ?? 0:x}-{span}{refused}",
            cooldown.Length
        );
    }

    private static RepeatKey? DueKey(ScriptName script, DateTimeOffset? due) =>
        due is { } time ? KeyOf(script, $"due-{time.ToUnixTimeSeconds():x}", UsualKey) : null;

    /// <summary>The key of an earlier attempt without an answer. The attempt is the same notification while the cooldown lasts, and in a run that repeats it.</summary>
    private static RepeatKey? UnansweredKey(
        ScriptState before,
        Cooldown cooldown,
        DateTimeOffset start,
        bool isAgain
    ) =>
        before.UnansweredKey is { } key
        && cooldown.OverAt(start) - start is var held
        && (isAgain || held >= TimeSpan.FromSeconds(1))
            ? new RepeatKey(key, isAgain && held < UsualKey ? null : LifetimeOf(held))
            : null;

    /// <summary>The line about the fault, in Markdown as code, because a path is full of markers.</summary>
    internal static string NotNotedLine(string trouble) =>
        $"⚠️ The runner can't save this script's state, so its cooldown may not count:\n`{trouble.Replace('`', '\'')}`";

    private static RepeatKey KeyOf(ScriptName script, string what, TimeSpan lifetime) =>
        new($"runner-{what}-{Digest(script.Value):x16}", lifetime <= UsualKey ? null : LifetimeOf(lifetime));

    private static TimeSpan LifetimeOf(TimeSpan span) => span < MaxKeyLifetime ? span : MaxKeyLifetime;

    /// <summary>FNV-1a: a name can be longer than a key, and SHA-256 would load OpenSSL. A user's scripts have no reason to collide.</summary>
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
