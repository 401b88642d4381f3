using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Notify.Files;
using Notify.Posix;

namespace Notify.Web.State;

/// <summary>The keys of sessions, each in a durable file of mode 0600. The framework's own key folder has neither.</summary>
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
            FileModes.OwnerFile
        );
    }
}
