using System.Buffers;
using System.Text.Json;
using Gateway.Core.Money;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>
/// A scanner over the bytes of one JSON answer or stream chunk, in pieces of any size. It follows strings and nesting, knows
/// member names in the few places that matter, and copies nothing but the usage object and the model name. A <c>"usage"</c>
/// inside a message is text to it.
/// </summary>
/// <remarks>Not a validator: what is no JSON gives no result, and never an exception.</remarks>
/// <param name="readUsage">Reads a usage object; null for chat's.</param>
internal sealed class OpenAIAnswerReader(OpenAIAnswerReader.UsageReader? readUsage = null) : IAnswerReader
{
    /// <summary>Usage objects seen are below 1 KiB; past this one is not believed.</summary>
    private const int MaxUsageBytes = 16 * 1024;

    private const int MaxTextBytes = 128;
    private const int MaxTrackedDepth = 63;

    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[]:,"u8);

    private readonly UsageReader _readUsage = readUsage ?? OpenAIUsage.TryRead;
    private readonly byte[] _text = new byte[MaxTextBytes];
    private int _textLength;
    private bool _collectsText;

    private int _depth;
    private ulong _objects;    // bit d: the container at depth d is an object
    private bool _started;
    private bool _inString;
    private bool _escaped;
    private bool _expectsName;
    private bool _isName;
    private Member _top;      // current member of the root object
    private Member _inner;    // current member one container further in, where that matters
    private bool _hasChoiceList;
    private int _choices;

    private byte[]? _usage;
    private int _usageLength;
    private int _usageDepth = -1;
    private Source _usageFrom;
    private Source _capturing;

    private enum Member : byte
    {
        Other,
        Usage,
        XGroq,
        Choices,
        Model,
        Tier,
        Error,
        FinishReason,
    }

    /// <summary>Where usage was found; the higher one counts.</summary>
    private enum Source : byte
    {
        None,
        Choice,
        XGroq,
        Root,
    }

    /// <returns>False for what is no usage.</returns>
    public delegate bool UsageReader(ReadOnlySpan<byte> json, out TokenUsage usage);

    public TokenUsage? Usage { get; private set; }

    public ServiceTier Tier { get; private set; }

    public string? Model { get; private set; }

    public bool HasError { get; private set; }

    public bool IsError => HasError && _choices == 0;

    /// <summary>The chunk has a list of choices with nothing in it.</summary>
    public bool HasEmptyChoices => _hasChoiceList && _choices == 0;

    /// <summary>A choice has a finish reason that is not null and not empty.</summary>
    public bool IsFinished { get; private set; }

    public bool IsWhole => _started && _depth == 0 && !_inString;

    /// <summary>Makes the reader ready for the next document.</summary>
    public void Reset()
    {
        Usage = null;
        Tier = ServiceTier.Unsaid;
        Model = null;
        HasError = IsFinished = false;
        _textLength = _depth = _choices = _usageLength = 0;
        _objects = 0;
        _hasChoiceList = _collectsText = _started = _inString = _escaped = _expectsName = _isName = false;
        _top = _inner = Member.Other;
        _usageDepth = -1;
        _usageFrom = _capturing = Source.None;
    }

    public void Append(ReadOnlySpan<byte> piece)
    {
        var captureFrom = _usageDepth >= 0 ? 0 : -1;
        var i = 0;
        while (i < piece.Length)
        {
            if (_inString)
            {
                i = FollowString(piece, i);
                continue;
            }

            var step = piece[i..].IndexOfAny(Structure);
            if (step < 0)
            {
                break;
            }

            i += step;
            switch (piece[i])
            {
                case (byte)'"':
                    BeginString();
                    break;
                case (byte)'{':
                    if (BeginsUsage(out _capturing))
                    {
                        _usageDepth = _depth;
                        _usageLength = 0;
                        captureFrom = i;
                    }

                    Open(isObject: true);
                    break;
                case (byte)'[':
                    Open(isObject: false);
                    break;
                case (byte)'}' or (byte)']':
                    Close();
                    if (_depth == _usageDepth)
                    {
                        Capture(piece[captureFrom..(i + 1)]);
                        EndUsage();
                        captureFrom = -1;
                    }

                    break;
                case (byte)',':
                    _expectsName = InObject;
                    break;
                default:
                    _expectsName = false;
                    break;
            }

            i++;
        }

        if (captureFrom >= 0)
        {
            Capture(piece[captureFrom..]);
        }
    }

    private bool InObject => _depth is > 0 and <= MaxTrackedDepth && (_objects & (1UL << _depth)) != 0;

    private bool InChoice => _depth == 3 && _top == Member.Choices;

