using System.Text.Json;

namespace Gateway.Router.Tests.Samples;

/// <summary>The members of one document, as they stand between their quotes: read in one pass, nothing allocated.</summary>
internal ref struct ParrotWords
{
    public ReadOnlySpan<byte> Engine;
    public ReadOnlySpan<byte> Says;
    public ReadOnlySpan<byte> Why;
    public ReadOnlySpan<byte> Squawk;
    public long In;
    public long Out;
    public bool IsError;

    /// <returns>False for what is no JSON object.</returns>
    public static bool TryRead(ReadOnlySpan<byte> document, out ParrotWords words)
    {
        var found = new ParrotWords { In = -1, Out = -1 };
        words = found;
        try
        {
            var reader = new Utf8JsonReader(document);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                found.ReadMember(ref reader);
            }

            words = found;

            // What follows the object would be no event of this provider.
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void ReadMember(ref Utf8JsonReader reader)
    {
        // Names are compared before the reader moves to the value.
        var (engine, says, why, squawk) = (reader.ValueTextEquals("engine"u8), reader.ValueTextEquals("says"u8), reader.ValueTextEquals("why"u8), reader.ValueTextEquals("squawk"u8));
        var (input, output) = (reader.ValueTextEquals("in"u8), reader.ValueTextEquals("out"u8));
        reader.Read();
        var isText = reader.TokenType == JsonTokenType.String;
        if (squawk)
        {
            IsError = true;
            Squawk = isText ? reader.ValueSpan : default;
        }
        else if (isText && engine)
        {
            Engine = reader.ValueSpan;
        }
        else if (isText && says)
        {
            Says = reader.ValueSpan;
        }
        else if (isText && why)
        {
            Why = reader.ValueSpan;
        }
        else if (reader.TokenType == JsonTokenType.Number && (input || output) && reader.TryGetInt64(out var count))
        {
            (In, Out) = input ? (count, Out) : (In, count);
        }
        else
        {
            reader.Skip();
        }
    }
}
