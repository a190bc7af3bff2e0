using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Gateway.Simulator.Protocols.Bedrock;

namespace Gateway.Simulator.Tests.Protocols;

/// <summary>One protocol as a client sees it: how to ask, and how to find in the answer what every protocol has.</summary>
public sealed record ProtocolUnderTest(string Name)
{
    public const string Model = "sim";

    private const string UsageToo = ""","stream_options":{"include_usage":true}""";

    public static TheoryData<string> Names => ["anthropic", "responses", "azure", "azure-v1", "bedrock", "gemini", "vertex", "ollama", "ollama-generate"];

    public bool Binary => Name == "bedrock";

    public bool Google => Name is "gemini" or "vertex";

    public bool Ollama => Name is "ollama" or "ollama-generate";

    /// <summary>What stands before the JSON of a frame.</summary>
    public string Prefix => Ollama ? "" : "data: ";

    public string Path(bool stream, string model = Model) => Name switch
    {
        "anthropic" => "/v1/messages",
        "responses" => "/v1/responses",
        "azure" => $"/openai/deployments/{model}/chat/completions?api-version=2024-10-21",
        "azure-v1" => "/openai/v1/chat/completions",
        "gemini" => $"/v1beta/models/{model}:{GoogleMethod(stream)}",
        "vertex" => $"/v1/projects/p/locations/l/publishers/google/models/{model}:{GoogleMethod(stream)}",
        "ollama" => "/api/chat",
        "ollama-generate" => "/api/generate",
        _ => $"/model/{Uri.EscapeDataString(model)}/{(stream ? "converse-stream" : "converse")}",
    };

    public string Body(string text, bool stream, string model = Model)
    {
        var switched = stream ? ""","stream":true""" : "";
        return Name switch
        {
            "anthropic" => $$"""{"model":"{{model}}","max_tokens":4096,"messages":[{"role":"user","content":"{{text}}"}]{{switched}}}""",
            "responses" => $$"""{"model":"{{model}}","input":"{{text}}"{{switched}}}""",
            "bedrock" => $$"""{"messages":[{"role":"user","content":[{"text":"{{text}}"}]}]}""",
            "gemini" or "vertex" => $$"""{"contents":[{"role":"user","parts":[{"text":"{{text}}"}]}]}""",
            "ollama" => $$"""{"model":"{{model}}","messages":[{"role":"user","content":"{{text}}"}],"stream":{{(stream ? "true" : "false")}}}""",
            "ollama-generate" => $$"""{"model":"{{model}}","prompt":"{{text}}","stream":{{(stream ? "true" : "false")}}}""",
            _ => $$"""{"model":"{{model}}","messages":[{"role":"user","content":"{{text}}"}]{{switched}}{{(stream ? UsageToo : "")}}}""",
        };
    }

    public (string Name, string Value)[] Head => Name switch
    {
        "anthropic" => [("x-api-key", "test-key"), ("anthropic-version", "2023-06-01")],
        "azure" or "azure-v1" => [("api-key", "test-key")],
        "gemini" => [("x-goog-api-key", "test-key")],
        _ => [("Authorization", "Bearer test-key")],
    };

    /// <summary>How often a piece of text comes in a stream; each is one token.</summary>
    public int Tokens(byte[] stream)
    {
        var text = Encoding.UTF8.GetString(stream);
        if (Google)
        {
            // The finish has an empty part of its own.
            return text.Split("\"parts\":[{\"text\":\"").Length - text.Split("\"parts\":[{\"text\":\"\"").Length;
        }

        return text.Split(Name switch
        {
            "anthropic" => "\"text_delta\"",
            "responses" => "\"type\":\"response.output_text.delta\"",
            "bedrock" => "\"delta\":{\"text\":",
            "ollama" or "ollama-generate" => "\"done\":false",
            _ => "\"delta\":{\"content\":",
        }).Length - 1;
    }

    /// <summary>What only a stream that came to its end has.</summary>
    public string EndMarker => Name switch
    {
        "anthropic" => "message_stop",
        "responses" => "response.completed",
        "bedrock" => "messageStop",
        "gemini" or "vertex" => "\"finishReason\"",
        "ollama" or "ollama-generate" => "\"done\":true",
        _ => "data: [DONE]",
    };

    /// <summary>What says why the answer ended.</summary>
    public string Finish => Name switch
    {
        "anthropic" => "\"stop_reason\":\"",
        "responses" => "\"status\":\"completed\"",
        "bedrock" => "\"stopReason\":\"",
        "gemini" or "vertex" => "\"finishReason\":\"STOP\"",
        "ollama" or "ollama-generate" => "\"done_reason\":\"stop\"",
        _ => "\"finish_reason\":\"",
    };

