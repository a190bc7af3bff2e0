using System.Diagnostics.CodeAnalysis;
using System.Text.Unicode;
using Gateway.Core.Errors;

namespace Gateway.Core.Requests;

/// <summary>
/// Reads <see cref="RequestFacts"/> from a request body in one forward pass. Edge and Router both use it, so that one body
/// has one meaning. Strict where two parsers could disagree: UTF-8 without BOM, depth 32, nothing after the object, and no
/// second or differently spelled name of a known field. Everything else is passed over. Thread-safe, no state.
/// </summary>
/// <remarks>Allocates the user string, the model string when its name was not seen before, and preferences where the body steers.</remarks>
public static class RequestFactsReader
{
    /// <summary>Deepest nesting of a body.</summary>
    public const int MaxDepth = 32;

    public const long MaxOutputCap = 10_000_000;
    public const long MaxCandidates = 128;

    /// <summary>Longest <c>user</c> in UTF-16 units.</summary>
    public const int MaxUserLength = 256;

    /// <param name="body">The whole body as the client sent it.</param>
    /// <param name="operation">Decides which fields steer, and which must be there. One whose model is in the path is refused here.</param>
    /// <param name="facts">What the body says; default when it is refused.</param>
    /// <param name="error">Why it is refused: <see cref="GatewayErrorKind.InvalidRequest"/> with the field at fault.</param>
    /// <returns>False when the body is refused. Never throws on any input.</returns>
    public static bool TryRead(ReadOnlySpan<byte> body, LlmOperation operation, out RequestFacts facts, [NotNullWhen(false)] out GatewayError? error) =>
        TryRead(body, operation, path: null, out facts, out error);

    /// <param name="body">The whole body as the client sent it.</param>
    /// <param name="operation">Decides which fields steer, and which must be there.</param>
    /// <param name="path">What the path said, for operations that have the model there; null for the others.</param>
    /// <param name="facts">What body and path say; default when they are refused.</param>
    /// <param name="error">Why they are refused: <see cref="GatewayErrorKind.InvalidRequest"/> with the field at fault.</param>
    /// <returns>False when the body is refused. Never throws on any input.</returns>
    public static bool TryRead(ReadOnlySpan<byte> body, LlmOperation operation, PathFacts? path, out RequestFacts facts, [NotNullWhen(false)] out GatewayError? error)
    {
        facts = default;
        if (path is null && LlmOperations.ProtocolOf(operation) == LlmProtocol.Gemini)
        {
            error = Invalid("The path names no model.", "model");
            return false;
        }

        error = CheckEncoding(body);
        if (error is not null)
        {
            return false;
        }

        var scan = new FactsScan(body, OperationFields.Of(operation), path);
        error = scan.Run();
        if (error is not null)
        {
            return false;
        }

        facts = scan.Facts;
        return true;
    }

    internal static GatewayError Invalid(string message, string? param = null) => new(GatewayErrorKind.InvalidRequest, message, param);

    private static GatewayError? CheckEncoding(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
        {
            return Invalid("The body is empty. Send a JSON object.");
        }

        if (body.StartsWith("\uFEFF"u8))
        {
            return Invalid("The body starts with a byte order mark. Send UTF-8 without one.");
        }

        // The JSON reader looks into strings only when asked for their text, so it would let broken UTF-8 pass.
        return Utf8.IsValid(body) ? null : Invalid("The body is not valid UTF-8.");
    }
}
