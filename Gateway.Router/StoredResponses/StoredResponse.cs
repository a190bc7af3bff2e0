using System.Buffers.Binary;

namespace Gateway.Router.StoredResponses;

/// <summary>A response that a client may continue: all that is needed to read it as history.</summary>
/// <param name="Id">As the client knows it.</param>
/// <param name="Response">The response object as the client got it.</param>
/// <param name="Input">A JSON list: every item before the answer, those of earlier responses included, each with an id.</param>
internal sealed record StoredResponse(string Id, ReadOnlyMemory<byte> Response, ReadOnlyMemory<byte> Input)
{
    public int Bytes => Response.Length + Input.Length;

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
