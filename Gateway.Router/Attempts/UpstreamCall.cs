using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Budgets;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Attempts;

/// <summary>What an attempt will send: the client's bytes where both sides speak one protocol, else a translation of them.</summary>
internal sealed class UpstreamCall
{
    /// <summary>As most SDKs write JSON, and shorter: only what must be escaped is.</summary>
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private UpstreamCall(LlmOperation operation, UpstreamBody content)
    {
        Operation = operation;
        Content = content;
    }

    /// <summary>What the upstream is asked for, in its own protocol.</summary>
    public LlmOperation Operation { get; }

    public UpstreamBody Content { get; }

    /// <summary>Set when the answer must be translated, too.</summary>
    public Translation? Translation { get; private init; }

    /// <summary>Set when embeddings are translated.</summary>
    public NeutralEmbeddingRequest? Embeddings { get; private init; }

    /// <summary>The bytes, for upstreams that want them signed; empty for bodies that pass through.</summary>
    public ReadOnlyMemory<byte> Bytes => Content is WrittenBody written ? written.Bytes : default;

    /// <exception cref="Core.Errors.GatewayException">The request cannot be said to this upstream; nothing was sent.</exception>
    public static UpstreamCall Create(LlmExchange exchange, Deployment deployment)
    {
        var upstream = deployment.Protocol;
        var traits = deployment.Traits;
        var endpoint = exchange.Endpoint;
        var cap = OutputCap.ToWrite(exchange, deployment);
        if (upstream.PassesThrough(exchange.Call, traits))
        {
            var body = upstream.Rewrite(exchange, deployment);
            return new UpstreamCall(endpoint.Operation, cap < 0 ? body : body.With(OutputCapSplice.Of(body.Source.Span, endpoint.Operation, traits.MaxCompletionTokens, cap)));
        }

        if (upstream.OperationFor(endpoint.Kind, traits) is not { } operation)
        {
            throw Unsupported.By(endpoint, deployment);
        }

        var client = ProtocolAdapters.Client(endpoint.Protocol);
        var notes = new TranslationNotes(deployment.RejectsLosses);
        var output = new ArrayBufferWriter<byte>(Math.Max(exchange.Body.Length + 256, 1024));
        using var json = new Utf8JsonWriter(output, Plain);
        if (endpoint.Kind == LlmKind.Embed)
        {
            var request = client.ReadEmbeddings(exchange.Document, exchange.Call, notes);
            var translation = new Translation(Placeholder(request), client, deployment.Model, traits, notes);
            upstream.WriteEmbeddings(translation, request, json);
            json.Flush();
            return new UpstreamCall(operation, new WrittenBody(output.WrittenMemory)) { Translation = translation, Embeddings = request };
        }
        else
        {
            var request = client.ReadChat(exchange.Document, exchange.Call, notes);
            request.MaxOutput = cap < 0 ? request.MaxOutput : cap;
            var translation = new Translation(request, client, deployment.Model, traits, notes);
            translation.SettleForeign();
            upstream.WriteChat(translation, operation, json);
            json.Flush();
            return new UpstreamCall(operation, new WrittenBody(output.WrittenMemory)) { Translation = translation };
        }
    }

    private static NeutralRequest Placeholder(NeutralEmbeddingRequest request) => new() { Model = request.Model };
}
