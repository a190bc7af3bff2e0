using System.Collections.Frozen;
using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Hosting;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Recordings;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary>What one endpoint does once the request is known to be well-formed.</summary>
internal interface IOpenAIOperation
{
    FrozenDictionary<string, Field> Fields { get; }

    /// <exception cref="OpenAIError">Refused; nothing was written.</exception>
    Task<Ending> AnswerAsync(OpenAICall call);
}

/// <summary>Where every POST comes in: credential, JSON, field rules, recordings, meter and errors, in the provider's order.</summary>
internal sealed class OpenAIDoor(SimulatorOptions options, ProviderMeter meter, RecordingLibrary recordings, TimeProvider time)
{
    private const string Scheme = "Bearer ";

    public async Task InvokeAsync(HttpContext context, IOpenAIOperation operation)
    {
        var credential = Credential(context);
        var request = meter.Begin(credential);
        try
        {
            context.Response.Headers["x-request-id"] = $"req_{request.Number}";
            Authorize(credential);
            using var body = await ReadBodyAsync(context);
            request.End(await AnswerAsync(context, request, body.RootElement, operation));
        }
        catch (OpenAIError error)
        {
            request.Status = error.Status;
            await WriteErrorAsync(context, error);
            request.End(Ending.Error);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            request.End(Ending.ClientGone);
        }
        finally
        {
            // Only a bug of ours gets here without an ending; it must not stay in flight for ever.
            request.End(Ending.Error);
        }
    }

    /// <summary>Checks the credential of a GET, which is not metered.</summary>
    /// <exception cref="OpenAIError">Missing or not accepted.</exception>
    public void Authorize(HttpContext context) => Authorize(Credential(context));

    public static Task WriteErrorAsync(HttpContext context, OpenAIError error)
    {
        context.Response.StatusCode = error.Status;
        return context.Response.WriteAsJsonAsync(error.Body, OpenAIJson.Wire.ErrorBody, "application/json");
    }

    private async Task<Ending> AnswerAsync(HttpContext context, MeteredRequest request, JsonElement body, IOpenAIOperation operation)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw OpenAIError.NotJson();
        }

        // A recording answers whatever its provider was asked, so the strict rules of this one do not apply.
        var model = Json.Text(body, "model"u8);
        var recording = model is null ? null : RecordingLibrary.IdOf(FaultDirectives.ModelName(model));
        if (recording is null)
        {
            Fields.Check(body, operation.Fields);
        }

        request.Asked(model!);
        request.User = Json.Text(body, "user"u8) ?? "";
        request.Stream = Json.Flag(body, "stream"u8);
        var call = new OpenAICall { Context = context, Meter = request, Body = body, Model = model!, Seed = options.Seed, Time = time };
        if (recording is not null)
        {
            return await RecordingPlayer.PlayAsync(call, recordings.Find(recording) ?? throw OpenAIError.NoModel(model!));
        }

        if (options.Models.Count > 0 && !options.Models.Contains(FaultDirectives.ModelName(model!), StringComparer.Ordinal))
        {
            throw OpenAIError.NoModel(model!);
        }

        return await operation.AnswerAsync(call);
    }

    private void Authorize(string credential)
    {
        if (credential.Length == 0)
        {
            throw OpenAIError.NoKey();
        }

        if (options.Keys.Count > 0 && !options.Keys.Contains(credential))
        {
            throw OpenAIError.WrongKey();
        }
    }

    private static string Credential(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : "";
    }

    private static async Task<JsonDocument> ReadBodyAsync(HttpContext context)
    {
        try
        {
            return await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        }
        catch (JsonException)
        {
            throw OpenAIError.NotJson();
        }
    }
}
