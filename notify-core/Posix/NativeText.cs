using System.Runtime.InteropServices;
using System.Text;

namespace Notify.Posix;

/// <summary>Strings and string lists for C, freed together.</summary>
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

    /// <summary>A string that need not be UTF-8, such as an argument with a file's name.</summary>
    internal byte* Add(byte[] text)
    {
        var block = (byte*)Allocate(text.Length + 1);
        text.CopyTo(new Span<byte>(block, text.Length));
        block[text.Length] = 0;
        return block;
    }

    internal byte** AddAll(IEnumerable<string> texts) => AddAll(texts.Select(text => (nint)Add(text)).ToList());

    internal byte** AddAll(IEnumerable<byte[]> texts) => AddAll(texts.Select(text => (nint)Add(text)).ToList());

    private byte** AddAll(List<nint> pointers)
    {
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
