using System.Text;
using System.Text.Json;

namespace Gateway.Moderation.Content;

/// <summary>
/// Finds the strings of a request body that a model reads, and where they stand; one walk for all protocols, told by a <see cref="Shape"/>.
/// A value of another type than the protocol has is read for the strings in it. A field that comes twice is read twice, so that it
/// does not matter which one counts.
/// </summary>
internal ref struct ContentReader
{
    public const int MaxDepth = 64;

    private readonly ReadOnlySpan<byte> _body;
    private readonly BodyContent _content = new();
    private Utf8JsonReader _reader;

    private ContentReader(ReadOnlySpan<byte> body)
    {
        _body = body;
        _reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
    }

    /// <param name="body">The request as the client sent it.</param>
    /// <param name="shape">The root of its protocol.</param>
    /// <exception cref="JsonException">The body is no JSON object, or says that a file is text and it cannot be read.</exception>
    public static BodyContent Read(ReadOnlySpan<byte> body, Shape shape)
    {
        var walk = new ContentReader(body);
        if (!walk._reader.Read() || walk._reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("The body is not a JSON object.");
        }

        walk.Value(shape, null);

        // Throws when anything but white space follows.
        walk._reader.Read();
        return walk._content;
    }

    /// <summary>The value that the reader stands on; it is left on its end.</summary>
    /// <param name="shape">What the value is.</param>
    /// <param name="text">The text that it is a part of, if any.</param>
    private void Value(Shape shape, ContentGroup? text)
    {
        if (ReferenceEquals(shape, Shape.Nothing))
        {
            _reader.Skip();
            return;
        }

        if (shape.IsOneText)
        {
            text ??= _content.AddGroup();
        }

        switch (_reader.TokenType)
        {
            case JsonTokenType.String:
                String(shape.Strings, text);
                break;
            case JsonTokenType.Number:
                _content.HasTokenIds |= shape.NumbersAreTokens;
                break;
            case JsonTokenType.StartArray:
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
                {
                    Value(shape.Items, text);
                }

                break;
            case JsonTokenType.StartObject when shape.IsFile:
                File(shape);
                break;
            case JsonTokenType.StartObject:
                while (NextMember())
                {
                    if (shape.NamesAreText)
                    {
                        // Not up to what the reader consumed: that may include the colon.
                        Add(_content.AddGroup(), _reader.ValueSpan.Length + 2);
                    }

                    var member = Find(shape);
                    _reader.Read();
                    Value(member, text);
                }

                break;
            default:
                break;
        }
    }

    private void String(StringUse use, ContentGroup? text)
    {
        switch (use)
        {
            case StringUse.Text:
                Add(_content.AddGroup(), _reader.ValueSpan.Length + 2);
                break;
            case StringUse.Part:
                Add(text ?? _content.AddGroup(), _reader.ValueSpan.Length + 2);
                break;
            case StringUse.File:
                AddFile((int)_reader.TokenStartIndex, _reader.ValueSpan.Length + 2, isPlain: false, isText: false);
                break;
            case StringUse.Ignored:
                break;
        }
    }

    /// <summary>An object whose data counts as text or not by what stands beside it, before or after.</summary>
    private void File(Shape shape)
    {
        var data = new List<(int Start, int Length)>();
        var isPlain = false;
        var isText = false;
        while (NextMember())
        {
            var isData = Is("data"u8) || Is("bytes"u8);
            var isKind = Is("type"u8);
            var isMediaType = Is("mimeType"u8) || Is("mime_type"u8) || Is("media_type"u8);
            var member = Find(shape);
            _reader.Read();
            if (_reader.TokenType != JsonTokenType.String || !(isData || isKind || isMediaType))
            {
                Value(member, null);
                continue;
            }

            if (isData)
            {
                data.Add(((int)_reader.TokenStartIndex, _reader.ValueSpan.Length + 2));
            }
            else if (isKind)
            {
                isPlain |= JsonText.Unescape(_reader.ValueSpan) is not ("base64" or "url" or "file");
            }
            else
            {
                isText |= TextFile.IsText(JsonText.Unescape(_reader.ValueSpan));
            }
        }

        foreach (var (start, length) in data)
        {
            AddFile(start, length, isPlain, isText);
        }
    }

    /// <param name="start">Offset of its opening quote.</param>
    /// <param name="length">Bytes with both quotes.</param>
    /// <param name="isPlain">It is text without any encoding.</param>
    /// <param name="isText">It is the base64 of text.</param>
    private readonly void AddFile(int start, int length, bool isPlain, bool isText)
    {
        // Pictures are large; they are not copied to learn what they are.
        if (!isPlain && !isText && !TextFile.MayBeAddress(_body.Slice(start + 1, length - 2)))
        {
            return;
        }

        var segment = Segment(start, length);
        if (TextFile.TryReadAddress(segment.Text, out var prefix, out var text))
        {
            _content.Add(_content.AddGroup(), segment with { Text = text, FilePrefix = prefix });
        }
        else if (isPlain)
        {
            _content.Add(_content.AddGroup(), segment);
        }
        else if (isText)
        {
            _content.Add(_content.AddGroup(), segment with { Text = TextFile.Decode(segment.Text), FilePrefix = "" });
        }
    }

    private readonly void Add(ContentGroup group, int length) => _content.Add(group, Segment((int)_reader.TokenStartIndex, length));

    private readonly ContentSegment Segment(int start, int length) => new(start, length, JsonText.Unescape(_body.Slice(start + 1, length - 2)));

    private readonly Shape Find(Shape shape)
    {
        foreach (var (name, member) in shape.Members)
        {
            if (Is(name))
            {
                return member;
            }
        }

        return shape.Other;
    }

    /// <summary>Whether the member that the reader stands on has this name. The framework's own comparison throws at half a surrogate pair (<c>"\ud800"</c>).</summary>
    private readonly bool Is(ReadOnlySpan<byte> name) => _reader.ValueIsEscaped
        ? _reader.ValueSpan.Length <= name.Length * "\\u0000".Length && Ascii.Equals(name, JsonText.Unescape(_reader.ValueSpan))
        : _reader.ValueTextEquals(name);

    private bool NextMember() => _reader.Read() && _reader.TokenType == JsonTokenType.PropertyName;
}
