using System.Text;
using Notify.Text;

namespace Notify.Files;

/// <summary>The name of a file that somebody sends, made fit for a phone, a page and a download.</summary>
public static class AttachmentName
{
    /// <summary>Most UTF-16 units before the last dot: Telegram cuts there too.</summary>
    private const int MaxStemLength = 64;

    /// <summary>Most UTF-16 units of the extension without its dot; the same.</summary>
    private const int MaxExtensionLength = 16;

    /// <summary>The last part of a path without characters that a file system, a header or a page reads as something else; <c>file</c> if nothing is left.</summary>
    public static string Clean(string? name)
    {
        var last = (name ?? "").AsSpan();
        last = last[(last.LastIndexOfAny('/', '\\') + 1)..];
        var kept = new StringBuilder(last.Length);
        foreach (var rune in last.ToString().EnumerateRunes())
        {
            if (
                !SafeText.IsHidden(rune)
                && rune.Value is not ('<' or '>' or ':' or '"' or '|' or '?' or '*' or '`' or 0xFFFD)
            )
            {
                kept.Append(rune.ToString());
            }
        }

        var clean = kept.ToString().Trim(' ', '.');
        var dot = clean.LastIndexOf('.');
        var (stem, extension) = dot > 0 ? (clean[..dot], clean[(dot + 1)..]) : (clean, "");
        stem = Start(stem, MaxStemLength).TrimEnd(' ', '.');
        extension = Start(extension, MaxExtensionLength);
        return stem.Length == 0 ? "file"
            : extension.Length == 0 ? stem
            : $"{stem}.{extension}";
    }

    private static string Start(string text, int length) =>
        text.Length <= length ? text
        : char.IsHighSurrogate(text[length - 1]) ? text[..(length - 1)]
        : text[..length];
}
