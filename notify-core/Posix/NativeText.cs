using System.Runtime.InteropServices;
using System.Text;

namespace Notify.Posix;

/// <summary>Strings and lists of strings in the shape that C wants, freed together.</summary>
internal sealed unsafe class NativeText : IDisposable
{
    private readonly List<nint> _blocks = [];

    internal byte* Add(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        var block = (byte*)Allocate(length + 1);
        Encoding.UTF8.GetBytes(text, new Span<byte>(block, length));
        block[length] = 0;
        return block;
    }

    internal byte** AddAll(IEnumerable<string> texts)
    {
        var pointers = texts.Select(text => (nint)Add(text)).ToList();
        var list = (byte**)Allocate((pointers.Count + 1) * sizeof(nint));
        for (var i = 0; i < pointers.Count; i++)
        {
            list[i] = (byte*)pointers[i];
        }

        list[pointers.Count] = null;
        return list;
    }

    public void Dispose() => _blocks.ForEach(block => NativeMemory.Free((void*)block));

    private void* Allocate(int size)
    {
        var block = NativeMemory.Alloc((nuint)size);
        _blocks.Add((nint)block);
        return block;
    }
}
