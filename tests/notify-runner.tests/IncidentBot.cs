using System.Globalization;
using System.Text.Json;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>
/// What the send API promises about incidents, as little as can be: an answer for <see cref="FakeBot.Answer"/>, what it was asked,
/// and what its user saw.
/// </summary>
/// <param name="now">Its clock.</param>
internal sealed class IncidentBot(Func<DateTimeOffset> now)
{
    private readonly Dictionary<string, string> _answers = new(StringComparer.Ordinal);
    private bool _isEndTold;
    private DateTimeOffset? _since;
    private DateTimeOffset? _endedAt;
    private DateTimeOffset? _toldAt;

    /// <summary>What it was asked, in order: <c>firing TEXT</c>, <c>ok</c>, <c>ok, confirmed</c>, <c>message TEXT</c> for one without incident.</summary>
    internal List<string> Asked { get; } = [];

    /// <summary>What its user saw, in order: <c>message TEXT</c>, <c>edit TEXT</c>, <c>again TEXT</c>, <c>still</c>, <c>edit over</c>, <c>over</c>.</summary>
    internal List<string> Seen { get; } = [];

    /// <summary>The text that an open incident shows; null if none is open.</summary>
    internal string? Open { get; private set; }

    /// <summary>Whether its user has muted the script: nothing is told meanwhile.</summary>
    internal bool IsMuted { get; set; }

    /// <summary>Moves all that it knows into the past.</summary>
    internal void Age(TimeSpan span)
    {
        _since -= span;
        _endedAt -= span;
        _toldAt -= span;
    }

    internal (int Status, string Json) Answer(Sent sent)
    {
        lock (Asked)
        {
            var body = JsonDocument.Parse(sent.Body).RootElement;
            var key = sent["key"]!;
            if (sent["incident"] is null)
            {
                Asked.Add($"message {sent["message"] ?? sent["text"]}");
                Seen.Add($"message {sent["message"] ?? sent["text"]}");
                return (200, """{"ok":true,"status":"delivered","id":"1"}""");
            }

            var isFiring = (sent["state"] ?? "firing") == "firing";
            var isConfirmed = !body.TryGetProperty("confirmed", out var confirmed) || confirmed.GetBoolean();
            Asked.Add(
                isFiring ? $"firing {sent["message"]}"
                : isConfirmed ? "ok, confirmed"
                : "ok"
            );
            if (_answers.TryGetValue(key, out var earlier))
            {
                return (200, earlier);
            }

            if (isFiring)
            {
                Fire(sent["message"]!, TimeSpan.FromSeconds(body.GetProperty("cooldown").GetInt64()));
            }
            else
            {
                End(isConfirmed);
            }

            return (200, _answers[key] = Json());
        }
    }

    private void Fire(string text, TimeSpan cooldown)
    {
        var at = now();
        if (Open is not null)
        {
            if (Open != text)
            {
                Seen.Add($"edit {text}");
            }

            if (cooldown > TimeSpan.Zero && !IsMuted && at - _toldAt >= cooldown)
            {
                Seen.Add("still");
                _toldAt = at;
            }
        }
        else if (_since is not null && at - _endedAt <= cooldown)
        {
            Seen.Add($"again {text}");
        }
        else
        {
            Seen.Add($"message {text}");
            _since = at;
            _toldAt = IsMuted ? null : at;
        }

        Open = text;
        _isEndTold = false;
    }

    private void End(bool isConfirmed)
    {
        if (Open is not null)
        {
            Seen.Add("edit over");
            Open = null;
            _endedAt = now();
        }
        else if (_since is null)
        {
            return;
        }

        if (isConfirmed && !_isEndTold)
        {
            Seen.Add("over");
            _isEndTold = true;
        }
    }

    private string Json()
    {
        var muted = IsMuted ? ""","muted_until":"2999-01-01T00:00:00Z" """ : "";
        var told = _toldAt is { } toldAt ? $",\"told_at\":\"{Time(toldAt)}\"" : "";
        var incident = _since is { } since
            ? $",\"incident\":{{\"id\":\"i1\",\"state\":\"{(Open is null ? "over" : "open")}\",\"since\":\"{Time(since)}\"{told}}}"
            : "";
        return $$"""{"ok":true,"status":"delivered","id":"n1"{{muted}}{{incident}}}""";
    }

    private static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
