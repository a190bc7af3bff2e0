using System.Text.Json;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>What one chunk or one plain answer says, as places in its bytes. One choice is kept: the first one that the answer began with.</summary>
internal struct OpenAIChunkFields
{
    public JsonSlice Id;
    public JsonSlice Model;
    public JsonSlice Tier;
    public JsonSlice Error;
    public JsonSlice Usage;
    public OpenAIChoiceFields Choice;
    public bool HasChoiceList;

    /// <summary>An object of another shape with which some servers say errors: FastAPI's <c>detail</c>, or <c>object</c> and <c>message</c> as vLLM does.</summary>
    public bool LooksLikeError;

    private UsageSource _usageFrom;

    /// <summary>Where usage was found; the higher one counts.</summary>
    private enum UsageSource : byte
    {
        None,
        Choice,
        XGroq,
        Root,
    }

    /// <param name="data">One JSON object.</param>
    /// <param name="content"><c>delta</c> or <c>message</c>.</param>
    /// <param name="choice">Number of the choice that is read; -1 while none was seen.</param>
    /// <exception cref="JsonException">The data is no JSON object.</exception>
    public static OpenAIChunkFields Read(ReadOnlySpan<byte> data, ReadOnlySpan<byte> content, ref int choice)
    {
        var fields = default(OpenAIChunkFields);
        var reader = new Utf8JsonReader(data);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("An answer must be an object.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            fields.ReadMember(ref reader, content, ref choice);
        }

        // One read past the end: it throws on anything but white space.
        reader.Read();
        fields.LooksLikeError &= !fields.HasChoiceList && fields.Usage.Type == JsonTokenType.None;
        return fields;
    }

    private void ReadMember(ref Utf8JsonReader reader, ReadOnlySpan<byte> content, ref int choice)
    {
        if (reader.ValueTextEquals("choices"u8))
        {
            reader.Read();
            ReadChoices(ref reader, content, ref choice);
        }
        else if (reader.ValueTextEquals("id"u8))
        {
            reader.Read();
            Id = JsonSlice.Take(ref reader);
        }
        else if (reader.ValueTextEquals("model"u8))
        {
            reader.Read();
            Model = JsonSlice.Take(ref reader);
        }
        else if (reader.ValueTextEquals("service_tier"u8))
        {
            reader.Read();
            Tier = JsonSlice.Take(ref reader);
        }
        else if (reader.ValueTextEquals("usage"u8))
        {
            reader.Read();
            Offer(JsonSlice.Take(ref reader), UsageSource.Root);
        }
        else if (reader.ValueTextEquals("error"u8))
        {
            reader.Read();
            Error = JsonSlice.Take(ref reader);
        }
        else if (reader.ValueTextEquals("x_groq"u8))
        {
            reader.Read();
            ReadXGroq(ref reader);
        }
        else if (reader.ValueTextEquals("detail"u8) || reader.ValueTextEquals("message"u8))
        {
            reader.Read();
            LooksLikeError |= JsonSlice.Take(ref reader).HasValue;
        }
        else
        {
            reader.Read();
            reader.Skip();
        }
    }

    private void Offer(JsonSlice usage, UsageSource source)
    {
        if (usage.IsObject && source >= _usageFrom)
        {
            (Usage, _usageFrom) = (usage, source);
        }
    }

    private void ReadXGroq(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isUsage = reader.ValueTextEquals("usage"u8);
            var isError = reader.ValueTextEquals("error"u8);
            reader.Read();
            var value = JsonSlice.Take(ref reader);
            if (isUsage)
            {
                Offer(value, UsageSource.XGroq);
            }
            else if (isError && !Error.HasValue)
            {
                Error = value;
            }
        }
    }

    private void ReadChoices(ref Utf8JsonReader reader, ReadOnlySpan<byte> content, ref int choice)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        HasChoiceList = true;
        for (var place = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; place++)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            var read = OpenAIChoiceFields.Read(ref reader, content, place);
            choice = choice < 0 ? read.Index : choice;
            if (read.Index == choice)
            {
                Choice = read;
            }

            Offer(read.Usage, UsageSource.Choice);
            if (read.Error.HasValue && !Error.HasValue)
            {
                Error = read.Error;
            }
        }
    }
}
