using System.Text.Json;

namespace Gateway.Simulator.Protocols.Gemini;

/// <summary>A method of a model: <c>POST .../models/MODEL:METHOD</c>.</summary>
internal abstract class GeminiOperation(GeminiProvider provider, ProtoMessage message) : Operation(provider)
{
    private const string ModelKey = "gemini-model";

    private readonly FieldTable _fields = message.ToTable();

    public override FieldTable Fields => _fields;

    protected bool IsVertex => provider.IsVertex;

    public static void SetModel(HttpContext context, string model) => context.Items[ModelKey] = model;

    public override string? ModelOf(HttpContext context, JsonElement body) => (string)context.Items[ModelKey]!;

    public override bool StreamOf(HttpContext context, JsonElement body) => false;

    public override string UserOf(JsonElement body) => "";

    /// <exception cref="GoogleError">Something in it is not what the message has.</exception>
    protected void CheckBody(ProviderCall call) => message.Check(call.Body, "");
}
