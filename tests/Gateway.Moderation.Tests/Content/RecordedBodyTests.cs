using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Moderation.Checks;
using Gateway.Moderation.Content;
using Gateway.Moderation.Content.Shapes;
using Gateway.Moderation.Tests.Policies;

namespace Gateway.Moderation.Tests.Content;

/// <summary>Bodies that real clients sent, with the forbidden word in the place of each of their texts in turn.</summary>
public sealed class RecordedBodyTests
{
    // Where the words of a talk stand in these protocols; "arguments" and the like hold what a tool is given.
    private static readonly HashSet<string> Spoken =
        ["text", "content", "prompt", "input", "output", "instructions", "system", "thinking", "arguments", "args", "response", "description", "return_value"];

    [Theory]
    [InlineData("openai-chat-", "/chat/completions")]
    [InlineData("openai-responses-", "/responses")]
    [InlineData("openai-embeddings-", "/embeddings")]
    [InlineData("anthropic-", "/messages")]
    [InlineData("gemini-", "enerateContent")]
    [InlineData("ollama-", "/api/chat")]
    [InlineData("ollama-", "/api/embed")]
    public void EverySpokenString_OfARecordedRequest_IsRead(string prefix, string path)
    {
        var shape = ShapeOf(path);
        var check = new KeywordCheck("keywords_1", Policy.Block("forbiddenword"));
        var strings = 0;
        foreach (var folder in Directory.EnumerateDirectories(Folder()).Where(folder => Path.GetFileName(folder).StartsWith(prefix, StringComparison.Ordinal)))
        {
            var request = JsonNode.Parse(File.ReadAllBytes(Path.Combine(folder, "request.json")))!;
            if (request["body"] is not JsonObject body || !((string)request["path"]!).Split('?')[0].Contains(path, StringComparison.Ordinal))
            {
                continue;
            }

            foreach (var replace in Places(body, isSpoken: false))
            {
                var restore = replace("a forbiddenword here");
                var result = ModerationRuns.Run(Encoding.UTF8.GetBytes(body.ToJsonString()), shape, required: true, check);
                Assert.True(result.Action == "block", $"{Path.GetFileName(folder)}: {body.ToJsonString()}");
                restore();
                strings++;
            }
        }

        Assert.True(strings > 0);
    }

    private static Shape ShapeOf(string path) => path switch
    {
        "/chat/completions" => OpenAIShapes.Chat,
        "/responses" => OpenAIShapes.Responses,
        "/embeddings" => OpenAIShapes.Embedding,
        "/messages" => AnthropicShapes.Messages,
        "enerateContent" => GeminiShapes.GenerateContent,
        "/api/chat" => OllamaShapes.Chat,
        _ => OllamaShapes.Embed,
    };

    /// <summary>Ways to put another text into the place of each that is spoken; each gives a way back.</summary>
    private static List<Func<string, Action>> Places(JsonNode? node, bool isSpoken)
    {
        var places = new List<Func<string, Action>>();
        switch (node)
        {
            case JsonObject map:
                foreach (var (name, value) in map.ToList())
                {
                    Add(value, isSpoken: Spoken.Contains(name) || (isSpoken && !IsForMachines(name)), to => map[name] = to);
                }

                break;
            case JsonArray list:
                for (var index = 0; index < list.Count; index++)
                {
                    var place = index;
                    Add(list[index], isSpoken, to => list[place] = to);
                }

                break;
        }

        return places;

        void Add(JsonNode? value, bool isSpoken, Action<JsonNode?> set)
        {
            if (value is JsonValue text && text.TryGetValue<string>(out var before))
            {
                if (isSpoken)
                {
                    places.Add(word =>
                    {
                        set(word);
                        return () => set(before);
                    });
                }
            }
            else
            {
                places.AddRange(Places(value, isSpoken));
            }
        }
    }

    private static bool IsForMachines(string name) =>
        name is "type" or "id" or "role" or "status" or "detail" or "url" or "image_url" or "data" or "source" or "media_type" or "signature" or "file_id" or "images"
        || name.EndsWith("_id", StringComparison.Ordinal) || name is "cache_control" or "encrypted_content" or "format" or "file_data" or "file" or "input_audio";

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "recordings"));
}
