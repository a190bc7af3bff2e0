using Gateway.Simulator.Faults;
using Gateway.Simulator.Hosting;
using Gateway.Simulator.Recordings;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/{id}</c></summary>
internal sealed class ModelCatalog(SimulatorOptions options, RecordingLibrary recordings, ProviderDoor door, OpenAIProvider provider)
{
    private const string Owner = "simulator";

    // A fixed day: a list that changes with the clock would make every answer look new.
    private const long Created = 1_735_689_600;

    private static readonly string[] Usual =
        ["gpt-3.5-turbo-instruct", "gpt-4.1", "gpt-4o", "gpt-4o-mini", "o3-mini", "text-embedding-3-large", "text-embedding-3-small"];

    private readonly string[] _ids =
        [.. options.Models.Count > 0 ? options.Models : Usual, .. recordings.Ids.Select(id => $"recording/{id}")];

    public Task ListAsync(HttpContext context) => door.GuardAsync(context, provider, () =>
        context.Response.WriteAsJsonAsync(new ModelList([.. _ids.Select(Describe)]), OpenAIJson.Wire.ModelList, "application/json"));

    public Task GetAsync(HttpContext context) => door.GuardAsync(context, provider, () =>
    {
        var id = (string)context.Request.RouteValues["id"]!;
        return _ids.Contains(FaultDirectives.ModelName(id), StringComparer.Ordinal)
            ? context.Response.WriteAsJsonAsync(Describe(id), OpenAIJson.Wire.ModelInfo, "application/json")
            : throw provider.NoModel(id);
    });

    private static ModelInfo Describe(string id) => new(id, Created, Owner);
}
