using System.Text.Json;
using System.Text.Unicode;
using Gateway.Core;
using Gateway.Core.Configuration.Documents;
using Gateway.Core.Errors;

namespace Gateway.Edge.Admin;

/// <summary>What an operator asks to be explained.</summary>
internal sealed record ExplainRequest
{
    /// <summary>Deeper than a request may be, so that what is wrong with one is told of it.</summary>
    private const int MaxDepth = 128;

    private static readonly string[] Fields = ["key", "endpoint", "request", "headers"];

    // What of a request's head decides where it goes.
    private static readonly string[] HeaderNames = [GatewayHeaders.Session, GatewayHeaders.RequestTimeout, GatewayHeaders.StainlessTimeout];

    /// <summary>Id of the virtual key; null for the rights of an operator.</summary>
    public string? Key { get; private init; }

    /// <summary>Path and query, as a client would send it.</summary>
    public string Endpoint { get; private init; } = "/v1/chat/completions";

    /// <summary>The client's body, as it stands in the operator's.</summary>
    public Range Body { get; private init; }

    public IReadOnlyDictionary<string, string> Headers { get; private init; } = new Dictionary<string, string>();

    /// <exception cref="GatewayException">Something is wrong; the error names the field.</exception>
    public static ExplainRequest Read(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
        {
            throw Wrong(null, "The body is not valid UTF-8.");
        }

        try
        {
            return ReadFields(body);
        }
        catch (JsonException)
        {
            throw Wrong(null, "The body is not valid JSON. Send {\"key\": \"KEY ID\", \"endpoint\": \"/v1/chat/completions\", \"request\": {...}, \"headers\": {...}}; only 'request' must be there.");
        }
    }

    private static ExplainRequest ReadFields(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw Wrong(null, "The body must be a JSON object.");
        }

        var asked = new ExplainRequest();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!seen.Add(name))
            {
                throw Wrong(name, $"'{name}' is there twice.");
            }

            reader.Read();
            asked = name switch
            {
                "key" => asked with { Key = reader.TokenType == JsonTokenType.Null ? null : Text(ref reader, name) },
                "endpoint" => asked with { Endpoint = Text(ref reader, name) },
                "request" => asked with { Body = Object(ref reader, name) },
                "headers" => asked with { Headers = ReadHeaders(ref reader) },
                _ => throw Unknown(name, "", Fields),
            };
        }

        // What follows the object is read, too: nothing may.
        while (reader.Read())
        {
        }

        return seen.Contains("request") ? asked : throw Wrong("request", "'request' is missing: the body that the client would send.");
    }

    private static Dictionary<string, string> ReadHeaders(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Wrong("headers", "'headers' must be an object of strings.");
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (!HeaderNames.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                throw Unknown(name, "headers.", HeaderNames);
            }

            if (!headers.TryAdd(name, Text(ref reader, $"headers.{name}")))
            {
                throw Wrong($"headers.{name}", $"'headers.{name}' is there twice.");
            }
        }

        return headers;
    }

    private static string Text(ref Utf8JsonReader reader, string field) =>
        reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: > 0 and < 2048 } text ? text : throw Wrong(field, $"'{field}' must be a string that is not empty.");

    private static Range Object(ref Utf8JsonReader reader, string field)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Wrong(field, $"'{field}' must be a JSON object: the body that the client would send.");
        }

        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return start..(int)reader.BytesConsumed;
    }

    private static GatewayException Unknown(string name, string before, string[] known) => Wrong(
        before + name, $"'{before}{(name.Length <= 64 ? name : name[..64])}' is not known. {(Nearest.Of(name, known) is { } near ? $"Did you mean '{before}{near}'?" : $"There are {string.Join(", ", known)}.")}");

    private static GatewayException Wrong(string? field, string message) => new(GatewayErrorKind.InvalidRequest, message, field);
}
