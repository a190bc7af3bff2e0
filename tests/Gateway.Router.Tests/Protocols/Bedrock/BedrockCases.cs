using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Bedrock;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Protocols.Ollama;

namespace Gateway.Router.Tests.Protocols.Bedrock;

/// <summary>Short ways into the Bedrock adapter, and a writer of event streams that shares no code with the reader.</summary>
internal static class BedrockCases
{
    public const string Claude45 = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
    public const string Claude46 = "us.anthropic.claude-sonnet-4-6";
    public const string Claude37 = "anthropic.claude-3-7-sonnet-20250219-v1:0";
    public const string Nova = "amazon.nova-lite-v1:0";
    public const string Llama = "meta.llama3-70b-instruct-v1:0";

    public static readonly BedrockUpstream Upstream = new();

    public static string Write(NeutralRequest request, string model = Claude45, UpstreamTraits? traits = null, TranslationNotes? notes = null, LlmOperation operation = LlmOperation.Converse) =>
        Write(Translation(request, model, traits, notes), operation);

    public static string Write(Translation translation, LlmOperation operation = LlmOperation.Converse)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }))
        {
            Upstream.WriteChat(translation, operation, json);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    public static JsonElement WriteJson(NeutralRequest request, string model = Claude45, UpstreamTraits? traits = null, TranslationNotes? notes = null) =>
        JsonSerializer.Deserialize<JsonElement>(Write(request, model, traits, notes));

    public static Translation Translation(NeutralRequest request, string model = Claude45, UpstreamTraits? traits = null, TranslationNotes? notes = null) =>
        new(request, OllamaCases.Client, model, traits ?? UpstreamTraits.Default, notes ?? new TranslationNotes());

    public static byte[] Event(string type, string payload) => Message(payload, (":event-type", type), (":content-type", "application/json"), (":message-type", "event"));

    public static byte[] Exception(string type, string payload) => Message(payload, (":exception-type", type), (":content-type", "application/json"), (":message-type", "exception"));

    public static byte[] Message(string payload, params (string Name, string Value)[] headers)
    {
        var head = new List<byte>();
        foreach (var (name, value) in headers)
        {
            head.Add((byte)name.Length);
            head.AddRange(Encoding.UTF8.GetBytes(name));
            head.AddRange([7, (byte)(value.Length >> 8), (byte)value.Length]);
            head.AddRange(Encoding.UTF8.GetBytes(value));
        }

        return Message(Encoding.UTF8.GetBytes(payload), [.. head]);
    }

    public static byte[] Message(byte[] payload, byte[] headers)
    {
        var message = new byte[12 + headers.Length + payload.Length + 4];
        BinaryPrimitives.WriteInt32BigEndian(message, message.Length);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(4), headers.Length);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(8), ZlibCrc(message.AsSpan(0, 8)));
        headers.CopyTo(message, 12);
        payload.CopyTo(message, 12 + headers.Length);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(message.Length - 4), ZlibCrc(message.AsSpan(0, message.Length - 4)));
        return message;
    }

    /// <summary>The checksum as the runtime's own gzip computes it: the last eight bytes of a gzip stream are checksum and length.</summary>
    private static uint ZlibCrc(ReadOnlySpan<byte> bytes)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.NoCompression, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        var all = output.ToArray();
        return BinaryPrimitives.ReadUInt32LittleEndian(all.AsSpan(all.Length - 8));
    }
}
