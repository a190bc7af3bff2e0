using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.Simulator.Tests.Protocols;

/// <summary>What the real services accepted must be accepted here too: strict is not stricter.</summary>
public sealed class RecordedRequestTests
{
    public static TheoryData<string> Accepted
    {
        get
        {
            var ids = new TheoryData<string>();
            foreach (var folder in Directory.EnumerateDirectories(Folder()).Order(StringComparer.Ordinal))
            {
                var name = Path.GetFileName(folder);
                if ((name.StartsWith("gemini-", StringComparison.Ordinal) || name.StartsWith("ollama-", StringComparison.Ordinal)) && Read(folder) is not null)
                {
                    ids.Add(name);
                }
            }

            return ids;
        }
    }

    [Theory]
    [MemberData(nameof(Accepted))]
    public async Task Request_ThatTheProviderAccepted_IsAccepted(string id)
    {
        await using var simulator = await TestSimulator.StartAsync();
        var (path, body) = Read(Path.Combine(Folder(), id))!.Value;
        simulator.Http.DefaultRequestHeaders.Clear();
        simulator.Http.DefaultRequestHeaders.Add(path.Contains("/projects/", StringComparison.Ordinal) ? "Authorization" : "x-goog-api-key", "Bearer k");

        using var response = await simulator.SendAsync(body, path);

        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    private static (string Path, string Body)? Read(string folder)
    {
        using var meta = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "meta.json")));
        var request = JsonNode.Parse(File.ReadAllBytes(Path.Combine(folder, "request.json")))!;
        if (meta.RootElement.GetProperty("status").GetInt32() != 200 || request["body"] is not JsonObject body)
        {
            return null;
        }

        DropSignatures(body);
        return ((string)request["path"]!, body.ToJsonString());
    }

    /// <summary>Google's own seals are not ours.</summary>
    private static void DropSignatures(JsonNode? node)
    {
        if (node is JsonObject map)
        {
            map.Remove("thoughtSignature");
            foreach (var (_, value) in map)
            {
                DropSignatures(value);
            }
        }
        else if (node is JsonArray list)
        {
            foreach (var value in list)
            {
                DropSignatures(value);
            }
        }
    }

    private static string Folder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Directory.Exists(Path.Combine(folder.FullName, "tests", "recordings")))
            {
                return Path.Combine(folder.FullName, "tests", "recordings");
            }
        }

        throw new DirectoryNotFoundException("tests/recordings");
    }
}
