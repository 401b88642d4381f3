using System.Globalization;
using System.Text;
using Notify.Contracts;
using Notify.Formatting;
using Notify.Sending;

namespace Notify.Command;

/// <summary>Makes the notification of what was given.</summary>
internal static class Composer
{
    /// <summary>Room in a request beside the text, in bytes.</summary>
    private const int Reserve = 20_000;

    /// <summary>Makes it. The caller disposes its files.</summary>
    /// <param name="call">The arguments.</param>
    /// <param name="note">Gets a sentence about what was cut.</param>
    /// <exception cref="InputException">Something can't be sent.</exception>
    /// <exception cref="UsageException">There is nothing to send.</exception>
    internal static CallerNotification Make(Call.Send call, Action<string> note)
    {
        var (text, more) = TextOf(call);
        var (message, mode) = Written(call, text, more, note);
        var photos = new List<UploadFile>();
        var files = new List<UploadFile>();
        try
        {
            photos.AddRange(call.Images.Select(Open));
            files.AddRange(call.Files.Select(Open));
            return new CallerNotification
            {
                Title = call.Title,
                Text = message,
                ParseMode = mode,
                Photos = photos,
                Files = files,
                Table = call.Table is { } path ? CsvTable.ReadFile(path) : null,
                Buttons = call.Buttons,
                Silent = call.Silent,
                Urgent = call.Urgent,
                // A repeat after a lost answer has the same key, so it can't double.
                Key = call.Key is { } key ? new RepeatKey(key) : RepeatKey.Unique(),
                Wait = call.Wait,
            };
        }
        catch
        {
            photos.Concat(files).ToList().ForEach(file => file.Dispose());
            throw;
        }
    }

    /// <summary>A text as a block of code.</summary>
    internal static string Block(string text) => $"<pre>{MarkupEscape.Html(text)}</pre>";

    private static (string? Text, long More) TextOf(Call.Send call)
    {
        if (call.Text is not null)
        {
            return (call.Text, 0);
        }

        // Beside a file, a text from stdin has to be asked for: under cron or ssh a pipe may stand open that nobody writes to.
        if (call.IsStandardInput || (!call.HasMore && StandardInput.IsGiven))
        {
            var input = StandardInput.Read();
            var text = PrintedText.Clean(input.Kept).TrimEnd();
            return text.Length > 0 || call.HasMore || call.Title is not null
                ? (text, input.More)
                : throw new InputException("There is nothing to send: stdin was empty.");
        }

        return call.HasMore || call.Title is not null
            ? (null, 0)
            : throw new UsageException(
                "What should it say? Such as: notify \"The import is done\". \"notify --help\" shows all options."
            );
    }

    private static (string? Message, ParseMode Mode) Written(
        Call.Send call,
        string? text,
        long more,
        Action<string> note
    )
    {
        var mode = call.Notation switch
        {
            Notation.Block or Notation.Html => ParseMode.Html,
            Notation.Markdown => ParseMode.Markdown,
            _ => ParseMode.Plain,
        };
        if (string.IsNullOrEmpty(text))
        {
            return (text, ParseMode.Plain);
        }

        Func<string, string> write = call.Notation switch
        {
            Notation.Block => Block,
            Notation.Markdown => NotificationFit.WholeMarkdown,
            _ => static text => text,
        };
        if (call.Notation == Notation.Html)
        {
            // Delivery reads the markup before it cuts.
            return more == 0 && Encoding.UTF8.GetByteCount(text) <= SendApiLimits.JsonBody - Reserve
                ? (text, mode)
                : throw new InputException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The HTML is longer than {SendApiLimits.JsonBody - Reserve:N0} bytes. Send it as a file: --file"
                    )
                );
        }

        if (more == 0 && !NotificationFit.IsOverTenMessages(call.Title, text))
        {
            return (call.Notation == Notation.Block ? Block(text) : text, mode);
        }

        note("The text is longer than ten messages. They are sent; the last says how much is left out.");
        return (NotificationFit.Cut(call.Title, text, more, mode, write), mode);
    }

    private static UploadFile Open(string path)
    {
        try
        {
            return UploadFile.Open(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"The file can't be sent: {e.Message}.");
        }
    }
}
