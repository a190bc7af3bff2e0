using System.Text.Json;

namespace Gateway.Simulator.Protocols;

/// <summary>A refusal in one provider's shape; carries status and body to the one place that writes it.</summary>
internal abstract class ProviderException(int status, string message) : Exception(message)
{
    public int Status => status;

    public virtual string ContentType => "application/json";

    /// <summary>Writes the JSON of the error; the same as a whole body and inside a stream.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="number">The request's number, for providers that repeat its id in the body.</param>
    public abstract void WriteBody(Utf8JsonWriter json, string number);

    public virtual void WriteHeaders(IHeaderDictionary headers)
    {
    }

    public ReadOnlyMemory<byte> ToBytes(string number) => Json.Write(json => WriteBody(json, number));
}
