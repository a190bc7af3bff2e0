using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary>One text of <c>prompt</c> or <c>input</c>; token ids are one token each, and their JSON is the text.</summary>
internal sealed record TextInput(string Text, int Tokens)
{
    /// <summary>A string, strings, token ids, or lists of token ids.</summary>
    /// <exception cref="OpenAIError">Anything else, or more than <paramref name="max"/>.</exception>
    public static IReadOnlyList<TextInput> Read(JsonElement value, string name, int max)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return [Of(value.GetString()!)];
        }

        var length = value.GetArrayLength();
        if (length == 0)
        {
            throw OpenAIError.Invalid(name, "input cannot be an empty array.", "empty_array");
        }

        if (value[0].ValueKind == JsonValueKind.Number)
        {
            return [OfIds(value, name)];
        }

        if (length > max)
        {
            throw OpenAIError.Invalid(name, $"array too long. Expected an array with maximum length {max}, but got an array with length {length} instead.", "array_above_max_length");
        }

        var inputs = new TextInput[length];
        for (var index = 0; index < length; index++)
        {
            inputs[index] = value[index] switch
            {
                { ValueKind: JsonValueKind.String } text => Of(text.GetString()!),
                { ValueKind: JsonValueKind.Array } ids => OfIds(ids, $"{name}[{index}]"),
                var other => throw OpenAIError.WrongType($"{name}[{index}]", "a string or an array of integers", OpenAIFields.KindOf(other)),
            };
        }

        return inputs;
    }

    private static TextInput Of(string text) => new(text, Tokenizer.Count(text));

    private static TextInput OfIds(JsonElement ids, string name)
    {
        foreach (var id in ids.EnumerateArray())
        {
            if (id.ValueKind != JsonValueKind.Number || !id.TryGetUInt32(out _))
            {
                throw OpenAIError.WrongType(name, "an array of token ids", OpenAIFields.KindOf(id));
            }
        }

        return new TextInput(Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(ids)), ids.GetArrayLength());
    }
}
