using System.Text.Json;
using Gateway.Simulator.Meter;

namespace Gateway.Simulator.Protocols.Azure;

/// <summary>An operation of OpenAI under the path of a deployment: its name stands for the model, and the body's is ignored.</summary>
internal sealed class DeploymentOperation(Operation inner) : Operation(inner.Provider)
{
    public override FieldTable Fields { get; } = inner.Fields.With("model", new Field(FieldType.Text));

    public override string? ModelOf(HttpContext context, JsonElement body) => Uri.UnescapeDataString((string)context.Request.RouteValues["deployment"]!);

    public override bool StreamOf(HttpContext context, JsonElement body) => inner.StreamOf(context, body);

    public override string UserOf(JsonElement body) => inner.UserOf(body);

    public override Task<Ending> AnswerAsync(ProviderCall call) => inner.AnswerAsync(call);
}
