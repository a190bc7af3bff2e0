using Gateway.Simulator.Protocols.Anthropic;
using Gateway.Simulator.Protocols.Azure;
using Gateway.Simulator.Protocols.Bedrock;
using Gateway.Simulator.Protocols.Gemini;
using Gateway.Simulator.Protocols.Ollama;
using Gateway.Simulator.Protocols.OpenAI;
using Gateway.Simulator.Protocols.Responses;

namespace Gateway.Simulator.Protocols;

/// <summary>Every provider that this one process plays. A new protocol is one line in each method.</summary>
internal static class AllProtocols
{
    public static WebApplicationBuilder AddProtocols(this WebApplicationBuilder builder)
    {
        builder.AddProviderDoor();
        builder.AddOpenAI();
        builder.AddAnthropic();
        builder.AddBedrock();
        builder.AddGemini();
        builder.AddOllama();
        return builder;
    }

    public static IEndpointRouteBuilder MapProtocols(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenAI();
        routes.MapAnthropic();
        routes.MapResponses();
        routes.MapAzure();
        routes.MapBedrock();
        routes.MapGemini();
        routes.MapOllama();
        return routes;
    }
}
