using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Core.Errors;

namespace Gateway.Core.Requests;

/// <summary>The members that steer the routing: <c>models</c> and <c>provider</c>, as OpenRouter has them.</summary>
internal ref partial struct FactsScan
{
    private const int MaxModels = 8;
    private const int MaxProviders = 32;

    /// <summary>In USD per 1,000,000 tokens; a hundred times the dearest model.</summary>
    private const decimal MaxPrice = 1_000_000;

    private const decimal NanoUsd = 1_000_000_000;

    private GatewayError? ReadModels()
    {
        var start = _nameStart;
        var draft = _steering ??= new SteeringDraft();
        if (_reader.TokenType != JsonTokenType.Null && ReadNames(draft.Models, MaxModels, "models", "model") is { } wrong)
        {
            return wrong;
        }

        if (draft.Models.Count > 0)
        {
            draft.Field ??= "models";
        }

        draft.Own.Add(new ByteRange(start, (int)_reader.BytesConsumed - start));
        return null;
    }

    private GatewayError? ReadProvider(KnownMember member)
    {
        var start = _nameStart;
        var draft = _steering ??= new SteeringDraft();
        if (_reader.TokenType != JsonTokenType.Null && ReadStrict(member) is { } wrong)
        {
            return wrong;
        }

        if ((_given & OperationFields.PreferenceMask) != 0)
        {
            draft.Field ??= "provider";
        }

        draft.Own.Add(new ByteRange(start, (int)_reader.BytesConsumed - start));
        return null;
    }

    /// <summary>An object in which nothing is passed over: what is not obeyed must not look as if it were.</summary>
    private GatewayError? ReadStrict(KnownMember member)
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            return RequestFactsReader.Invalid($"'{member.Path}' must be an object.", member.Path);
        }

        return ReadMembers(member.Members, member);
    }

    private readonly GatewayError Unsupported(KnownMember parent)
    {
        // Only a name that looks like one is repeated.
        var name = _reader.ValueSpan;
        var path = !_reader.ValueIsEscaped && ModelNames.IsValid(name) ? $"{parent.Path}.{Encoding.ASCII.GetString(name)}" : parent.Path;
        return RequestFactsReader.Invalid($"'{path}' is not supported by this gateway. '{parent.Path}' may have: {string.Join(", ", parent.Members.Select(static member => member.Name))}.", path);
    }

    private GatewayError? ReadProviderNames(KnownMember member, List<string> names) =>
        _reader.TokenType == JsonTokenType.Null ? null : ReadNames(names, MaxProviders, member.Path, "provider");

    private GatewayError? ReadNames(List<string> names, int most, string path, string what)
    {
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            return RequestFactsReader.Invalid($"'{path}' must be an array of at most {most} {what} names.", path);
        }

        Span<byte> unescaped = stackalloc byte[ModelNames.MaxLength * 6];
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (_reader.TokenType != JsonTokenType.String || names.Count == most)
            {
                return RequestFactsReader.Invalid($"'{path}' must be an array of at most {most} {what} names.", path);
            }

            var written = Name(unescaped);
            if (!ModelNames.IsValid(written))
            {
                return RequestFactsReader.Invalid($"'{path}' holds something that is not a {what} name. {ModelRule}", path);
            }

            names.Add(ModelNames.Intern(written));
        }

        return null;
    }

    private readonly GatewayError? ReadSort(KnownMember member)
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        var sort = _reader.TokenType != JsonTokenType.String ? PreferenceSort.None
            : _reader.ValueTextEquals("price"u8) ? PreferenceSort.Price
            : _reader.ValueTextEquals("throughput"u8) ? PreferenceSort.Throughput
            : _reader.ValueTextEquals("latency"u8) ? PreferenceSort.Latency : PreferenceSort.None;
        _steering!.Sort = sort;
        return sort != PreferenceSort.None ? null : RequestFactsReader.Invalid($"'{member.Path}' must be price, throughput or latency.", member.Path);
    }

    private readonly GatewayError? ReadAllowFallbacks(KnownMember member)
    {
        var allow = true;
        var wrong = ReadBool(member, nullable: true, ref allow);
        _steering!.AllowFallbacks = allow;
        return wrong;
    }

    /// <summary>USD per 1,000,000 tokens, as a number or as a text that is one.</summary>
    private readonly GatewayError? ReadPrice(KnownMember member)
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (_reader.TokenType is JsonTokenType.Number or JsonTokenType.String && !_reader.ValueIsEscaped
            && decimal.TryParse(_reader.ValueSpan, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var price) && price is >= 0 and <= MaxPrice)
        {
            var bound = (long)(price * NanoUsd);
            if (member.Field == KnownField.PromptPrice)
            {
                _steering!.MaxInputPrice = bound;
            }
            else
            {
                _steering!.MaxOutputPrice = bound;
            }

            return null;
        }

        return RequestFactsReader.Invalid($"'{member.Path}' must be a price in USD per 1,000,000 tokens, from 0 to {MaxPrice}.", member.Path);
    }
}
