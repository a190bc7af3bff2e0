using Gateway.Simulator.Control;

namespace Gateway.Simulator.Protocols.Anthropic;

/// <summary>Anthropic's service: <c>x-api-key</c> or a bearer token, a version header, and messages that begin with the path of what is wrong.</summary>
internal sealed class AnthropicProvider : Provider
{
    public override string Credential(HttpContext context) =>
        context.Request.Headers["x-api-key"].ToString().Trim() is { Length: > 0 } key ? key : Bearer(context);

    public override void Begin(HttpContext context, string number) => context.Response.Headers["request-id"] = $"req_{number}";

    public override void Authorize(HttpContext context, string credential, ReadOnlyMemory<byte> body, IReadOnlySet<string> keys)
    {
        base.Authorize(context, credential, body, keys);
        switch (context.Request.Headers["anthropic-version"].ToString())
        {
            case "2026-10-21" or "2023-06-01" or "2023-01-01":    // the first is what the newest SDKs send
                break;
            case "":
                throw AnthropicError.Invalid("anthropic-version: header is required");
            case var version:
                throw AnthropicError.Invalid($"anthropic-version: \"{version}\" is not a valid version");
        }
    }

    public override ProviderException NoCredential() => new AnthropicError(401, "x-api-key header is required", "authentication_error");

    public override ProviderException WrongCredential() => AnthropicError.Scripted(401, null);

    public override ProviderException NotJson() => AnthropicError.Invalid("The request body is not valid JSON");

    public override ProviderException NoModel(string model) => new AnthropicError(404, $"model: {model}", "not_found_error");

    public override ProviderException BadDirective(string message) => AnthropicError.Invalid(message);

    public override ProviderException Scripted(int status, string? code) => AnthropicError.Scripted(status, code);

    public override void WriteQuota(IHeaderDictionary headers, Quota quota, DateTimeOffset now) => QuotaHeaders.WriteAnthropic(headers, quota, now);

    public override ProviderException Describe(FieldFault fault)
    {
        var (problem, path, _, field) = fault;
        return AnthropicError.Invalid(path, problem switch
        {
            FieldProblem.Unknown => "Extra inputs are not permitted",
            FieldProblem.Missing => "Field required",
            FieldProblem.WrongType => $"Input should be {Expected(field!.Type)}",
            FieldProblem.Refused => "This field is not supported by this model",
            FieldProblem.BelowMin => $"Input should be greater than or equal to {field!.Min}",
            FieldProblem.AboveMax => $"Input should be less than or equal to {field!.Max}",
            FieldProblem.NotOneOf => $"Input should be {List(field!.OneOf!)}",
        });
    }

    /// <summary><c>'a', 'b' or 'c'</c></summary>
    public static string List(IReadOnlyList<string> names) => names.Count == 1
        ? $"'{names[0]}'" : $"{string.Join(", ", names.Take(names.Count - 1).Select(name => $"'{name}'"))} or '{names[^1]}'";

    private static string Expected(FieldType type) => type switch
    {
        FieldType.Text => "a valid string",
        FieldType.Integer => "a valid integer",
        FieldType.Number => "a valid number",
        FieldType.Flag => "a valid boolean",
        FieldType.List => "a valid list",
        FieldType.Map => "an object",
        FieldType.TextOrList => "a valid string or a valid list",
        FieldType.TextOrMap => "a valid string or an object",
        FieldType.TextOrFlag => "a valid string or a valid boolean",
        FieldType.Any => "a valid value",
    };
}
