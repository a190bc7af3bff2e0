using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Gateway.Router.Protocols.Responses;

namespace Gateway.Router.StoredResponses;

/// <summary>A response that a client may continue: all that is needed to read it as history.</summary>
/// <param name="Id">As the client knows it.</param>
/// <param name="Response">The response object as the client got it.</param>
/// <param name="Input">A JSON list: every item before the answer, those of earlier responses included, each with an id.</param>
internal sealed record StoredResponse(string Id, ReadOnlyMemory<byte> Response, ReadOnlyMemory<byte> Input)
{
    private const int MaxIdLength = 128;

    public int Bytes => Response.Length + Input.Length;

    /// <summary>Whether the text may be the id of a response or an item. Nothing else is asked for: the places where they are kept are named by them.</summary>
    public static bool IsId(string text)
    {
        foreach (var character in text)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('_' or '-'))
            {
                return false;
            }
        }

        return text.Length is > 0 and <= MaxIdLength;
    }

    /// <summary>The items of the answer that can be referred to, each as a document of its own.</summary>
    public IReadOnlyList<(string Id, byte[] Item)> ReadOutput()
    {
        var items = new List<(string, byte[])>();
        try
        {
            using var document = JsonDocument.Parse(Response);
            if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("output", out var output) && output.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in output.EnumerateArray())
                {
                    if (JsonWords.Word(item, "id") is { } id && IsId(id))
                    {
                        items.Add((id, JsonMarshal.GetRawUtf8Value(item).ToArray()));
                    }
                }
            }
        }
        catch (JsonException)
        {
            // Of a store that somebody else wrote into: there is nothing to refer to.
        }

        return items;
    }

    /// <summary>Both documents in one value: the length of the first, then one behind the other.</summary>
    public byte[] Pack()
    {
        var packed = new byte[sizeof(int) + Bytes];
        BinaryPrimitives.WriteInt32LittleEndian(packed, Response.Length);
        Response.CopyTo(packed.AsMemory(sizeof(int)));
        Input.CopyTo(packed.AsMemory(sizeof(int) + Response.Length));
        return packed;
    }

    /// <returns>Null for what was not made by <see cref="Pack"/>.</returns>
    public static StoredResponse? Unpack(string id, ReadOnlyMemory<byte> packed)
    {
        if (packed.Length < sizeof(int))
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(packed.Span);
        var documents = packed[sizeof(int)..];
        return length < 0 || length > documents.Length ? null : new StoredResponse(id, documents[..length], documents[length..]);
    }
}
