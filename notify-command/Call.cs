using Notify.Sending;

namespace Notify.Command;

/// <summary>How a text is written.</summary>
internal enum Notation
{
    /// <summary>Shown as it stands.</summary>
    Plain,

    /// <summary>Shown as it stands, as a block of code.</summary>
    Block,

    /// <summary>Markdown.</summary>
    Markdown,

    /// <summary>Telegram's HTML.</summary>
    Html,
}

/// <summary>What the arguments ask for.</summary>
internal abstract record Call
{
    /// <summary>Whether the phone makes no sound.</summary>
    internal bool Silent { get; init; }

    /// <summary>Whether it passes quiet hours.</summary>
    internal bool Urgent { get; init; }

    /// <summary>The title.</summary>
    internal string? Title { get; init; }

    /// <summary>Send something.</summary>
    internal sealed record Send : Call
    {
        /// <summary>The words; null for none.</summary>
        internal string? Text { get; init; }

        /// <summary>Whether the text is asked for from stdin, by a hyphen.</summary>
        internal bool IsStandardInput { get; init; }

        /// <summary>How the text is written.</summary>
        internal Notation Notation { get; init; }

        /// <summary>Paths of pictures.</summary>
        internal IReadOnlyList<string> Images { get; init; } = [];

        /// <summary>Paths of documents.</summary>
        internal IReadOnlyList<string> Files { get; init; } = [];

        /// <summary>The path of a CSV file.</summary>
        internal string? Table { get; init; }

        /// <summary>Buttons.</summary>
        internal IReadOnlyList<LinkButton> Buttons { get; init; } = [];

        /// <summary>The key; null for a random one.</summary>
        internal string? Key { get; init; }

        /// <summary>How long to wait for the phone.</summary>
        internal TimeSpan Wait { get; init; }

        /// <summary>Whether the bot's answer is printed.</summary>
        internal bool Json { get; init; }

        /// <summary>Whether it has something beside a text.</summary>
        internal bool HasMore => Images.Count + Files.Count > 0 || Table is not null;
    }

    /// <summary>Run a command, and tell how it ended.</summary>
    internal sealed record Run : Call
    {
        /// <summary>The command and its arguments; at least one.</summary>
        internal IReadOnlyList<string> Command { get; init; } = [];

        /// <summary>The shortest time that is told of.</summary>
        internal TimeSpan IfLonger { get; init; }

        /// <summary>Whether only a failure is told.</summary>
        internal bool OnlyFailure { get; init; }

        /// <summary>How many last lines are told; null: the streams stay the terminal's.</summary>
        internal int? Tail { get; init; }
    }

    /// <summary>Tell when a process ends.</summary>
    internal sealed record Done : Call
    {
        /// <summary>Its id.</summary>
        internal int Pid { get; init; }
    }

    /// <summary>Show the help.</summary>
    internal sealed record ShowHelp : Call;

    /// <summary>Show the version.</summary>
    internal sealed record ShowVersion : Call;
}
