using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.Responses;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Protocols.Responses;

/// <summary>Writes answers to clients and reads them as the official clients do.</summary>
internal static class ResponsesWriting
{
    public static readonly ResponsesClient Client = new();

    private const string Plain = """{"model":"m","input":"Hi"}""";

    /// <summary>Recordings that a theory can say something about: rows that could not fail are none.</summary>
    public static TheoryData<string> Recorded(Func<Recording, bool> isMeant)
    {
        var ids = new TheoryData<string>();
        foreach (var id in Recordings.Ids("openai-responses"))
        {
            if (isMeant(Recordings.Load(id)))
            {
                ids.Add(id);
            }
        }

        return ids;
    }

    public static bool IsWhole(Recording recording) => recording.Status == 200 && !recording.Id.Contains("error", StringComparison.Ordinal);

    public static NeutralRequest Read(string body, TranslationNotes? notes = null)
    {
        // Kept: neutral requests point into it.
        var document = JsonDocument.Parse(body).RootElement;
        return Client.ReadChat(document, new ClientCall(LlmOperation.Responses, "m", Stream: false), notes ?? new TranslationNotes());
    }

    public static AnswerContext Context(string request = Plain) => new()
    {
        Call = new ClientCall(LlmOperation.Responses, "asked/for", Stream: true),
        Model = "asked/for",
        RequestId = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
        Created = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
        ClientState = Read(request).ClientState,
        Notes = new TranslationNotes(),
        Elapsed = static () => TimeSpan.FromSeconds(2),
    };

    public static string Stream(Action<IAnswerWriter> write, string request = Plain)
    {
        var output = new ArrayBufferWriter<byte>();
        write(Client.WriteStream(Context(request), output));
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    public static JsonElement Answer(Action<NeutralAnswer> build, string request = Plain)
    {
        var answer = new NeutralAnswer();
        build(answer);
        var output = new ArrayBufferWriter<byte>();
        Client.WriteAnswer(answer, Context(request), output);
        return JsonDocument.Parse(output.WrittenMemory).RootElement;
    }

    /// <summary>The events, each checked: named alike in front and inside, numbered without gaps.</summary>
    public static List<JsonElement> Events(string stream)
    {
        var events = new List<JsonElement>();
        Assert.EndsWith("\n\n", stream, StringComparison.Ordinal);
        foreach (var frame in stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var lines = frame.Split('\n');
            Assert.Equal(2, lines.Length);
            var data = JsonDocument.Parse(lines[1]["data: ".Length..]).RootElement;
            Assert.Equal("event: " + data.GetProperty("type").GetString(), lines[0]);
            Assert.Equal(events.Count, data.GetProperty("sequence_number").GetInt32());
            events.Add(data);
        }

        return events;
    }

    public static string[] Types(IEnumerable<JsonElement> events) => [.. events.Select(static entry => entry.GetProperty("type").GetString()!)];

    /// <summary>
    /// Adds the deltas up as official clients do, who throw where an item or a part was not announced, and compares with each
    /// <c>.done</c> and with the whole response at the end.
    /// </summary>
    public static JsonElement Accumulate(List<JsonElement> events)
    {
        Assert.Equal(["response.created", "response.in_progress"], Types(events.Take(2)));
        var texts = new Dictionary<(string Item, int Part), StringBuilder>();
        var items = new List<(string Id, string? Done)>();
        foreach (var entry in events.Skip(2).SkipLast(1))
        {
            var type = entry.GetProperty("type").GetString()!;
            var output = entry.GetProperty("output_index").GetInt32();
            if (type == "response.output_item.added")
            {
                Assert.Equal(items.Count, output);
                items.Add((entry.GetProperty("item").GetProperty("id").GetString()!, null));
                texts[(items[output].Id, -1)] = new StringBuilder();
                continue;
            }

            if (type == "response.output_item.done")
            {
                Assert.Null(items[output].Done);
                Assert.Equal(items[output].Id, entry.GetProperty("item").GetProperty("id").GetString());
                items[output] = (items[output].Id, entry.GetProperty("item").GetRawText());
                continue;
            }

            var item = entry.GetProperty("item_id").GetString()!;
            Assert.Equal(items[output].Id, item);
            Assert.Null(items[output].Done);
            var part = entry.TryGetProperty("content_index", out var index) || entry.TryGetProperty("summary_index", out index) ? index.GetInt32() : -1;
            switch (type[(type.LastIndexOf('.') + 1)..])
            {
                case "added":
                    texts.Add((item, part), new StringBuilder());
                    break;
                case "delta":
                    texts[(item, part)].Append(entry.GetProperty("delta").GetString());
                    break;
                case "done":
                    Assert.Equal(texts[(item, part)].ToString(), Whole(entry));
                    break;
                default:
                    Assert.Fail(type);
                    break;
            }
        }

        var response = events[^1].GetProperty("response");
        Assert.Equal(items.Select(static entry => entry.Done), response.GetProperty("output").EnumerateArray().Select(static item => (string?)item.GetRawText()));
        return response;
    }

    private static string? Whole(JsonElement done)
    {
        var holder = done.TryGetProperty("part", out var part) ? part : done;
        foreach (var name in new[] { "text", "arguments", "refusal", "input" })
        {
            if (holder.TryGetProperty(name, out var value))
            {
                return value.GetString();
            }
        }

        return null;
    }
}
