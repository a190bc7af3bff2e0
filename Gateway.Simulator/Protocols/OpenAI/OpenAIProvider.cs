using Gateway.Simulator.Control;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary>OpenAI's own service: a bearer token, and errors with type, param and code.</summary>
internal class OpenAIProvider : Provider
{
    /// <summary>Answers carry what a content filter found.</summary>
    public virtual bool Filters => false;

    public override string Credential(HttpContext context) => Bearer(context);

    public override void Begin(HttpContext context, string number) => context.Response.Headers["x-request-id"] = $"req_{number}";

    public override ProviderException NoCredential() => OpenAIError.NoKey();

    public override ProviderException WrongCredential() => OpenAIError.WrongKey();

    public override ProviderException NotJson() => OpenAIError.NotJson();

    public override ProviderException NoModel(string model) => OpenAIError.NoModel(model);

    public override ProviderException BadDirective(string message) => OpenAIError.BadDirective(message);

    public override ProviderException Scripted(int status, string? code) => OpenAIError.Scripted(status, code);

    public override void WriteQuota(IHeaderDictionary headers, Quota quota, DateTimeOffset now) => QuotaHeaders.WriteOpenAI(headers, quota);

    public override ProviderException Describe(FieldFault fault)
    {
        var (problem, path, value, field) = fault;
        return problem switch
        {
            FieldProblem.Unknown => OpenAIError.Unknown(path),
            FieldProblem.Missing => OpenAIError.Missing(path),
            FieldProblem.WrongType => OpenAIError.WrongType(path, Expected(field!.Type), OpenAIFields.KindOf(value)),
            FieldProblem.Refused => OpenAIError.Unsupported(path),
            FieldProblem.BelowMin => OpenAIError.Invalid(
                path, $"{Kind(field!)} below minimum value. Expected a value >= {field!.Min}, but got {value} instead.", $"{Kind(field)}_below_min_value"),
            FieldProblem.AboveMax => OpenAIError.Invalid(
                path, $"{Kind(field!)} above maximum value. Expected a value <= {field!.Max}, but got {value} instead.", $"{Kind(field)}_above_max_value"),
            FieldProblem.NotOneOf => OpenAIError.NotOneOf(path, value.GetString()!, field!.OneOf!),
        };
    }

    private static string Kind(Field field) => field.Type == FieldType.Integer ? "integer" : "decimal";

    private static string Expected(FieldType type) => type switch
    {
        FieldType.Text => "a string",
        FieldType.Integer => "an integer",
        FieldType.Number => "a decimal",
        FieldType.Flag => "a boolean",
        FieldType.List => "an array",
        FieldType.Map => "an object",
        FieldType.TextOrList => "a string or an array",
        FieldType.TextOrMap => "a string or an object",
        FieldType.TextOrFlag => "a string or a boolean",
        FieldType.Any => "a value",
    };
}
