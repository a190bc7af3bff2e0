using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Tests.Fuzzing;

/// <summary>Valid requests of every client protocol to every upstream protocol: JSON or a refusal that names its field, the same each time.</summary>
public sealed class TranslatorFuzzTests
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    [Theory]
    [InlineData(LlmOperation.ChatCompletions, 31_000_000)]
    [InlineData(LlmOperation.Responses, 32_000_000)]
    [InlineData(LlmOperation.Messages, 33_000_000)]
    [InlineData(LlmOperation.GenerateContent, 34_000_000)]
    [InlineData(LlmOperation.OllamaChat, 35_000_000)]
    public async Task Request_Made_IsWrittenAlikeEachTimeOrRefusedByName(LlmOperation operation, int seed)
    {
        var (written, refused) = (0, 0);
        await Fuzz.RunAsync(seed, 3_000, random =>
        {
            var stream = random.OneIn(2);
            var body = FuzzedRequests.Make(operation, new MadeTalk(random), stream);
            var (protocol, model, traits) = FuzzedRequests.Upstream(random);
            var kind = random.OneIn(6) && ProtocolAdapters.Upstream(protocol).OperationFor(LlmKind.CountTokens, traits) is not null ? LlmKind.CountTokens : LlmKind.Chat;
            var notes = new TranslationNotes();

            string? Write(TranslationNotes to, out string? param)
            {
                try
                {
                    param = null;
                    return FuzzedRequests.Write(operation, body, stream, protocol, model, traits, to, kind);
                }
                catch (GatewayException exception)
                {
                    param = exception.Error.Param;
                    Hold(exception.Error.Kind == GatewayErrorKind.InvalidRequest && !string.IsNullOrEmpty(param), "A refusal without a field: " + exception.Error.Message, body);
                    return null;
                }
                catch (Exception exception)
                {
                    throw new FuzzException($"{operation} to {protocol} {model}: {exception.GetType().Name} {exception.StackTrace?.Split('\n')[0]}", $"{exception}\n{body}");
                }
            }

            var first = Write(notes, out var param);
            var again = Write(new TranslationNotes(), out var paramAgain);
            Hold(first == again && param == paramAgain, $"{protocol}: two ways to write one request", $"{body}\n{first} {param}\n{again} {paramAgain}");
            var strict = Write(new TranslationNotes(rejectAll: true), out _);
            Hold(strict == (notes.ToHeader() is null ? first : null), $"{operation} to {protocol}: a route that refuses losses, and {notes.ToHeader()?.Split('=')[0] ?? "none"}", $"{notes.ToHeader()}\n{body}\n{first}");
            if (first is null)
            {
                refused++;
                return;
            }

            written++;
            try
            {
                using var document = JsonDocument.Parse(first, Strict);
                Hold(document.RootElement.ValueKind == JsonValueKind.Object, $"{protocol}: no object", first);
            }
            catch (JsonException exception)
            {
                throw new FuzzException($"{operation} to {protocol}: no JSON", $"{exception.Message}\n{body}\n{first}");
            }
        });

        Assert.True(written > 1000 && refused > 50, $"{written} written, {refused} refused");
    }

    private static void Hold(bool condition, string fault, string details)
    {
        if (!condition)
        {
            throw new FuzzException(fault, details);
        }
    }
}
