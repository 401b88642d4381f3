using System.Globalization;
using System.Text;

namespace Notify.Sending;

/// <summary>A body of the kind <c>multipart/form-data</c> (RFC 7578).</summary>
internal sealed class MultipartForm
{
    private readonly List<BodyPart> _parts = [];
    private readonly StringBuilder _text = new();
    private readonly string _boundary = $"notify-{Guid.NewGuid():N}";

    /// <summary>The request's <c>Content-Type</c>.</summary>
    internal string ContentType => $"multipart/form-data; boundary={_boundary}";

    /// <summary>Adds a field; nothing for null.</summary>
    internal void Field(string name, string? value)
    {
        if (value is not null)
        {
            _text.Append(
                CultureInfo.InvariantCulture,
                $"--{_boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
    }

    /// <summary>Adds a file.</summary>
    /// <param name="name">The field.</param>
    /// <param name="fileName">Without quotes and control characters.</param>
    /// <param name="mediaType">Its <c>Content-Type</c>.</param>
    /// <param name="content">Its bytes.</param>
    internal void File(string name, string fileName, string mediaType, BodyPart content)
    {
        _text.Append(
            CultureInfo.InvariantCulture,
            $"--{_boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{fileName}\"\r\nContent-Type: {mediaType}\r\n\r\n"
        );
        Flush();
        _parts.Add(content);
        _text.Append("\r\n");
    }

    /// <summary>All of the body. No field can be added afterwards.</summary>
    internal IReadOnlyList<BodyPart> End()
    {
        _text.Append(CultureInfo.InvariantCulture, $"--{_boundary}--\r\n");
        Flush();
        return _parts;
    }

    private void Flush()
    {
        _parts.Add(new BodyPart(Encoding.UTF8.GetBytes(_text.ToString())));
        _text.Clear();
    }
}
