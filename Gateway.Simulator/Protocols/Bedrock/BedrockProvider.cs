using System.Text.Json;

namespace Gateway.Simulator.Protocols.Bedrock;

/// <summary>Bedrock's runtime: a signature of a known secret, or a bearer token.</summary>
internal sealed class BedrockProvider(TimeProvider time) : Provider
{
    /// <summary>The access key of a signature, or the token.</summary>
    public override string Credential(HttpContext context) => SigV4.AccessKey(context) ?? Bearer(context);

    public override void Begin(HttpContext context, string number) => context.Response.Headers["x-amzn-requestid"] = number;

    public override void Authorize(HttpContext context, string credential, ReadOnlyMemory<byte> body, IReadOnlySet<string> keys)
    {
        if (SigV4.AccessKey(context) is null)
        {
            base.Authorize(context, credential, body, keys);
            return;
        }

        // Of an unknown key there is no secret to check the signature with. Without a list any key will do, but its form must be right.
        var secret = keys.FirstOrDefault(key => key.StartsWith($"{credential}:", StringComparison.Ordinal))?[(credential.Length + 1)..];
        if (secret is null && keys.Count > 0)
        {
            throw BedrockError.Denied("The security token included in the request is invalid.", "UnrecognizedClientException");
        }

        SigV4.Check(context, body, secret, time.GetUtcNow());
    }

    public override ProviderException NoCredential() => BedrockError.Denied("Missing Authentication Token", "MissingAuthenticationTokenException");

    public override ProviderException WrongCredential() => BedrockError.Denied("Authentication failed: Please make sure your API Key is valid.", "AccessDeniedException");

    public override ProviderException NotJson() => BedrockError.Serialization("The request body could not be read as JSON");

    public override ProviderException NoModel(string model) => BedrockError.Invalid("The provided model identifier is invalid.");

    public override ProviderException BadDirective(string message) => BedrockError.Invalid(message);

    public override ProviderException Scripted(int status, string? code) => BedrockError.Scripted(status, code);

    public override ProviderException Describe(FieldFault fault)
    {
        var (problem, path, value, field) = fault;
        return problem switch
        {
            FieldProblem.Unknown => Extra(path),
            FieldProblem.Missing => BedrockError.Constraint(path, "null", "Member must not be null"),
            FieldProblem.WrongType => BedrockError.Serialization($"{Kind(value)} can not be converted to {Expected(field!.Type)}"),
            FieldProblem.Refused => BedrockError.Invalid($"This model doesn't support the {path} field. Remove {path} and try again."),
            FieldProblem.BelowMin => BedrockError.Constraint(path, $"'{value}'", $"Member must have value greater than or equal to {field!.Min}"),
            FieldProblem.AboveMax => BedrockError.Constraint(path, $"'{value}'", $"Member must have value less than or equal to {field!.Max}"),
            FieldProblem.NotOneOf => BedrockError.Constraint(path, $"'{value}'", $"Member must satisfy enum value set: [{string.Join(", ", field!.OneOf!)}]"),
        };
    }

    /// <summary>JSON schema's way to say where: <c>#/inferenceConfig</c>.</summary>
    private static BedrockError Extra(string path)
    {
        var dot = path.LastIndexOf('.');
        var holder = dot < 0 ? "#" : $"#/{path[..dot].Replace('.', '/')}";
        return BedrockError.Invalid($"Malformed input request: {holder}: extraneous key [{path[(dot + 1)..]}] is not permitted, please reformat your input and try again.");
    }

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "STRING_VALUE",
        JsonValueKind.Number => "NUMBER_VALUE",
        JsonValueKind.True => "TRUE_VALUE",
        JsonValueKind.False => "FALSE_VALUE",
        JsonValueKind.Array => "START_ARRAY",
        JsonValueKind.Object => "START_OBJECT",
        _ => "NULL_VALUE",
    };

    private static string Expected(FieldType type) => type switch
    {
        FieldType.Text => "String",
        FieldType.Integer => "Integer",
        FieldType.Number => "Float",
        FieldType.Flag => "Boolean",
        FieldType.List => "List",
        _ => "Structure",
    };
}
