using System.Buffers;
using System.Text.Json;

namespace Gateway.Core.Requests;

/// <summary>
/// One pass over one body of any client protocol. Their names for tools, pictures, schemas and reasoning are all different, so one table
/// serves them all. Pictures count only where content stands: what a tool is called with may look like anything.
/// </summary>
/// <remarks>Depths as the reader counts them: members of the body are at 1, of a message at 3, of a part of its content at 5, of a part of a tool's result at 7.</remarks>
internal ref partial struct NeedsScan(ReadOnlySpan<byte> body)
{
    private const int BodyDepth = 1;
    private const int OptionDepth = 2;

    /// <summary>So many bytes of a text, and none that base64 has not: it is a payload.</summary>
    private const int PayloadBytes = 512;

    private const int LongestDataHead = 128;

    // With the backslash that some JSON writers put before a slash.
    private static readonly SearchValues<byte> Base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-\\"u8);

    private Utf8JsonReader _reader = new(body, new JsonReaderOptions { MaxDepth = RequestFactsReader.MaxDepth });
    private Place _top;
    private Place _option;

    // Depth of the members of the picture or file under the reader; 0 for none.
    private int _inlineDepth;

    // Whether the part under the reader holds parts itself: the result of a tool.
    private bool _nested;
    private int _textBytes;
    private int _pictures;
    private int _smallPictures;
    private bool _reasoningOff;
    private bool _reasoning;

    public ModelCapabilities Capabilities { get; private set; }

    public readonly long Tokens => (_textBytes / RequestNeeds.BytesPerToken) + ((_pictures - (long)Small) * RequestNeeds.TokensPerPicture) + ((long)Small * RequestNeeds.TokensPerSmallPicture);

    private readonly int Small => Math.Min(_smallPictures, _pictures);

    public void Run()
    {
        while (_reader.Read())
        {
            switch (_reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    ReadName();
                    break;
                case JsonTokenType.String:
                    AddText(_reader.ValueSpan);
                    break;
                case JsonTokenType.Number:
                    // In lists of token ids each is one.
                    _textBytes += RequestNeeds.BytesPerToken;
                    break;
                case JsonTokenType.EndObject when _reader.CurrentDepth < _inlineDepth:
                    _inlineDepth = 0;
                    break;
                default:
                    break;
            }
        }

        if (_pictures > 0)
        {
            Capabilities |= ModelCapabilities.Vision;
        }

        if (_reasoning && !_reasoningOff)
        {
            Capabilities |= ModelCapabilities.Reasoning;
        }
    }

    /// <summary>Reads a member whose value decides something; of all others only the name, and the loop goes on with their values.</summary>
    private void ReadName()
    {
        _textBytes += _reader.ValueSpan.Length;
        switch (_reader.CurrentDepth)
        {
            case BodyDepth:
                _top = TopOf(ref _reader);
                _option = Place.Other;
                ReadTop();
                break;
            case OptionDepth:
                ReadOption();
                break;
            case var depth when _top == Place.Content:
                ReadContent(depth);
                break;
            case var depth when _top is Place.FormatHolder or Place.GenerationConfig:
                ReadInnerOption(depth);
                break;
            default:
                break;
        }
    }

    private void ReadTop()
    {
        if (_top is Place.Other or Place.Content or Place.GenerationConfig or Place.FormatHolder)
        {
            return;
        }

        ReadValue();
        switch (_top)
        {
            case Place.Tools when _reader.TokenType == JsonTokenType.StartArray:
                if (IsFilled())
                {
                    Capabilities |= ModelCapabilities.Tools;
                }

                break;
            case Place.Images when _reader.TokenType == JsonTokenType.StartArray:
                CountImages();
                break;
            case Place.Schema when _reader.TokenType == JsonTokenType.StartObject:
                Capabilities |= ModelCapabilities.JsonSchema;
                break;
            case Place.Reasoning:
                ReadReasoning();
                break;
            default:
                break;
        }
    }

    private void ReadOption()
    {
        switch (_top)
        {
            case Place.Format when _reader.ValueTextEquals("type"u8):
                ReadSchemaType();
                break;
            case Place.FormatHolder:
                // Beside it, output_config.effort says how hard to think where thinking is on: by itself it asks for none.
                _option = _reader.ValueTextEquals("format"u8) ? Place.Format : Place.Other;
                break;
            case Place.Reasoning:
                ReadReasoningMember();
                break;
            case Place.GenerationConfig:
                _option = OptionOf(ref _reader);
                if (_option == Place.Schema)
                {
                    ReadValue();
                    Capabilities |= _reader.TokenType == JsonTokenType.Null ? ModelCapabilities.None : ModelCapabilities.JsonSchema;
                }

                break;
            case Place.Content:
                // Contents may be one object instead of a list: everything in it is one level up.
                ReadContent(OptionDepth);
                break;
            default:
                break;
        }
    }

    /// <summary>Members of <c>text.format</c>, <c>output_config.format</c> and <c>generationConfig.thinkingConfig</c>.</summary>
    private void ReadInnerOption(int depth)
    {
        if (depth != OptionDepth + 1)
        {
            return;
        }

        if (_option == Place.Format && _reader.ValueTextEquals("type"u8))
        {
            ReadSchemaType();
        }
        else if (_option == Place.Reasoning)
        {
            ReadReasoningMember();
        }
    }

    private void ReadSchemaType()
    {
        ReadValue();
        if (_reader.TokenType == JsonTokenType.String && _reader.ValueTextEquals("json_schema"u8))
        {
            Capabilities |= ModelCapabilities.JsonSchema;
        }
    }

    /// <summary>A word (<c>reasoning_effort</c>), a switch (<c>think</c>) or an object whose members decide.</summary>
    private void ReadReasoning()
    {
        switch (_reader.TokenType)
        {
            case JsonTokenType.True:
                _reasoning = true;
                break;
            case JsonTokenType.String:
                _reasoning |= !_reader.ValueTextEquals("none"u8) && !_reader.ValueTextEquals("false"u8);
                break;
            default:
                break;
        }
    }

    /// <summary>The words of OpenAI, OpenRouter, Anthropic and Gemini. What switches it off goes before what says how much.</summary>
    private void ReadReasoningMember()
    {
        var isBudget = _reader.ValueTextEquals("thinkingBudget"u8) || _reader.ValueTextEquals("thinking_budget"u8);
        var isKnown = isBudget || _reader.ValueTextEquals("type"u8) || _reader.ValueTextEquals("effort"u8) || _reader.ValueTextEquals("summary"u8) || _reader.ValueTextEquals("enabled"u8)
            || _reader.ValueTextEquals("max_tokens"u8) || _reader.ValueTextEquals("thinkingLevel"u8) || _reader.ValueTextEquals("thinking_level"u8)
            || _reader.ValueTextEquals("includeThoughts"u8) || _reader.ValueTextEquals("include_thoughts"u8);
        if (!isKnown)
        {
            return;
        }

        var isSwitch = _reader.ValueTextEquals("enabled"u8);
        ReadValue();
        switch (_reader.TokenType)
        {
            case JsonTokenType.True:
                _reasoning = true;
                break;
            case JsonTokenType.False:
                _reasoningOff |= isSwitch;
                break;
            case JsonTokenType.String when _reader.ValueTextEquals("disabled"u8) || _reader.ValueTextEquals("none"u8):
            case JsonTokenType.Number when isBudget && _reader.TryGetInt64(out var budget) && budget == 0:
                _reasoningOff = true;
                break;
            case JsonTokenType.String or JsonTokenType.Number:
                _reasoning = true;
                break;
            default:
                break;
        }
    }

    private void ReadContent(int depth)
    {
        if (_inlineDepth > 0)
        {
            if (depth == _inlineDepth && (_reader.ValueTextEquals("mimeType"u8) || _reader.ValueTextEquals("mime_type"u8)))
            {
                ReadValue();
                _pictures += _reader.TokenType == JsonTokenType.String && _reader.ValueSpan.StartsWith("image/"u8) ? 1 : 0;
            }

            return;
        }

        switch (depth)
        {
            case OptionDepth or 3:
                _option = _reader.ValueTextEquals("content"u8) || _reader.ValueTextEquals("parts"u8) || _reader.ValueTextEquals("output"u8) ? Place.Content
                    : _reader.ValueTextEquals("images"u8) ? Place.Images : Place.Other;
                if (_option == Place.Images)
                {
                    ReadValue();
                    if (_reader.TokenType == JsonTokenType.StartArray)
                    {
                        CountImages();
                    }
                }

                break;
            case 4 or 5 when _option == Place.Content:
                _nested = _reader.ValueTextEquals("content"u8);
                ReadPart();
                break;
            case 7 when _option == Place.Content && _nested:
                ReadPart();
                break;
            case 6 when _option == Place.Content && _reader.ValueTextEquals("detail"u8):
                ReadDetail();
                break;
            default:
                break;
        }
    }

    private void ReadPart()
    {
        if (_reader.ValueTextEquals("type"u8))
        {
            ReadValue();
            if (_reader.TokenType == JsonTokenType.String
                && (_reader.ValueTextEquals("image_url"u8) || _reader.ValueTextEquals("input_image"u8) || _reader.ValueTextEquals("image"u8)))
            {
                _pictures++;
            }
        }
        else if (_reader.ValueTextEquals("detail"u8))
        {
            ReadDetail();
        }
        else if (_reader.ValueTextEquals("inlineData"u8) || _reader.ValueTextEquals("inline_data"u8) || _reader.ValueTextEquals("fileData"u8) || _reader.ValueTextEquals("file_data"u8))
        {
            ReadValue();
            _inlineDepth = _reader.TokenType == JsonTokenType.StartObject ? _reader.CurrentDepth + 1 : 0;
        }
    }

    private void ReadDetail()
    {
        ReadValue();
        _smallPictures += _reader.TokenType == JsonTokenType.String && _reader.ValueTextEquals("low"u8) ? 1 : 0;
    }

    private void CountImages()
    {
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            _pictures++;
            _reader.Skip();
        }
    }

    /// <summary>Goes into a list.</summary>
    private bool IsFilled()
    {
        ReadValue();
        return _reader.TokenType != JsonTokenType.EndArray;
    }

    /// <summary>Goes on to the value of the name under the reader, or into a list.</summary>
    private void ReadValue()
    {
        _reader.Read();
        if (_reader.TokenType == JsonTokenType.String)
        {
            AddText(_reader.ValueSpan);
        }
    }

    private void AddText(ReadOnlySpan<byte> text) => _textBytes += IsPayload(text) ? 0 : text.Length;

    private static bool IsPayload(ReadOnlySpan<byte> text) =>
        (text.Length >= PayloadBytes && !text[..PayloadBytes].ContainsAnyExcept(Base64))
        || (text.StartsWith("data:"u8) && text[..Math.Min(text.Length, LongestDataHead)].IndexOf(";base64,"u8) > 0);
}
