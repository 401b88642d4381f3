using System.Text;

namespace Notify.Scripts;

/// <summary>Decides whether a crontab line runs the runner without arguments. A line that only mentions its name does not.</summary>
/// <remarks>
/// Splits the command into words like a shell. The runner counts as a command, as the last word of a program that runs another
/// (<c>flock</c>, <c>timeout</c>), and in the text of <c>-c</c>. Nothing is expanded.
/// </remarks>
internal sealed class CrontabCommand
{
    private const string Runner = "notify-runner";

    /// <summary>Deepest nesting of command texts to read.</summary>
    private const int DeepestText = 4;

    /// <summary>Words that may precede a command.</summary>
    private static readonly string[] Keywords =
    [
        "if",
        "then",
        "elif",
        "else",
        "while",
        "until",
        "do",
        "!",
        "{",
        "time",
    ];

    /// <summary>Programs that take another program's name without running it. All others are assumed to run it.</summary>
    private static readonly string[] Mentioners =
    [
        ":",
        "[",
        "[[",
        "cat",
        "chmod",
        "chown",
        "cp",
        "echo",
        "false",
        "grep",
        "head",
        "kill",
        "killall",
        "ln",
        "logger",
        "ls",
        "man",
        "mv",
        "pgrep",
        "pidof",
        "pkill",
        "printf",
        "rm",
        "stat",
        "tail",
        "test",
        "touch",
        "true",
        "type",
        "which",
    ];

    private readonly int _depth;

    /// <summary>The words of the current command.</summary>
    private readonly List<string> _words = [];
    private readonly StringBuilder _word = new();
    private bool _hasWord;
    private bool _isQuoted;
    private bool _isTarget;
    private bool _runsRound;

    private CrontabCommand(int depth) => _depth = depth;

    /// <summary>Checks a crontab line: a time, then the command up to the first unescaped <c>%</c>.</summary>
    internal static bool IsRound(string line)
    {
        var rest = line.AsSpan().Trim();
        for (var fields = rest.StartsWith("@") ? 1 : 5; fields > 0; fields--)
        {
            var end = rest.IndexOfAny(' ', '\t');
            rest = end < 0 ? [] : rest[end..].TrimStart();
        }

        var command = new StringBuilder();
        for (var i = 0; i < rest.Length && rest[i] != '%'; i++)
        {
            var isEscapedPercent = rest[i..].StartsWith("\\%");
            command.Append(isEscapedPercent ? '%' : rest[i]);
            i += isEscapedPercent ? 1 : 0;
        }

        return new CrontabCommand(0).Runs(command.ToString());
    }

    private bool Runs(string command)
    {
        var quote = '\0';
        for (var i = 0; i < command.Length; i++)
        {
            var c = command[i];
            if (c == '\\' && quote != '\'' && i + 1 < command.Length)
            {
                Add(command[++i], quoted: true);
            }
            else if (quote != '\0' || c is '"' or '\'')
            {
                if (quote == '\0' || c == quote)
                {
                    (quote, _hasWord, _isQuoted) = (quote == '\0' ? c : '\0', true, true);
                }
                else
                {
                    Add(c, quoted: true);
                }
            }
            else if (c is '<' or '>' || (c == '&' && command[(i + 1)..].StartsWith('>')))
            {
                if (!_word.ToString().All(char.IsAsciiDigit))
                {
                    EndWord();
                }

                (_hasWord, _isQuoted) = (false, false);
                _word.Clear();
                while (i + 1 < command.Length && command[i + 1] is '<' or '>' or '&' or '|')
                {
                    i++;
                }

                _isTarget = true;
            }
            else if (c is ' ' or '\t')
            {
                EndWord();
            }
            else if (c is ';' or '&' or '|' or '(' or ')' or '`' or '\n')
            {
                EndCommand();
            }
            else if (c == '#' && !_hasWord)
            {
                break;
            }
            else
            {
                Add(c, quoted: false);
            }
        }

        EndCommand();
        return _runsRound;
    }

    private void Add(char c, bool quoted)
    {
        _word.Append(c);
        _hasWord = true;
        _isQuoted |= quoted;
    }

    private void EndWord()
    {
        if (!_hasWord)
        {
            return;
        }

        var word = _word.ToString();
        var isBeforeCommand =
            _words.Count == 0
            && (IsAssignment(word) || (!_isQuoted && Keywords.Contains(word, StringComparer.Ordinal)));
        if (!_isTarget && !isBeforeCommand)
        {
            _words.Add(word);
        }

        _word.Clear();
        (_hasWord, _isQuoted, _isTarget) = (false, false, false);
    }

    private void EndCommand()
    {
        EndWord();
        _isTarget = false;
        _runsRound |=
            _words.Count > 0
            && !Mentioners.Contains(Path.GetFileName(_words[0]), StringComparer.Ordinal)
            && (IsRunner(_words[^1]) || RunsText());
        _words.Clear();
    }

    private bool RunsText()
    {
        var option = _words.FindIndex(word => word is ['-', not '-', ..] && word.EndsWith('c'));
        return option >= 0
            && option + 1 < _words.Count
            && _depth < DeepestText
            && new CrontabCommand(_depth + 1).Runs(_words[option + 1]);
    }

    private static bool IsRunner(string word) =>
        string.Equals(Path.GetFileName(word), Runner, StringComparison.Ordinal);

    private static bool IsAssignment(string word)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && word.Take(equals).All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
    }
}
