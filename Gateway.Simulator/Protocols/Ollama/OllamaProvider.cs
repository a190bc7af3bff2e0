namespace Gateway.Simulator.Protocols.Ollama;

/// <summary>An Ollama server: no credential, unless some are listed, and errors of one sentence.</summary>
/// <param name="request">The server's name of the request, such as <c>ChatRequest</c>, which its errors repeat.</param>
internal sealed class OllamaProvider(string request) : Provider
{
    public override string Credential(HttpContext context) => Bearer(context);

    public override void Begin(HttpContext context, string number)
    {
    }

    public override void Authorize(HttpContext context, string credential, ReadOnlyMemory<byte> body, IReadOnlySet<string> keys)
    {
        if (keys.Count > 0)
        {
            base.Authorize(context, credential, body, keys);
        }
    }

    public override ProviderException NoCredential() => new OllamaError(StatusCodes.Status401Unauthorized, "unauthorized");

    public override ProviderException WrongCredential() => NoCredential();

    public override ProviderException NotJson() => OllamaError.Invalid("invalid character in the request body: expected a JSON object");

    public override ProviderException NoModel(string model) => OllamaError.NoModel(model);

    public override ProviderException BadDirective(string message) => OllamaError.Invalid(message);

    public override ProviderException Scripted(int status, string? code) => OllamaError.Scripted(status, code);

    public override ProviderException Describe(FieldFault fault) => fault.Problem switch
    {
        FieldProblem.Missing => OllamaError.Invalid($"{fault.Path} is required"),
        FieldProblem.NotOneOf when fault.Path == "think" => OllamaError.Invalid(
            $"invalid think value: \"{fault.Value.GetString()}\" (must be \"high\", \"medium\", \"low\", true, or false)"),
        _ => OllamaError.WrongType($"{request}.{fault.Path}", fault.Value, fault.Path switch
        {
            "messages" => "[]api.Message",
            "tools" => "api.Tools",
            "context" => "[]int",
            "images" => "[]api.ImageData",
            _ => GoType(fault.Field!.Type),
        }),
    };

    private static string GoType(FieldType type) => type switch
    {
        FieldType.Text => "string",
        FieldType.Integer => "int",
        FieldType.Number => "float64",
        FieldType.Flag => "bool",
        FieldType.Map => "map[string]interface {}",
        FieldType.TextOrMap => "json.RawMessage",
        FieldType.TextOrFlag => "api.ThinkValue",
        FieldType.List or FieldType.TextOrList or FieldType.Any => "interface {}",
    };
}
