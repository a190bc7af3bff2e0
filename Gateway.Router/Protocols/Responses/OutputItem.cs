using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Gateway.Router.Protocols.Responses;

internal enum OutputItemKind
{
    Message,
    Reasoning,
    FunctionCall,
    CustomCall,
}

internal enum MessagePartKind
{
    Text,
    Refusal,
}

/// <summary>One item of an answer while it grows, and its JSON when it is done. Texts are kept escaped: each is written several times.</summary>
internal sealed class OutputItem(OutputItemKind kind, int index, byte[] id)
{
    private readonly ArrayBufferWriter<byte> _parts = new(64);
    private byte[]? _signature;

    public OutputItemKind Kind { get; } = kind;

    /// <summary>Its <c>output_index</c>.</summary>
    public int Index { get; } = index;

    /// <summary>Legal in JSON as it is.</summary>
    public ReadOnlySpan<byte> Id => id;

    /// <summary>Of a call, escaped.</summary>
    public byte[] CallId { get; init; } = [];

    /// <summary>Of a call, escaped.</summary>
    public byte[] Name { get; init; } = [];

    /// <summary>The current part's text, a summary, or arguments; escaped, but for a custom call, whose arguments must be read first.</summary>
    public ArrayBufferWriter<byte> Text { get; } = new(64);

    /// <summary>The part of a message, or the summary, that is open; null when none is.</summary>
    public MessagePartKind? OpenPart { get; private set; }

    /// <summary>Parts begun so far; the open one is the last.</summary>
    public int PartCount { get; private set; }

    public bool HasSignature => _signature is not null;

    /// <summary>The whole item; empty while it grows.</summary>
    public ReadOnlyMemory<byte> Json { get; private set; }

    public void BeginPart(MessagePartKind part)
    {
        OpenPart = part;
        PartCount++;
        Text.ResetWrittenCount();
    }

    /// <summary>Adds to the open part and returns what was added, escaped.</summary>
    public ReadOnlySpan<byte> Append(ReadOnlySpan<byte> text)
    {
        var before = Text.WrittenCount;
        if (Kind == OutputItemKind.CustomCall)
        {
            Text.Write(text);
        }
        else
        {
            JsonPieces.Escape(Text, text);
        }

        return Text.WrittenSpan[before..];
    }

    public void EndPart()
    {
        if (_parts.WrittenCount > 0)
        {
            _parts.Write(","u8);
        }

        WritePart(_parts, Kind, OpenPart!.Value, Text.WrittenSpan);
        OpenPart = null;
    }

    public void AddSignature(ReadOnlySpan<byte> signature) => _signature = _signature is null ? signature.ToArray() : [.. _signature, .. signature];

    /// <summary>Redacted reasoning, or the proof of a call: ready for <c>encrypted_content</c>.</summary>
    public string? Packed { get; init; }

    /// <summary>Turns the arguments of a custom call, an object with the member <c>input</c>, into the plain input, escaped.</summary>
    public void UnwrapInput()
    {
        var input = ReadInput(Text.WrittenSpan);
        Text.ResetWrittenCount();
        JsonPieces.Escape(Text, input);
    }

    public void Complete(bool isWhole)
    {
        var output = new ArrayBufferWriter<byte>(_parts.WrittenCount + Text.WrittenCount + 256);
        Write(output, isWhole ? "completed"u8 : "incomplete"u8, _parts.WrittenSpan, Text.WrittenSpan);
        Json = output.WrittenMemory;
    }

    /// <summary>The item as it is added: empty, in progress.</summary>
    public void WriteAdded(IBufferWriter<byte> output) => Write(output, "in_progress"u8, default, default);

    public static void WritePart(IBufferWriter<byte> output, OutputItemKind kind, MessagePartKind part, ReadOnlySpan<byte> escaped)
    {
        output.Write(kind == OutputItemKind.Reasoning ? "{\"type\":\"summary_text\",\"text\":\""u8
            : part == MessagePartKind.Refusal ? "{\"type\":\"refusal\",\"refusal\":\""u8
            : "{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":\""u8);
        output.Write(escaped);
        output.Write("\"}"u8);
    }

    private void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> status, ReadOnlySpan<byte> parts, ReadOnlySpan<byte> text)
    {
        output.Write("{\"id\":\""u8);
        output.Write(Id);
        output.Write("\",\"type\":\""u8);
        switch (Kind)
        {
            case OutputItemKind.Message:
                output.Write("message\",\"status\":\""u8);
                output.Write(status);
                output.Write("\",\"role\":\"assistant\",\"content\":["u8);
                output.Write(parts);
                output.Write("]}"u8);
                break;
            case OutputItemKind.Reasoning:
                output.Write("reasoning\",\"summary\":["u8);
                output.Write(parts);
                output.Write("]"u8);
                WriteEncrypted(output);
                output.Write("}"u8);
                break;
            default:
                var isCustom = Kind == OutputItemKind.CustomCall;
                output.Write(isCustom ? "custom_tool_call\",\"status\":\""u8 : "function_call\",\"status\":\""u8);
                output.Write(status);
                output.Write(isCustom ? "\",\"input\":\""u8 : "\",\"arguments\":\""u8);
                output.Write(text);
                output.Write("\",\"call_id\":\""u8);
                output.Write(CallId);
                output.Write("\",\"name\":\""u8);
                output.Write(Name);
                output.Write("\"}"u8);
                break;
        }
    }

    private void WriteEncrypted(IBufferWriter<byte> output)
    {
        var content = Packed ?? (_signature is null ? null : Encoding.UTF8.GetString(_signature) is var signature && signature.StartsWith(PackedReasoning.OwnPrefix, StringComparison.Ordinal)
            ? signature[PackedReasoning.OwnPrefix.Length..] : PackedReasoning.Signature(signature));
        if (content is not null)
        {
            output.Write(",\"encrypted_content\":"u8);
            JsonPieces.String(output, content);
        }
    }

    private static byte[] ReadInput(ReadOnlySpan<byte> arguments)
    {
        try
        {
            var reader = new Utf8JsonReader(arguments);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("input", out var input) && input.ValueKind == JsonValueKind.String)
            {
                return Encoding.UTF8.GetBytes(input.GetString()!);
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // A model that did not keep to the schema: the client gets what it wrote.
        }

        return arguments.ToArray();
    }
}
