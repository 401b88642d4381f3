using System.Text;
using System.Text.Encodings.Web;
using Notify.Text;

namespace Notify.Web.Page;

/// <summary>Encodes all text of the pages. It removes characters that a browser obeys and does not show, such as those that change the direction of text.</summary>
internal sealed unsafe class SafeHtmlEncoder : HtmlEncoder
{
    public override int MaxOutputCharactersPerInputCharacter => Default.MaxOutputCharactersPerInputCharacter;

    public override string Encode(string value) => Default.Encode(Clean(value));

    public override void Encode(TextWriter output, string value, int startIndex, int characterCount)
    {
        var clean = Clean(value.Substring(startIndex, characterCount));
        Default.Encode(output, clean, 0, clean.Length);
    }

    public override void Encode(TextWriter output, char[] value, int startIndex, int characterCount)
    {
        var clean = Clean(new string(value, startIndex, characterCount));
        Default.Encode(output, clean, 0, clean.Length);
    }

    public override int FindFirstCharacterToEncode(char* text, int textLength) =>
        Default.FindFirstCharacterToEncode(text, textLength);

    /// <summary>For callers that encode piece by piece. The framework takes a character without any output for a fault, so these get a sign that something stood there.</summary>
    public override bool TryEncodeUnicodeScalar(
        int unicodeScalar,
        char* buffer,
        int bufferLength,
        out int numberOfCharactersWritten
    ) =>
        Default.TryEncodeUnicodeScalar(
            IsLeftOut(new Rune(unicodeScalar)) ? Rune.ReplacementChar.Value : unicodeScalar,
            buffer,
            bufferLength,
            out numberOfCharactersWritten
        );

    public override bool WillEncode(int unicodeScalar) => Default.WillEncode(unicodeScalar);

    private static bool IsLeftOut(Rune rune) => rune.Value is not ('\n' or '\r' or '\t') && SafeText.IsObeyed(rune);

    private static string Clean(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsLeftOut(rune))
            {
                return string.Concat(text.EnumerateRunes().Where(each => !IsLeftOut(each)));
            }
        }

        return text;
    }
}
