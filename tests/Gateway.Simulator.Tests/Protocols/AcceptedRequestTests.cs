using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Gateway.Simulator.Tests.Protocols;

/// <summary>What a real provider answered, its stand-in answers too: strictness that refuses recorded traffic would be invented.</summary>
public sealed class AcceptedRequestTests
{
    /// <summary>Recordings that must be refused here, each for a reason that the page of the Simulator names.</summary>
    private static readonly Dictionary<string, string> Refused = new()
    {
        ["bedrock-converse-plain"] = "Invalid `signature`",                               // another provider's reasoning
        ["openai-responses-tool-call-tool-result"] = "invalid_encrypted_content",
        ["openai-responses-xai-stream-tool-call-tool-result"] = "invalid_encrypted_content",
        ["openai-responses-stream-logprobs-system"] = "unsupported_parameter",            // log probabilities
        ["openai-chat-legacy-functions-system"] = "unsupported_parameter",                // functions
        ["openai-chat-ollama-stream-tool-call-tool-result"] = "unknown_parameter",        // a member of Ollama alone
    };

    public static TheoryData<string> Ids => [.. Directory.EnumerateDirectories(Folder()).Where(IsOurs).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task RequestThatTheProviderAccepted_IsAccepted(string id)
    {
        await using var simulator = await TestSimulator.StartAsync();
        var recorded = JsonElement.Parse(File.ReadAllText(Path.Combine(Folder(), id, "request.json")));
        using var request = new HttpRequestMessage(HttpMethod.Post, recorded.GetProperty("path").GetString())
        {
            Content = new StringContent(recorded.GetProperty("body").GetRawText(), Encoding.UTF8, "application/json"),
            Headers = { { "anthropic-version", "2023-06-01" } },
        };

        using var response = await simulator.Http.SendAsync(request);

        var body = await response.Content.ReadAsStringAsync();
        var refusal = Refused.GetValueOrDefault(id);
        Assert.True((int)response.StatusCode == (refusal is null ? 200 : 400), body);
        Assert.Contains(refusal ?? "", body);
    }

    private static bool IsOurs(string folder)
    {
        var meta = JsonElement.Parse(File.ReadAllText(Path.Combine(folder, "meta.json")));
        var request = JsonElement.Parse(File.ReadAllText(Path.Combine(folder, "request.json")));
        var path = request.GetProperty("path").GetString()!;
        return meta.GetProperty("status").GetInt32() == 200
            && request.GetProperty("body").ValueKind == JsonValueKind.Object
            && meta.GetProperty("protocol").GetString() is "anthropic" or "openai-responses" or "bedrock-converse" or "openai-chat"
            && (path.StartsWith("/v1/", StringComparison.Ordinal) || path.StartsWith("/model", StringComparison.Ordinal) || path.StartsWith("/openai/", StringComparison.Ordinal));
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "recordings"));
}
