using System.Text.Json;
using Gateway.Simulator.Meter;

namespace Gateway.Simulator.Protocols;

/// <summary>One endpoint of one provider. One instance serves all requests.</summary>
internal abstract class Operation(Provider provider)
{
    public Provider Provider => provider;

    /// <summary>The top-level members that a body may have.</summary>
    public abstract FieldTable Fields { get; }

    /// <summary>The body is a form; its parts are checked and read as a JSON object.</summary>
    public virtual bool TakesForm => false;

    /// <summary>The model as asked for, directives included; null when it is missing or no text. The body is not checked yet.</summary>
    public virtual string? ModelOf(HttpContext context, JsonElement body) => Json.Text(body, "model"u8);

    public virtual bool StreamOf(HttpContext context, JsonElement body) => Json.Flag(body, "stream"u8);

    /// <summary>The end user that the meter shows.</summary>
    public virtual string UserOf(JsonElement body) => Json.Text(body, "user"u8) ?? "";

    /// <summary>Checks the top-level members.</summary>
    /// <exception cref="ProviderException">One is unknown, missing, of the wrong type or out of range.</exception>
    public virtual void Check(JsonElement body) => Fields.Check(body, provider);

    /// <summary>Answers a request whose top-level fields are right and whose model exists.</summary>
    /// <exception cref="ProviderException">Refused; nothing was written.</exception>
    public abstract Task<Ending> AnswerAsync(ProviderCall call);
}
