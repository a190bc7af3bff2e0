using System.Text.Json;
using Gateway.Core.Errors;

namespace Gateway.Core.Requests;

/// <summary>One pass over one body: finds the known fields and checks what must be there. Their values are read in the other half.</summary>
internal ref partial struct FactsScan(ReadOnlySpan<byte> body, OperationFields fields, PathFacts? path)
{
    private Utf8JsonReader _reader = new(body, new JsonReaderOptions { MaxDepth = RequestFactsReader.MaxDepth });
    private readonly int _bodyBytes = body.Length;
    private ulong _seen;
    private ulong _given;
    private int _firstMember;
    private string _model = "";
    private ByteRange _modelToken;
    private bool _stream = fields.StreamsByDefault;
    private long _maxTokens = -1;
    private long _maxCompletionTokens = -1;
    private long _candidates = 1;
    private string _user = "";
    private string _safetyIdentifier = "";
    private bool _includeUsage;
    private ByteRange _includeUsageToken;
    private ByteRange _streamOptionsToken;
    private int _nameStart;
    private SteeringDraft? _steering;

    public readonly RequestFacts Facts => new()
    {
        Model = Model,
        ModelToken = _modelToken,
        Stream = path?.Stream ?? _stream,
        AsArray = path?.AsArray ?? false,
        OutputCap = Math.Max(_maxTokens, _maxCompletionTokens),
        CandidateCount = (int)_candidates,
        User = _safetyIdentifier.Length > 0 ? _safetyIdentifier : _user,
        IncludeUsage = _includeUsage,
        IncludeUsageToken = _includeUsageToken,
        StreamOptionsToken = _streamOptionsToken,
        ContinuesResponse = IsGiven(KnownField.PreviousResponse),
        Preferences = _steering?.ToPreferences(Model),
        OwnMembers = _steering?.Own,
        FirstMemberOffset = _firstMember,
        BodyBytes = _bodyBytes,
    };

    /// <summary>Who names several models and not one means the first of them.</summary>
    private readonly string Model => path?.Model ?? (_model.Length == 0 && _steering is { Models: [{ } first, ..] } ? first : _model);

    /// <returns>Null when the body is good.</returns>
    public GatewayError? Run()
    {
        try
        {
            return ReadBody() ?? CheckWhole();
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

    private GatewayError? ReadBody()
    {
        _reader.Read();
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            return RequestFactsReader.Invalid("The body must be a JSON object.");
        }

        _firstMember = (int)_reader.BytesConsumed;
        if (ReadMembers(fields.Members) is { } wrong)
        {
            return wrong;
        }

        // One read past the end: it throws on anything but white space.
        _reader.Read();
        return null;
    }

    /// <summary>Reads an object from its opening brace to its closing one.</summary>
    /// <param name="known">Its known members.</param>
    /// <param name="strict">The object itself, where it may have no others.</param>
    private GatewayError? ReadMembers(KnownMember[] known, KnownMember? strict = null)
    {
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            _nameStart = (int)_reader.TokenStartIndex;
            var member = KnownMember.Find(ref _reader, known, out var misspelled);
            if (misspelled is not null)
            {
                return RequestFactsReader.Invalid($"The body has a field whose name is a variant of '{misspelled}'. Write it exactly like that, without escapes.", misspelled);
            }

            if (member is null && !KnownMember.IsPlain(ref _reader))
            {
                return RequestFactsReader.Invalid("The body has a field whose name has characters outside ASCII: some servers would take it for another. Leave it out, or write its name in ASCII.");
            }

            if (member is null && strict is not null)
            {
                return Unsupported(strict);
            }

            _reader.Read();
            if (member is null)
            {
                _reader.Skip();
            }
            else if (Note(member) is { } twice)
            {
                return twice;
            }
            else if (ReadValue(member) is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    private GatewayError? Note(KnownMember member)
    {
        // Upstreams disagree on which of two equal names wins.
        var bit = 1UL << (int)member.Field;
        if ((_seen & bit) != 0)
        {
            return RequestFactsReader.Invalid($"The field '{member.Path}' appears twice, or in two spellings. Send it once.", member.Path);
        }

        _seen |= bit;
        if (_reader.TokenType != JsonTokenType.Null)
        {
            _given |= bit;
        }

        return null;
    }

    private readonly GatewayError? CheckWhole()
    {
        if (_maxTokens > 0 && _maxCompletionTokens > 0)
        {
            return RequestFactsReader.Invalid("'max_tokens' and 'max_completion_tokens' exclude each other. Send only 'max_completion_tokens'.", "max_tokens");
        }

        if (fields.NeedsModel && Model.Length == 0)
        {
            return RequestFactsReader.Invalid("'model' is missing. GET /v1/models lists the names that you may use.", "model");
        }

        if (fields.NeedsMaxTokens && _maxTokens < 0)
        {
            return RequestFactsReader.Invalid("'max_tokens' is missing. Say how many tokens the answer may have.", "max_tokens");
        }

        return fields.ContentMask == 0 || (_given & fields.ContentMask) != 0 ? null : RequestFactsReader.Invalid($"'{fields.ContentName}' is missing.", fields.ContentName);
    }

    private readonly bool IsGiven(KnownField field) => (_given & (1UL << (int)field)) != 0;
}
