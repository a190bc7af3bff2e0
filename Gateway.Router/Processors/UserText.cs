using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Processors;

/// <summary>What a user said last, and where it stands in the body: in one JSON string, or in several parts with pictures and the like between them.</summary>
internal sealed class UserText
{
    /// <summary>Between parts that become one text.</summary>
    private const char Between = '\n';

    private readonly List<ByteRange> _cuts = [];
    private ByteRange _place;
    private string _text = "";

    public string Text => _text;

    /// <summary>Nothing that could be rewritten.</summary>
    public bool IsEmpty => string.IsNullOrWhiteSpace(_text);

    /// <summary>Adds a text: the first one's place is where a new text will stand, the others will go.</summary>
    /// <param name="text">The text itself.</param>
    /// <param name="token">Its JSON string, quotes included.</param>
    /// <param name="part">The whole part with whatever divides it from the one before; unused for the first text.</param>
    public void Add(string text, ByteRange token, ByteRange part)
    {
        if (_place.Length == 0)
        {
            (_place, _text) = (token, text);
            return;
        }

        _cuts.Add(part);
        _text = _text.Length == 0 ? text : text.Length == 0 ? _text : $"{_text}{Between}{text}";
    }

    /// <summary>The same body with another text. All else stays byte for byte.</summary>
    /// <param name="body">The body that this was found in.</param>
    /// <param name="text">Takes the place of <see cref="Text"/>.</param>
    public RequestBody Replace(ReadOnlySpan<byte> body, string text)
    {
        var written = JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes;
        var buffer = ArrayPool<byte>.Shared.Rent(body.Length + written.Length + 2);
        var length = 0;
        Append(body[.._place.Start], buffer, ref length);
        Append("\""u8, buffer, ref length);
        Append(written, buffer, ref length);
        Append("\""u8, buffer, ref length);
        var read = _place.End;
        foreach (var cut in _cuts)
        {
            Append(body[read..cut.Start], buffer, ref length);
            read = cut.End;
        }

        Append(body[read..], buffer, ref length);
        return new RequestBody(buffer, length);
    }

    private static void Append(ReadOnlySpan<byte> bytes, byte[] buffer, ref int length)
    {
        bytes.CopyTo(buffer.AsSpan(length));
        length += bytes.Length;
    }
}
