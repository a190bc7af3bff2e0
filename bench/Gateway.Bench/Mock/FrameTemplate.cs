using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;

namespace Gateway.Bench.Mock;

/// <summary>
/// Bytes written once into native memory, so that the kernel can be handed them as they are; only ids and the time stamp are patched in place.
/// For one thread: the bytes are valid until the next call.
/// </summary>
internal sealed unsafe class FrameTemplate
{
    private readonly byte* _bytes;
    private readonly int _length;
    private readonly List<int> _ids = [];
    private readonly int _stamp;

    /// <param name="text">ASCII.</param>
    /// <param name="idMark">Stands before every place of the id.</param>
    public FrameTemplate(string text, string idMark)
    {
        _length = text.Length;
        _bytes = (byte*)NativeMemory.Alloc((nuint)_length);
        Encoding.ASCII.GetBytes(text, new Span<byte>(_bytes, _length));
        for (var at = text.IndexOf(idMark, StringComparison.Ordinal); at >= 0; at = text.IndexOf(idMark, at + 1, StringComparison.Ordinal))
        {
            _ids.Add(at + idMark.Length);
        }

        _stamp = text.IndexOf(MockFrames.StampMark, StringComparison.Ordinal) + 1;
    }

    public ReadOnlySpan<byte> With(long id, long stamp)
    {
        foreach (var at in _ids)
        {
            Utf8Formatter.TryFormat(id, new Span<byte>(_bytes + at, MockFrames.IdDigits), out _, new('D', MockFrames.IdDigits));
        }

        if (_stamp > 0)
        {
            Utf8Formatter.TryFormat(stamp, new Span<byte>(_bytes + _stamp, MockFrames.StampDigits), out _, new('D', MockFrames.StampDigits));
        }

        return new ReadOnlySpan<byte>(_bytes, _length);
    }
}
