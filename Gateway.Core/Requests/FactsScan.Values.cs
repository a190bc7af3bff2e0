using System.Text.Json;
using Gateway.Core.Errors;

namespace Gateway.Core.Requests;

/// <summary>The values of known fields: their types and ranges are checked before anybody calculates with them.</summary>
internal ref partial struct FactsScan
{
    private const string ModelRule = "It starts with a letter or digit, has at most 128 characters, and holds only letters, digits and . _ : / -";

    /// <summary>Ollama's words for "until the end" and "until the context is full".</summary>
    private const int LowestNumPredict = -2;

    private GatewayError? ReadValue(KnownMember member)
    {
        switch (member.Rule)
        {
            case FieldRule.Model: return ReadModel();
            case FieldRule.PathModel: return ReadPathModel(member);
            case FieldRule.Stream: return ReadBool(member, nullable: true, ref _stream);
            case FieldRule.IncludeUsage:
                _includeUsageToken = TokenRange();
                return ReadBool(member, nullable: false, ref _includeUsage);
            case FieldRule.StreamOptions: return ReadStreamOptions(member);
            case FieldRule.MaxTokens: return ReadInteger(member, RequestFactsReader.MaxOutputCap, loose: false, ref _maxTokens);
            case FieldRule.MaxCompletionTokens: return ReadInteger(member, RequestFactsReader.MaxOutputCap, loose: false, ref _maxCompletionTokens);
            case FieldRule.LooseMaxTokens: return ReadInteger(member, RequestFactsReader.MaxOutputCap, loose: true, ref _maxTokens);
            case FieldRule.NumPredict: return ReadNumPredict(member);
            case FieldRule.Candidates: return ReadInteger(member, RequestFactsReader.MaxCandidates, loose: false, ref _candidates);
            case FieldRule.LooseCandidates: return ReadInteger(member, RequestFactsReader.MaxCandidates, loose: true, ref _candidates);
            case FieldRule.User: return ReadUser(member, ref _user);
            case FieldRule.SafetyIdentifier: return ReadUser(member, ref _safetyIdentifier);
            case FieldRule.FilledArray: return ReadFilledArray(member, orObject: false);
            case FieldRule.ArrayOrObject: return ReadFilledArray(member, orObject: true);
            case FieldRule.StringOrArray: return ReadStringOrArray(member, nullable: false);
            case FieldRule.OptionalStringOrArray: return ReadStringOrArray(member, nullable: true);
            case FieldRule.OptionalString: return ReadOptionalString(member);
            case FieldRule.Object: return ReadObject(member);
            case FieldRule.Members: return _reader.TokenType == JsonTokenType.Null ? null : ReadInner(member);
            case FieldRule.MemberList: return ReadMemberList(member);
            case FieldRule.Models: return ReadModels();
            case FieldRule.Provider: return ReadProvider(member);
            case FieldRule.ProviderOrder: return ReadProviderNames(member, _steering!.Order);
            case FieldRule.ProviderOnly: return ReadProviderNames(member, _steering!.Only);
            case FieldRule.ProviderIgnore: return ReadProviderNames(member, _steering!.Ignore);
            case FieldRule.ProviderSort: return ReadSort(member);
            case FieldRule.AllowFallbacks: return ReadAllowFallbacks(member);
            case FieldRule.MaxPrice: return _reader.TokenType == JsonTokenType.Null ? null : ReadStrict(member);
            case FieldRule.Price: return ReadPrice(member);
            case FieldRule.Foreign:
                return RequestFactsReader.Invalid($"'{member.Path}' steers gateways of another make, which may stand behind this one. Leave it out.", member.Path);
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
        Span<byte> unescaped = stackalloc byte[ModelNames.MaxLength * 6];
        var written = Name(unescaped);
        if (!ModelNames.IsValid(written))
        {
            return RequestFactsReader.Invalid($"'model' is not a model name. {ModelRule}", "model");
        }

        _model = ModelNames.Intern(written);
        return null;
    }

    /// <summary>The path has said which model; what the body says again must be the same, since the upstream reads it.</summary>
    private readonly GatewayError? ReadPathModel(KnownMember member)
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (_reader.TokenType == JsonTokenType.String)
        {
            Span<byte> unescaped = stackalloc byte[(ModelNames.MaxLength + "models/".Length) * 6];
            var written = Name(unescaped);
            if (written.StartsWith("models/"u8))
            {
                written = written["models/".Length..];
            }

            if (path is { } known && System.Text.Ascii.Equals(written, known.Model))
            {
                return null;
            }
        }

        return RequestFactsReader.Invalid($"'{member.Path}' must be the model of the path, or be left out.", member.Path);
    }

    /// <summary>The string under the reader. Some JSON writers escape the slash of provider/model.</summary>
    private readonly ReadOnlySpan<byte> Name(Span<byte> unescaped) =>
        _reader.ValueIsEscaped && _reader.ValueSpan.Length <= unescaped.Length ? unescaped[.._reader.CopyString(unescaped)] : _reader.ValueSpan;

    private readonly GatewayError? ReadUser(KnownMember member, ref string user)
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (_reader.TokenType != JsonTokenType.String)
        {
            return RequestFactsReader.Invalid($"'{member.Path}' must be a string.", member.Path);
        }

        // Six bytes is the longest form of one UTF-16 unit; a longer run need not be made a string to be refused.
        if (_reader.ValueSpan.Length <= RequestFactsReader.MaxUserLength * 6)
        {
            var given = _reader.GetString()!;
            if (given.Length <= RequestFactsReader.MaxUserLength)
            {
                user = given;
                return null;
            }
        }

        return RequestFactsReader.Invalid($"'{member.Path}' must have at most {RequestFactsReader.MaxUserLength} characters.", member.Path);
    }

    private GatewayError? ReadStreamOptions(KnownMember member)
    {
        var start = (int)_reader.TokenStartIndex;
        var wrong = _reader.TokenType == JsonTokenType.Null ? null : ReadInner(member);
        _streamOptionsToken = new ByteRange(start, (int)_reader.BytesConsumed - start);
        return wrong;
    }

    private GatewayError? ReadInner(KnownMember member) => _reader.TokenType == JsonTokenType.StartObject
        ? ReadMembers(member.Members) : RequestFactsReader.Invalid($"'{member.Path}' must be an object.", member.Path);

    private GatewayError? ReadMemberList(KnownMember member)
    {
        var isEmpty = true;
        if (_reader.TokenType == JsonTokenType.StartArray)
        {
            while (_reader.Read() && _reader.TokenType == JsonTokenType.StartObject)
            {
                isEmpty = false;

                // Each element may have the fields once.
                _seen &= ~(1UL << (int)KnownField.RequestModel);
                if (ReadMembers(member.Members) is { } wrong)
                {
                    return wrong;
                }
            }
        }

        return !isEmpty && _reader.TokenType == JsonTokenType.EndArray
            ? null : RequestFactsReader.Invalid($"'{member.Path}' must be an array of at least one object.", member.Path);
    }

    private GatewayError? ReadFilledArray(KnownMember member, bool orObject)
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

        if (orObject && _reader.TokenType == JsonTokenType.StartObject)
        {
            _reader.Skip();
            return null;
        }

        return RequestFactsReader.Invalid($"'{member.Path}' must be an array with at least one element.", member.Path);
    }

    private GatewayError? ReadStringOrArray(KnownMember member, bool nullable)
    {
        if (_reader.TokenType is JsonTokenType.String or JsonTokenType.StartArray || (nullable && _reader.TokenType == JsonTokenType.Null))
        {
            _reader.Skip();
            return null;
        }

        return RequestFactsReader.Invalid($"'{member.Path}' must be a string or an array.", member.Path);
    }

    private readonly GatewayError? ReadOptionalString(KnownMember member) =>
        _reader.TokenType is JsonTokenType.String or JsonTokenType.Null ? null : RequestFactsReader.Invalid($"'{member.Path}' must be a string.", member.Path);

    private GatewayError? ReadObject(KnownMember member)
    {
        if (_reader.TokenType == JsonTokenType.StartObject)
        {
            _reader.Skip();
            return null;
        }

        return RequestFactsReader.Invalid($"'{member.Path}' must be an object.", member.Path);
    }

    private readonly GatewayError? ReadBool(KnownMember member, bool nullable, ref bool value)
    {
        if (_reader.TokenType is JsonTokenType.True or JsonTokenType.False)
        {
            value = _reader.TokenType == JsonTokenType.True;
            return null;
        }

        return nullable && _reader.TokenType == JsonTokenType.Null
            ? null : RequestFactsReader.Invalid($"'{member.Path}' must be true or false.", member.Path);
    }

    /// <param name="member">The field.</param>
    /// <param name="max">Largest value; the smallest is 1.</param>
    /// <param name="loose">Whether 8.0 is an integer, as some clients and servers have it.</param>
    /// <param name="value">Stays as it is for null.</param>
    private readonly GatewayError? ReadInteger(KnownMember member, long max, bool loose, ref long value)
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (TryReadNumber(loose, out var given) && given >= 1 && given <= max)
        {
            value = given;
            return null;
        }

        return RequestFactsReader.Invalid($"'{member.Path}' must be an integer from 1 to {max}.", member.Path);
    }

    private GatewayError? ReadNumPredict(KnownMember member)
    {
        if (_reader.TokenType == JsonTokenType.Null || (TryReadNumber(loose: true, out var given) && given is < 0 and >= LowestNumPredict))
        {
            return null;
        }

        return ReadInteger(member, RequestFactsReader.MaxOutputCap, loose: true, ref _maxTokens) is null
            ? null : RequestFactsReader.Invalid($"'{member.Path}' must be an integer from 1 to {RequestFactsReader.MaxOutputCap}, or -1 or -2 for no limit.", member.Path);
    }

    private readonly bool TryReadNumber(bool loose, out long value)
    {
        value = 0;
        if (_reader.TokenType != JsonTokenType.Number)
        {
            return false;
        }

        if (_reader.TryGetInt64(out value))
        {
            return true;
        }

        // Far below the numbers from which on a double has no fraction to lose.
        if (loose && _reader.TryGetDouble(out var number) && Math.Abs(number) <= RequestFactsReader.MaxOutputCap && Math.Floor(number) == number)
        {
            value = (long)number;
            return true;
        }

        return false;
    }

    private readonly ByteRange TokenRange()
    {
        var start = (int)_reader.TokenStartIndex;
        return new ByteRange(start, (int)_reader.BytesConsumed - start);
    }
}
