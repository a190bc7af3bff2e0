using System.Text.Json;

namespace Gateway.Router.Protocols;

/// <summary>Where in the bytes of an event a value stands: between the quotes of a string, or a whole array or object.</summary>
internal readonly record struct JsonPiece(int Start, int Length)
{
    /// <summary>False also for the empty string.</summary>
    public bool IsSet => Length > 0;

    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> bytes) => bytes.Slice(Start, Length);

    /// <summary>Steps from a member's name over its value.</summary>
    /// <returns>The string; nothing for a value of another type.</returns>
    public static JsonPiece TakeString(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            return OfString(ref reader);
        }

        reader.Skip();
        return default;
    }

    /// <summary>The string that the reader stands on.</summary>
    public static JsonPiece OfString(ref Utf8JsonReader reader) => new((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);

    /// <summary>The value that the reader stands on, whatever it is; steps over it.</summary>
    public static JsonPiece TakeWhole(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return new JsonPiece(start, (int)reader.BytesConsumed - start);
    }

    /// <summary>Steps from a member's name over its value.</summary>
    /// <returns>A count; -1 for what is none.</returns>
    public static long TakeCount(ref Utf8JsonReader reader)
    {
        reader.Read();
        var count = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) && value >= 0 ? value : -1;
        reader.Skip();
        return count;
    }
}
