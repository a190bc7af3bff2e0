using System.Buffers.Text;

namespace Gateway.Bench.Mock;

internal enum MockRequestKind
{
    Incomplete,
    Malformed,
    Stats,
    Models,
    Completion,
}

/// <summary>What the mock needs to know of one request. The wishes stand in the prompt (`tokens=64 gap=20000 `): a gateway passes those on.</summary>
internal ref struct MockRequest
{
    public MockRequestKind Kind;
    public int Length;
    public bool Anthropic;
    public bool Stream;
    public int Tokens;
    public long GapMicroseconds;

    public static MockRequest Read(ReadOnlySpan<byte> input)
    {
        var request = new MockRequest();
        var headLength = input.IndexOf("\r\n\r\n"u8) + 4;
        if (headLength < 4)
        {
            return request;
        }

        var head = input[..headLength];
        if (head[0] == (byte)'G')
        {
            request.Kind = head.StartsWith("GET /stats "u8) ? MockRequestKind.Stats : MockRequestKind.Models;
            request.Length = headLength;
            return request;
        }

        var bodyLength = BodyLength(head, input[headLength..]);
        if (bodyLength < 0)
        {
            request.Kind = bodyLength == -1 ? MockRequestKind.Incomplete : MockRequestKind.Malformed;
            return request;
        }

        // A chunked body is searched with its chunk sizes in it: every proxy here sends such a small body in one chunk.
        var body = input.Slice(headLength, bodyLength);
        request.Kind = MockRequestKind.Completion;
        request.Anthropic = head.StartsWith("POST /v1/messages "u8);
        request.Length = headLength + bodyLength;
        request.Stream = body.IndexOf("\"stream\":true"u8) >= 0 || body.IndexOf("\"stream\": true"u8) >= 0;
        request.Tokens = request.Stream ? (int)Number(body, "tokens="u8, 64) : 0;
        request.GapMicroseconds = request.Stream ? Number(body, "gap="u8, 0) : 0;
        return request;
    }

    // The body's length with its chunk framing; -1 while it is not all there, -2 if it cannot be told.
    private static int BodyLength(ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest)
    {
        var lengthAt = IndexOfHeader(head, "\r\ncontent-length:"u8);
        if (lengthAt >= 0)
        {
            return !Utf8Parser.TryParse(head[lengthAt..].TrimStart((byte)' '), out int length, out _) || length < 0 ? -2
                : rest.Length >= length ? length
                : -1;
        }

        if (IndexOfHeader(head, "\r\ntransfer-encoding:"u8) < 0)
        {
            return -2;
        }

        for (var at = 0; ;)
        {
            var line = rest[at..].IndexOf("\r\n"u8);
            if (line < 0)
            {
                return -1;
            }

            if (!Utf8Parser.TryParse(rest.Slice(at, line), out int size, out _, 'x') || size < 0)
            {
                return -2;
            }

            at += line + 2 + size + 2;
            if (at > rest.Length)
            {
                return -1;
            }

            if (size == 0)
            {
                return at;
            }
        }
    }

    // Returns the index behind the colon. Headers differ in case from client to client.
    private static int IndexOfHeader(ReadOnlySpan<byte> head, ReadOnlySpan<byte> lowerCaseName)
    {
        for (var at = 0; ;)
        {
            var next = head[at..].IndexOf("\r\n"u8);
            if (next < 0 || head.Length - at - next < lowerCaseName.Length)
            {
                return -1;
            }

            at += next;
            if (System.Text.Ascii.EqualsIgnoreCase(head.Slice(at, lowerCaseName.Length), lowerCaseName))
            {
                return at + lowerCaseName.Length;
            }

            at += 2;
        }
    }

    private static long Number(ReadOnlySpan<byte> body, ReadOnlySpan<byte> name, long otherwise)
    {
        var at = body.IndexOf(name);
        return at >= 0 && Utf8Parser.TryParse(body[(at + name.Length)..], out long value, out _) && value is >= 0 and <= 60_000_000 ? value : otherwise;
    }
}
