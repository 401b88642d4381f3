using System.Globalization;
using System.Text;
using QRCoder;

namespace Notify.Web.Page;

/// <summary>A QR code as one SVG path, dark on a light ground, with the quiet zone of four modules that readers need.</summary>
/// <param name="Size">Modules per side including the quiet zone: the width and height of the viewBox.</param>
/// <param name="Path">The dark modules.</param>
internal sealed record QrCode(int Size, string Path)
{
    /// <summary>Encodes a text at level M, which tolerates 15 % damage, such as glare on a screen.</summary>
    public static QrCode Of(string text)
    {
        using var data = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);
        var rows = data.ModuleMatrix;
        var path = new StringBuilder();
        for (var y = 0; y < rows.Count; y++)
        {
            for (var x = 0; x < rows.Count; x++)
            {
                var start = x;
                while (x < rows.Count && rows[y][x])
                {
                    x++;
                }

                if (x > start)
                {
                    path.Append(CultureInfo.InvariantCulture, $"M{start} {y}h{x - start}v1h-{x - start}z");
                }
            }
        }

        return new QrCode(rows.Count, path.ToString());
    }
}