    private void Open(bool isObject)
    {
        _started = true;
        if (_depth == 1 && isObject && _top == Member.Error && InObject)
        {
            HasError = true;
        }
        else if (_depth == 1 && !isObject && _top == Member.Choices && InObject)
        {
            _hasChoiceList = true;
        }
        else if (_depth == 2 && _top == Member.Choices && !InObject)
        {
            _choices++;
        }

        _depth++;
        if (_depth <= MaxTrackedDepth)
        {
            _objects = isObject ? _objects | (1UL << _depth) : _objects & ~(1UL << _depth);
        }

        _expectsName = isObject;
    }

    private void Close()
    {
        _depth = Math.Max(0, _depth - 1);
        _expectsName = false;
    }

    private bool BeginsUsage(out Source source)
    {
        source = Source.None;
        if (_usageDepth >= 0 || !InObject)
        {
            return false;
        }

        source = _depth switch
        {
            1 when _top == Member.Usage => Source.Root,
            2 when _top == Member.XGroq && _inner == Member.Usage => Source.XGroq,
            3 when InChoice && _choices == 1 && _inner == Member.Usage => Source.Choice,
            _ => Source.None,
        };
        return source != Source.None && source >= _usageFrom;
    }

    private void Capture(ReadOnlySpan<byte> bytes)
    {
        if (_usageLength + bytes.Length > MaxUsageBytes)
        {
            _usageLength = MaxUsageBytes;
            return;
        }

        if (_usage is null || _usage.Length < _usageLength + bytes.Length)
        {
            Array.Resize(ref _usage, Math.Max(512, (_usageLength + bytes.Length) * 2));
        }

        bytes.CopyTo(_usage.AsSpan(_usageLength));
        _usageLength += bytes.Length;
    }

    private void EndUsage()
    {
        _usageDepth = -1;
        if (_usageLength < MaxUsageBytes && _readUsage(_usage.AsSpan(0, _usageLength), out var usage))
        {
            Usage = usage;
            _usageFrom = _capturing;
        }
    }

    private void BeginString()
    {
        _started = true;
        _inString = true;
        _textLength = 0;
        _isName = _expectsName && InObject;
        _collectsText = _isName ? _depth <= 3 : InObject && ((_depth == 1 && (_top == Member.Tier || (_top == Member.Model && Model is null))) || (InChoice && _inner == Member.FinishReason));
    }

    private int FollowString(ReadOnlySpan<byte> piece, int i)
    {
        if (_escaped)
        {
            _escaped = false;
            Collect(piece.Slice(i, 1));
            return i + 1;
        }

        // An error may be bare text; an empty one is none.
        HasError |= piece[i] != (byte)'"' && _depth == 1 && !_isName && _top == Member.Error && InObject;
        var rest = piece[i..];
        var stop = rest.IndexOfAny((byte)'"', (byte)'\\');
        if (stop < 0)
        {
            Collect(rest);
            return piece.Length;
        }

        Collect(rest[..stop]);
        if (rest[stop] == (byte)'\\')
        {
            _escaped = true;
            Collect("\\"u8);
        }
        else
        {
            _inString = false;
            EndString();
        }

        return i + stop + 1;
    }

    private void Collect(ReadOnlySpan<byte> bytes)
    {
        if (!_collectsText)
        {
            return;
        }

        if (_textLength + bytes.Length > MaxTextBytes)
        {
            // Longer than any name we look for.
            _collectsText = false;
            _textLength = 0;
            return;
        }

        bytes.CopyTo(_text.AsSpan(_textLength));
        _textLength += bytes.Length;
    }

    private void EndString()
    {
        var text = _text.AsSpan(0, _textLength);
        if (_isName)
        {
            var member = _collectsText ? Identify(text) : Member.Other;
            if (_depth == 1)
            {
                _top = member;
            }
            else
            {
                _inner = member;
            }
        }
        else if (_collectsText && _textLength > 0)
        {
            if (_depth == 1 && _top == Member.Tier)
            {
                Tier = ServiceTiers.Read(text);
            }
            else if (_depth == 1)
            {
                Model = Unescape(text);
            }
            else
            {
                IsFinished = true;
            }
        }
    }

    private static Member Identify(ReadOnlySpan<byte> name) => name switch
    {
        _ when name.SequenceEqual("usage"u8) => Member.Usage,
        _ when name.SequenceEqual("choices"u8) => Member.Choices,
        _ when name.SequenceEqual("model"u8) => Member.Model,
        _ when name.SequenceEqual("service_tier"u8) => Member.Tier,
        _ when name.SequenceEqual("error"u8) => Member.Error,
        _ when name.SequenceEqual("finish_reason"u8) => Member.FinishReason,
        _ when name.SequenceEqual("x_groq"u8) => Member.XGroq,
        _ => Member.Other,
    };

    private static string? Unescape(ReadOnlySpan<byte> text)
    {
        Span<byte> quoted = stackalloc byte[MaxTextBytes + 2];
        quoted[0] = (byte)'"';
        text.CopyTo(quoted[1..]);
        quoted[text.Length + 1] = (byte)'"';
        try
        {
            var reader = new Utf8JsonReader(quoted[..(text.Length + 2)]);
            return reader.Read() ? reader.GetString() : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
