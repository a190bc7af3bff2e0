using System.Runtime.InteropServices;

namespace Gateway.Bench.Mock;

/// <summary>One connection of the mock: its unread input, the stream under way, and output that the kernel did not take yet.</summary>
internal sealed unsafe class MockConnection(int fd, int key) : IDisposable
{
    public const int InputCapacity = 64 * 1024;
    private const int OutputCapacity = 4096;

    private byte* _output;
    private int _outputOffset;
    private int _outputLength;

    public int Fd { get; } = fd;

    public int Key { get; } = key;

    public byte* Input { get; } = (byte*)NativeMemory.Alloc(InputCapacity);

    public int InputLength { get; set; }

    public bool Closed { get; private set; }

    public bool Streaming { get; set; }

    public long AnswerId { get; set; }

    /// <summary>What the answer under way is made of.</summary>
    public MockFrames? Frames { get; set; }

    public int Tokens { get; set; }

    public int TokensSent { get; set; }

    public long GapNanoseconds { get; set; }

    /// <summary>When the next token is due.</summary>
    public long Due { get; set; }

    public bool Blocked => _outputLength > 0;

    public ReadOnlySpan<byte> Output => new(_output + _outputOffset, _outputLength);

    /// <summary>Keeps what the kernel did not take; the event loop sends it when there is room.</summary>
    public void Hold(ReadOnlySpan<byte> rest)
    {
        if (_output == null)
        {
            _output = (byte*)NativeMemory.Alloc(OutputCapacity);
        }

        rest.CopyTo(new Span<byte>(_output, OutputCapacity));
        _outputOffset = 0;
        _outputLength = rest.Length;
    }

    public void Release(int bytes)
    {
        _outputOffset += bytes;
        _outputLength -= bytes;
    }

    public void Consume(int bytes)
    {
        InputLength -= bytes;
        if (InputLength > 0)
        {
            new ReadOnlySpan<byte>(Input + bytes, InputLength).CopyTo(new Span<byte>(Input, InputCapacity));
        }
    }

    public void Dispose()
    {
        if (!Closed)
        {
            Closed = true;
            Sockets.Native.Close(Fd);
            NativeMemory.Free(Input);
            NativeMemory.Free(_output);
        }
    }
}
