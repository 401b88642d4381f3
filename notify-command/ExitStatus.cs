namespace Notify.Command;

/// <summary>Exit statuses, with the numbers of sysexits.h.</summary>
internal static class ExitStatus
{
    /// <summary>The bot has accepted the notification.</summary>
    internal const int Accepted = 0;

    /// <summary>The arguments are wrong (EX_USAGE).</summary>
    internal const int Usage = 64;

    /// <summary>The text, a file or a field can't be sent; a repeat does not help (EX_DATAERR).</summary>
    internal const int RefusedInput = 65;

    /// <summary>The bot is not there (EX_UNAVAILABLE).</summary>
    internal const int NoBot = 69;

    /// <summary>The bot can't take it now, or gave no answer: try again (EX_TEMPFAIL).</summary>
    internal const int TryAgain = 75;

    /// <summary>This user may not send, or nothing reaches them (EX_NOPERM).</summary>
    internal const int NotAllowed = 77;

    /// <summary>A command exists and can't be run; as shells say it.</summary>
    internal const int CantRun = 126;

    /// <summary>There is no such command; as shells say it.</summary>
    internal const int NoCommand = 127;

    /// <summary>Added to the number of the signal that ended a command; as shells say it.</summary>
    internal const int Signalled = 128;

    /// <summary>The status for an answer of the bot.</summary>
    internal static int OfAnswer(int httpStatus) =>
        httpStatus switch
        {
            200 => Accepted,
            // Not allowed; not linked; the chat takes no messages.
            403 or 404 or 410 => NotAllowed,
            408 or 429 or 500 or 503 => TryAgain,
            _ => RefusedInput,
        };
}
