using System.Globalization;

namespace Notify.Sandbox.Telegram;

/// <summary>What the bot told the one who pressed a button.</summary>
/// <param name="Text">A line at the top of the chat, up to 200 characters; empty says nothing.</param>
/// <param name="ShowAlert">In a box that must be closed instead.</param>
public sealed record CallbackAnswer(string Text, bool ShowAlert);

/// <summary>Pressed buttons that wait for <c>answerCallbackQuery</c>. Guarded by the world's gate.</summary>
internal sealed class CallbackQueries(TimeProvider time)
{
    // The clock that a phone shows on a pressed button runs out; later answers are refused.
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(15);
    private const int MaxKept = 10_000;

    private readonly Dictionary<string, Pressed> _pressed = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();
    private long _next = 4_382_000_000_000_000_001;

    private sealed record Pressed(long At, TaskCompletionSource<CallbackAnswer> Answer);

    public (string Id, Task<CallbackAnswer> Answer) Add()
    {
        var id = (_next++).ToString(CultureInfo.InvariantCulture);
        var answer = new TaskCompletionSource<CallbackAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pressed.Add(id, new Pressed(time.GetTimestamp(), answer));
        _order.Enqueue(id);
        if (_order.Count > MaxKept)
        {
            _pressed.Remove(_order.Dequeue());
        }

        return (id, answer.Task);
    }

    /// <exception cref="BotApiRefusal">No such query, or pressed too long ago.</exception>
    public void Answer(string id, CallbackAnswer answer)
    {
        if (!_pressed.TryGetValue(id, out var pressed) || time.GetElapsedTime(pressed.At) > AnswerWithin)
        {
            throw BotApiRefusal.BadRequest("query is too old and response timeout expired or query ID is invalid");
        }

        pressed.Answer.TrySetResult(answer);
    }
}
