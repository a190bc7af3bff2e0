using System.Text.Json;
using Gateway.Core.Errors;

namespace Gateway.Core.Requests;

/// <summary>One pass over one body.</summary>
internal ref struct FactsScan(ReadOnlySpan<byte> body)
{
    private const string ModelRule = "It starts with a letter or digit, has at most 128 characters, and holds only letters, digits and . _ : / -";

    private Utf8JsonReader _reader = new(body, new JsonReaderOptions { MaxDepth = RequestFactsReader.MaxDepth });
    private readonly int _bodyBytes = body.Length;
    private int _seen;
    private string _model = "";
    private ByteRange _modelToken;
    private bool _stream;
    private long _maxTokens = -1;
    private long _maxCompletionTokens = -1;
    private long _candidates = 1;
    private string _user = "";
    private bool _includeUsage;
    private ByteRange _includeUsageToken;
    private ByteRange _streamOptionsToken;
    private int _firstMember;

    public readonly RequestFacts Facts => new()
    {
        Model = _model,
        ModelToken = _modelToken,
        Stream = _stream,
        OutputCap = Math.Max(_maxTokens, _maxCompletionTokens),
        CandidateCount = (int)_candidates,
        User = _user,
        IncludeUsage = _includeUsage,
        IncludeUsageToken = _includeUsageToken,
        StreamOptionsToken = _streamOptionsToken,
        FirstMemberOffset = _firstMember,
        BodyBytes = _bodyBytes,
    };

    /// <returns>Null when the body is good.</returns>
    public GatewayError? Run(LlmOperation operation)
    {
        try
        {
            return ReadBody(operation) ?? CheckWhole(operation);
        }
        catch (JsonException broken)
        {
            // Not the reader's own message: it quotes the body. CurrentDepth of an opening bracket is that of its parent.
            var deep = _reader.CurrentDepth >= RequestFactsReader.MaxDepth - 1 ? $" or nests deeper than {RequestFactsReader.MaxDepth} levels" : "";
            return RequestFactsReader.Invalid($"The body is not valid JSON{deep} at line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}. Send one JSON object.");
        }
        catch (InvalidOperationException)
        {
            // The only strings that the reader cannot turn into text are those with half a surrogate pair.
            return RequestFactsReader.Invalid("A field name or value in the body has an incomplete \\u surrogate pair.");
        }
    }

    private GatewayError? ReadBody(LlmOperation operation)
    {
        _reader.Read();
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            return RequestFactsReader.Invalid("The body must be a JSON object.");
        }

        _firstMember = (int)_reader.BytesConsumed;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            if (NextField(inStreamOptions: false, out var field) is { } wrongName)
            {
                return wrongName;
            }

            if (ReadValue(field, operation) is { } wrongValue)
            {
                return wrongValue;
            }
        }

        // One read past the end: it throws on anything but white space.
        _reader.Read();
        return null;
    }

    /// <summary>Reads a property name and moves to its value.</summary>
    private GatewayError? NextField(bool inStreamOptions, out KnownField field)
    {
        field = KnownFields.Find(ref _reader, inStreamOptions, out var misspelled);
        if (misspelled is not null)
        {
            return RequestFactsReader.Invalid($"The body has a field whose name is a variant of '{misspelled}'. Write it exactly like that, without escapes.", misspelled);
        }

        if (field != KnownField.None)
        {
            // Upstreams disagree on which of two equal names wins.
            var bit = 1 << (int)field;
            if ((_seen & bit) != 0)
            {
                return RequestFactsReader.Invalid($"The field '{KnownFields.NameOf(field)}' appears twice. Send it once.", KnownFields.NameOf(field));
            }

            _seen |= bit;
        }

        _reader.Read();
        return null;
    }

    private GatewayError? ReadValue(KnownField field, LlmOperation operation)
    {
        switch (field)
        {
            case KnownField.Model: return ReadModel();
            case KnownField.Stream: return ReadBool(field, nullable: true, ref _stream);
            case KnownField.MaxTokens: return ReadInteger(field, RequestFactsReader.MaxOutputCap, ref _maxTokens);
            case KnownField.MaxCompletionTokens: return ReadInteger(field, RequestFactsReader.MaxOutputCap, ref _maxCompletionTokens);
            case KnownField.N: return ReadInteger(field, RequestFactsReader.MaxCandidates, ref _candidates);
            case KnownField.User: return ReadUser();
            case KnownField.StreamOptions: return ReadStreamOptions();
            case KnownField.Messages when operation == LlmOperation.ChatCompletions: return ReadFilledArray(field);
            case KnownField.Prompt when operation == LlmOperation.Completions: return ReadPresent(field);
            case KnownField.Input when operation is LlmOperation.Embeddings or LlmOperation.Moderations: return ReadPresent(field);
            default:
                _reader.Skip();
                return null;
        }
    }

    private GatewayError? ReadModel()
    {
        if (_reader.TokenType != JsonTokenType.String)
        {
            return RequestFactsReader.Invalid("'model' must be a string.", "model");
        }

        _modelToken = TokenRange();
        scoped var written = _reader.ValueSpan;
        Span<byte> unescaped = stackalloc byte[ModelNames.MaxLength * 6];
        if (_reader.ValueIsEscaped && written.Length <= unescaped.Length)
        {
            // Some JSON writers escape the slash of provider/model.
            written = unescaped[.._reader.CopyString(unescaped)];
        }

        if (!ModelNames.IsValid(written))
        {
            return RequestFactsReader.Invalid($"'model' is not a model name. {ModelRule}", "model");
        }

        _model = ModelNames.Intern(written);
        return null;
    }

    private GatewayError? ReadUser()
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (_reader.TokenType != JsonTokenType.String)
        {
            return RequestFactsReader.Invalid("'user' must be a string.", "user");
        }

        // Six bytes is the longest form of one UTF-16 unit; a longer run need not be made a string to be refused.
        if (_reader.ValueSpan.Length <= RequestFactsReader.MaxUserLength * 6)
        {
            _user = _reader.GetString()!;
            if (_user.Length <= RequestFactsReader.MaxUserLength)
            {
                return null;
            }
        }

        return RequestFactsReader.Invalid($"'user' must have at most {RequestFactsReader.MaxUserLength} characters.", "user");
    }

    private GatewayError? ReadStreamOptions()
    {
        var start = (int)_reader.TokenStartIndex;
        if (_reader.TokenType == JsonTokenType.Null)
        {
            _streamOptionsToken = TokenRange();
            return null;
        }

        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            return RequestFactsReader.Invalid("'stream_options' must be an object.", "stream_options");
        }

        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            if (NextField(inStreamOptions: true, out var field) is { } wrongName)
            {
                return wrongName;
            }

            if (field != KnownField.IncludeUsage)
            {
                _reader.Skip();
                continue;
            }

            _includeUsageToken = TokenRange();
            if (ReadBool(field, nullable: false, ref _includeUsage) is { } wrongValue)
            {
                return wrongValue;
            }
        }

        _streamOptionsToken = new ByteRange(start, (int)_reader.BytesConsumed - start);
        return null;
    }

    private GatewayError? ReadFilledArray(KnownField field)
    {
        var depth = _reader.CurrentDepth;
        if (_reader.TokenType == JsonTokenType.StartArray && _reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            while (_reader.CurrentDepth > depth || _reader.TokenType != JsonTokenType.EndArray)
            {
                _reader.Read();
            }

            return null;
        }

        var name = KnownFields.NameOf(field);
        return RequestFactsReader.Invalid($"'{name}' must be an array with at least one element.", name);
    }

    private GatewayError? ReadPresent(KnownField field)
    {
        if (_reader.TokenType is JsonTokenType.String or JsonTokenType.StartArray)
        {
            _reader.Skip();
            return null;
        }

        var name = KnownFields.NameOf(field);
        return RequestFactsReader.Invalid($"'{name}' must be a string or an array.", name);
    }

    private readonly GatewayError? ReadBool(KnownField field, bool nullable, ref bool value)
    {
        if (_reader.TokenType is JsonTokenType.True or JsonTokenType.False)
        {
            value = _reader.TokenType == JsonTokenType.True;
            return null;
        }

        if (nullable && _reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        var name = KnownFields.NameOf(field);
        return RequestFactsReader.Invalid($"'{name}' must be true or false.", name);
    }

    private readonly GatewayError? ReadInteger(KnownField field, long max, ref long value)
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (_reader.TokenType == JsonTokenType.Number && _reader.TryGetInt64(out var given) && given >= 1 && given <= max)
        {
            value = given;
            return null;
        }

        var name = KnownFields.NameOf(field);
        return RequestFactsReader.Invalid($"'{name}' must be an integer from 1 to {max}.", name);
    }

    private readonly GatewayError? CheckWhole(LlmOperation operation)
    {
        if (_maxTokens > 0 && _maxCompletionTokens > 0)
        {
            return RequestFactsReader.Invalid("'max_tokens' and 'max_completion_tokens' exclude each other. Send only 'max_completion_tokens'.", "max_tokens");
        }

        if (!Has(KnownField.Model) && operation != LlmOperation.Moderations)
        {
            return RequestFactsReader.Invalid("'model' is missing. GET /v1/models lists the names that you may use.", "model");
        }

        var content = operation switch
        {
            LlmOperation.ChatCompletions => KnownField.Messages,
            LlmOperation.Completions => KnownField.Prompt,
            LlmOperation.Embeddings or LlmOperation.Moderations => KnownField.Input,
            _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "The facts of this operation are not read yet."),
        };
        return Has(content) ? null : RequestFactsReader.Invalid($"'{KnownFields.NameOf(content)}' is missing.", KnownFields.NameOf(content));
    }

    private readonly bool Has(KnownField field) => (_seen & (1 << (int)field)) != 0;

    private readonly ByteRange TokenRange()
    {
        var start = (int)_reader.TokenStartIndex;
        return new ByteRange(start, (int)_reader.BytesConsumed - start);
    }
}