    public string Usage => Google ? "\"usageMetadata\":{" : Ollama ? "\"eval_count\":" : "\"usage\":{";

    /// <summary>The text of a whole answer.</summary>
    public string Text(JsonElement answer) => Name switch
    {
        "anthropic" => answer.GetProperty("content")[0].GetProperty("text").GetString()!,
        "responses" => answer.GetProperty("output").EnumerateArray().Single(item => item.GetProperty("type").GetString() == "message")
            .GetProperty("content")[0].GetProperty("text").GetString()!,
        "bedrock" => answer.GetProperty("output").GetProperty("message").GetProperty("content")[0].GetProperty("text").GetString()!,
        "gemini" or "vertex" => answer.GetProperty("candidates")[0].GetProperty("content").GetProperty("parts")[0].GetProperty("text").GetString()!,
        "ollama" => answer.GetProperty("message").GetProperty("content").GetString()!,
        "ollama-generate" => answer.GetProperty("response").GetString()!,
        _ => answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!,
    };

    /// <summary>The text of an error body.</summary>
    public string Message(JsonElement error) => Ollama ? error.GetProperty("error").GetString()! : Binary ? error.GetProperty("message").GetString()! : error.GetProperty("error").GetProperty("message").GetString()!;

    internal async Task<HttpResponseMessage> SendAsync(TestSimulator simulator, string text, bool stream = false, string model = Model, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path(stream, model)) { Content = new StringContent(Body(text, stream, model), Encoding.UTF8, "application/json") };
        foreach (var (name, value) in Head)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await simulator.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    internal async Task<byte[]> BytesAsync(TestSimulator simulator, string text, bool stream = false, string model = Model)
    {
        using var response = await SendAsync(simulator, text, stream, model);
        return await response.Content.ReadAsByteArrayAsync();
    }

    /// <summary>What arrives over a bare connection, and whether it ended with a reset.</summary>
    internal async Task<(byte[] Bytes, bool Reset)> RawAsync(TestSimulator simulator, string text, bool stream)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(simulator.Address.Host, simulator.Address.Port);
        var connection = client.GetStream();
        var body = Encoding.UTF8.GetBytes(Body(text, stream));
        var head = $"POST {Path(stream)} HTTP/1.1\r\nHost: x\r\n{string.Concat(Head.Select(header => $"{header.Name}: {header.Value}\r\n"))}Connection: close\r\nContent-Length: {body.Length}\r\n\r\n";
        await connection.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. body]);
        var received = new MemoryStream();
        try
        {
            await connection.CopyToAsync(received);
            return (received.ToArray(), false);
        }
        catch (IOException error) when (error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            return (received.ToArray(), true);
        }
    }

    public override string ToString() => Name;

    private static string GoogleMethod(bool stream) => stream ? "streamGenerateContent?alt=sse" : "generateContent";
}

/// <summary>One message of AWS's event stream, with both checksums found right.</summary>
internal sealed record EventMessage(Dictionary<string, string> Headers, byte[] Payload)
{
    public string Type => Headers[Headers[":message-type"] == "event" ? ":event-type" : ":exception-type"];

    public JsonElement Json => JsonElement.Parse(Payload);

    public static List<EventMessage> Read(ReadOnlySpan<byte> stream)
    {
        var messages = new List<EventMessage>();
        while (!stream.IsEmpty)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(stream);
            var headerLength = BinaryPrimitives.ReadInt32BigEndian(stream[4..]);
            Assert.Equal(EventStreamBuffer.Checksum(stream[..8]), BinaryPrimitives.ReadUInt32BigEndian(stream[8..]));
            Assert.Equal(EventStreamBuffer.Checksum(stream[..(length - 4)]), BinaryPrimitives.ReadUInt32BigEndian(stream[(length - 4)..]));
            var headers = new Dictionary<string, string>();
            for (var rest = stream.Slice(12, headerLength); !rest.IsEmpty;)
            {
                var name = Encoding.ASCII.GetString(rest.Slice(1, rest[0]));
                rest = rest[(rest[0] + 1)..];
                Assert.Equal(7, rest[0]);
                var size = BinaryPrimitives.ReadUInt16BigEndian(rest[1..]);
                headers.Add(name, Encoding.ASCII.GetString(rest.Slice(3, size)));
                rest = rest[(3 + size)..];
            }

            messages.Add(new EventMessage(headers, stream[(12 + headerLength)..(length - 4)].ToArray()));
            stream = stream[length..];
        }

        return messages;
    }
}
