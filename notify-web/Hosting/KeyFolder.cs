using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Notify.Files;

namespace Notify.Web.Hosting;

/// <summary>The keys of sessions, a file each, mode 0600 and durable: the framework's own folder of keys is neither.</summary>
internal sealed class KeyFolder(string folder) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [
            .. Directory
                .EnumerateFiles(folder, "*.xml")
                .Order(StringComparer.Ordinal)
                .Select(path => XElement.Load(path)),
        ];

    public void StoreElement(XElement element, string friendlyName)
    {
        // The name is key-GUID or revocation-GUID.
        var name = string.Concat(friendlyName.Where(c => char.IsAsciiLetterOrDigit(c) || c == '-'));
        AtomicFile.Replace(
            Path.Combine(folder, name + ".xml"),
            System.Text.Encoding.UTF8.GetBytes(element.ToString()),
            UnixFileMode.UserRead | UnixFileMode.UserWrite
        );
    }
}
