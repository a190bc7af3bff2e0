using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Ollama;

/// <summary>What <c>options</c>, <c>format</c>, <c>think</c> and <c>keep_alive</c> ask for; the same for chat and generate.</summary>
internal sealed record OllamaOptions
{
    private const int UsualThoughts = 20;

    private static readonly FrozenSet<string> Integers = new[]
    {
        "num_keep", "seed", "num_predict", "top_k", "repeat_last_n", "num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread", "mirostat",
    }.ToFrozenSet();

    private static readonly FrozenSet<string> Numbers = new[]
    {
        "top_p", "min_p", "typical_p", "temperature", "repeat_penalty", "presence_penalty", "frequency_penalty", "mirostat_tau", "mirostat_eta", "tfs_z",
    }.ToFrozenSet();

    public int MaxTokens { get; private init; } = int.MaxValue;

    public IReadOnlyList<string> Stops { get; private init; } = [];

    /// <summary>False forbids thoughts; null leaves them to the model.</summary>
    public bool? Thinks { get; private init; }

    /// <summary>Tokens of thoughts that the request asks for.</summary>
    public int ThoughtTokens { get; private init; }

    /// <summary>An empty request is to free the memory, not to fill it.</summary>
    public bool Unloads { get; private init; }

    private JsonElement? Seed { get; init; }

    private JsonElement? Format { get; init; }

    /// <exception cref="OllamaError">A value is of another type than the server takes.</exception>
    public static OllamaOptions Read(JsonElement body)
    {
        var options = Json.Member(body, "options"u8);
        if (options is { } given)
        {
            Check(given);
        }

        var think = Json.Member(body, "think"u8);
        return new OllamaOptions
        {
            // -1 is no limit, -2 as much as the context holds.
            MaxTokens = options is { } held && Json.Member(held, "num_predict"u8) is { } cap && cap.GetDouble() > 0 ? (int)cap.GetDouble() : int.MaxValue,
            Stops = options is { } stopped && Json.Member(stopped, "stop"u8) is { } stops ? [.. stops.EnumerateArray().Select(stop => stop.GetString()!).Where(stop => stop.Length > 0)] : [],
            Seed = options is { } seeded ? Json.Member(seeded, "seed"u8) : null,
            Format = ReadFormat(body),
            Thinks = think is { } wish ? wish.ValueKind != JsonValueKind.False : null,
            ThoughtTokens = Thoughts(think),
            Unloads = Json.Member(body, "keep_alive"u8) is { } alive && (alive.GetRawText() is "0" or "\"0\"" or "\"0s\""),
        };
    }

    /// <summary>The seed of a request: what it says, and its own.</summary>
    public ulong SeedOf(ProviderCall call, JsonElement content, FaultScript script)
    {
        var seed = call.SeedOf(content, script);
        return Seed is { } own ? StableRandom.SeedOf(seed, JsonMarshal.GetRawUtf8Value(own)) : seed;
    }

    /// <summary>The text that <c>format</c> demands, or null for free text.</summary>
    public string? FormatText(ulong seed) => Format switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } schema => SchemaSampler.Sample(schema, seed),
        _ => $"{{\"answer\":{new StableRandom(seed).Next(1000)}}}",
    };

    private static JsonElement? ReadFormat(JsonElement body)
    {
        if (Json.Member(body, "format"u8) is not { } format || (format.ValueKind == JsonValueKind.String && format.GetString() == ""))
        {
            return null;
        }

        return format.ValueKind == JsonValueKind.Object || (format.ValueKind == JsonValueKind.String && format.GetString() == "json")
            ? format : throw OllamaError.Invalid($"invalid format: {format.GetRawText()}; expected \"json\" or a valid JSON Schema object");
    }

    private static int Thoughts(JsonElement? think) => think switch
    {
        { ValueKind: JsonValueKind.True } => UsualThoughts,
        { ValueKind: JsonValueKind.String } level => level.GetString() switch
        {
            "low" => UsualThoughts / 2,
            "medium" => UsualThoughts,
            _ => UsualThoughts * 2,
        },
        _ => 0,
    };

    private static void Check(JsonElement options)
    {
        foreach (var option in options.EnumerateObject())
        {
            var (name, value) = (option.Name, option.Value);
            if (value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            // Names that it does not know are logged there and go no further.
            var number = value.ValueKind == JsonValueKind.Number;
            var type = Integers.Contains(name) && !number ? "integer"
                : Numbers.Contains(name) && !number ? "float32"
                : name == "stop" && !(value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(stop => stop.ValueKind == JsonValueKind.String)) ? "array"
                : name is "use_mmap" && value.ValueKind is not (JsonValueKind.True or JsonValueKind.False) ? "boolean" : null;
            if (type is not null)
            {
                throw OllamaError.Invalid($"option \"{name}\" must be of type {type}");
            }
        }
    }
}
