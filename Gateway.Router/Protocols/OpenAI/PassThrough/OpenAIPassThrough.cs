using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Protocols.OpenAI.PassThrough;

/// <summary>Images, audio, reranking and files: only the model's name changes on the way, and the answer is followed for its usage.</summary>
internal static class OpenAIPassThrough
{
    /// <summary>Whether an operation only passes through: nothing translates it.</summary>
    public static bool Has(LlmOperation operation) => LlmOperations.KindOf(operation) is LlmKind.Image or LlmKind.Audio or LlmKind.Rerank or LlmKind.Files;

    public static string PathFor(LlmOperation operation) => operation switch
    {
        LlmOperation.ImageGenerations => "/images/generations",
        LlmOperation.ImageEdits => "/images/edits",
        LlmOperation.ImageVariations => "/images/variations",
        LlmOperation.Speech => "/audio/speech",
        LlmOperation.Transcriptions => "/audio/transcriptions",
        LlmOperation.SpeechTranslations => "/audio/translations",
        LlmOperation.Rerank => "/rerank",
        LlmOperation.Files => "/files",
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "Not an operation that only passes through."),
    };

    public static SplicedBody Rewrite(LlmExchange exchange, Deployment deployment)
    {
        if (exchange.Files is not null)
        {
            return new SplicedBody(exchange.Body, Splice.None, Splice.None);
        }

        var token = exchange.Facts.ModelToken;
        var model = new Splice(token.Start, token.Length, exchange.Form is null ? deployment.ModelJson : deployment.ModelUtf8);
        return new SplicedBody(exchange.Body, model, new Splice(token.End, 0, default));
    }

    public static IAnswerReader ReadAnswer(LlmOperation operation) => new PassedAnswerReader(operation);

    public static IEventReader ReadEvents() => new PassedEventReader();
}
