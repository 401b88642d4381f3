using System.Globalization;
using Notify.Sending;
using Notify.Text;

namespace Notify.Command;

/// <summary>Reads the arguments.</summary>
/// <remarks>
/// Options stand before the text. From its first word on, all is text, whatever it looks like. <c>run</c> as the first word needs <c>--</c>, and <c>done</c> its
/// <c>--pid</c>: "done" alone is what people say most.
/// </remarks>
internal static class CallReader
{
    /// <summary>Longest wait, as the bot has it.</summary>
    private const int MaxWait = 30;

    private const int MaxTail = 1000;

    /// <summary>Reads them.</summary>
    /// <exception cref="UsageException">They are wrong.</exception>
    internal static Call Read(IReadOnlyList<string> arguments) =>
        arguments switch
        {
            ["run", ..] => ReadRun(arguments),
            ["done", var second, ..]
                when second is "--help" or "-h" || second.StartsWith("--pid", StringComparison.Ordinal) => ReadDone(
                arguments
            ),
            _ => ReadSend(arguments),
        };

    private static Call ReadSend(IReadOnlyList<string> arguments)
    {
        var send = new Call.Send();
        List<string> images = [],
            files = [];
        List<LinkButton> buttons = [];
        var notations = new List<Option>();
        var reader = new OptionReader(Options.OfSend, arguments, 0);
        while (reader.Next() is var (option, value))
        {
            if (option == Options.Help)
            {
                return new Call.ShowHelp();
            }

            if (option == Options.Version)
            {
                return new Call.ShowVersion();
            }

            if (Written(option) is { } written)
            {
                notations.Add(option);
                send = send with { Notation = written };
            }
            else if (option == Options.Image)
            {
                images.Add(value);
            }
            else if (option == Options.File)
            {
                files.Add(value);
            }
            else if (option == Options.Button)
            {
                buttons.Add(Button(value));
            }
            else
            {
                send = (Call.Send)Common(With(send, option, value), option, value);
            }
        }

        if (notations.Find(one => one != notations[0]) is { } other)
        {
            throw new UsageException($"--{notations[0].Name} and --{other.Name} exclude each other.");
        }

        var words = arguments.Skip(reader.At).ToList();
        var isStandardInput = words is ["-"] && !reader.IsEnded;
        return send with
        {
            Text = words.Count > 0 && !isStandardInput ? string.Join(' ', words) : null,
            IsStandardInput = isStandardInput,
            Images = images,
            Files = files,
            Buttons = buttons,
        };
    }

    private static Notation? Written(Option option) =>
        option == Options.Pre ? Notation.Block
        : option == Options.Markdown ? Notation.Markdown
        : option == Options.Html ? Notation.Html
        : option == Options.Plain ? Notation.Plain
        : null;

    private static Call.Send With(Call.Send send, Option option, string value) =>
        option == Options.Table && send.Table is not null ? throw new UsageException("--table can stand once.")
        : option == Options.Table ? send with { Table = value }
        : option == Options.Key ? send with { Key = value }
        : option == Options.Wait ? send with { Wait = Wait(value) }
        : option == Options.Json ? send with { Json = true }
        : send;

    private static Call Common(Call call, Option option, string value) =>
        option == Options.Title ? call with { Title = value }
        : option == Options.Silent ? call with { Silent = true }
        : option == Options.Urgent ? call with { Urgent = true }
        : call;

    private static TimeSpan Wait(string value) =>
        decimal.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
        && seconds <= MaxWait
            ? TimeSpan.FromSeconds((double)seconds)
            : throw new UsageException($"--wait takes seconds from 0 to {MaxWait}, not {SafeText.Quoted(value)}.");

    private static LinkButton Button(string value)
    {
        var at = new[] { "=http://", "=https://" }
            .Select(start => value.IndexOf(start, StringComparison.OrdinalIgnoreCase))
            .Where(found => found > 0)
            .DefaultIfEmpty(-1)
            .Min();
        return at > 0
            ? new LinkButton(value[..at], value[(at + 1)..])
            : throw new UsageException(
                $"--button takes a text, = and an address with http:// or https://, not {SafeText.Quoted(value)}. Such as: --button \"Dashboard=https://example.com/orders\""
            );
    }

    private static Call ReadRun(IReadOnlyList<string> arguments)
    {
        var run = new Call.Run();
        var reader = new OptionReader(Options.OfRun, arguments, 1);
        while (reader.Next() is var (option, value))
        {
            if (option == Options.Help)
            {
                return new Call.ShowHelp();
            }

            run = (Call.Run)Common(With(run, option, value), option, value);
        }

        var command = arguments.Skip(reader.At).ToList();
        if (!reader.IsEnded)
        {
            throw new UsageException(
                "-- has to stand before the command: notify run -- make test. To send the word itself: notify -- run"
            );
        }

        if (command.Count == 0 || command[0].Length == 0)
        {
            throw new UsageException("There is no command after --. Such as: notify run -- make test");
        }

        run = run with { Command = command };
        return run;
    }

    private static Call.Run With(Call.Run run, Option option, string value) =>
        option == Options.IfLonger ? run with { IfLonger = Longer(value) }
        : option == Options.OnlyFailure ? run with { OnlyFailure = true }
        : option == Options.Tail ? run with { Tail = Lines(value) }
        : run;

    private static TimeSpan Longer(string value) =>
        Quantity.TryParseSpan(value)
        ?? throw new UsageException(
            $"--if-longer takes a number and s, m, h or d, such as 30s, not {SafeText.Quoted(value)}."
        );

    private static int Lines(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var lines)
        && lines is >= 1 and <= MaxTail
            ? lines
            : throw new UsageException(
                $"--tail takes a number of lines from 1 to {MaxTail}, not {SafeText.Quoted(value)}."
            );

    private static Call ReadDone(IReadOnlyList<string> arguments)
    {
        var done = new Call.Done();
        var reader = new OptionReader(Options.OfDone, arguments, 1);
        while (reader.Next() is var (option, value))
        {
            if (option == Options.Help)
            {
                return new Call.ShowHelp();
            }

            done = option == Options.Pid ? done with { Pid = Pid(value) } : (Call.Done)Common(done, option, value);
        }

        if (reader.At < arguments.Count || done.Pid == 0)
        {
            throw new UsageException(
                "notify done takes --pid NUMBER, and no text. To send these words: notify -- done …"
            );
        }

        return done;
    }

    private static int Pid(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 0
            ? pid
            : throw new UsageException(
                $"--pid takes the number of a process, not {SafeText.Quoted(value)}. \"pgrep -u $USER -l .\" shows yours."
            );
}
