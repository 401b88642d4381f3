using System.Buffers.Text;
using System.Security.Cryptography;

namespace Notify.Bot.Delivery;

/// <summary>Names of notifications: random, so that nobody can guess somebody else's.</summary>
internal static class NotificationId
{
    internal static string New()
    {
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random);
        return Base64Url.EncodeToString(random);
    }
}
