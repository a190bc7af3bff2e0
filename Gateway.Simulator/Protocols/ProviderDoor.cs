using System.Text.Json;
using Gateway.Simulator.Control;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Hosting;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Protocols.OpenAI.Media;
using Gateway.Simulator.Recordings;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Simulator.Protocols;

/// <summary>Where every request of every provider comes in: credential, JSON, field rules, recordings, meter and errors, in this order.</summary>
internal sealed class ProviderDoor(SimulatorOptions options, ProviderMeter meter, ProviderControl control, RecordingLibrary recordings, TimeProvider time)
{
    public async Task InvokeAsync(HttpContext context, Operation operation)
    {
        var provider = operation.Provider;
        var credential = provider.Credential(context);
        var mood = control.Current;
        var request = meter.Begin(credential, mood.KeepText);
        request.Path = context.Request.Path.Value ?? "";
        try
        {
            provider.Begin(context, request.Number);
            var bytes = await ReadBodyAsync(context);
            provider.Authorize(context, credential, bytes, options.Keys);
            using var body = Parse(operation.TakesForm ? await FormBody.ToJsonAsync(context, bytes) : bytes, provider);
            request.End(await AnswerAsync(context, request, body.RootElement, operation, mood, bytes.Length));
        }
        catch (ProviderException error)
        {
            request.Status = error.Status;
            await provider.WriteErrorAsync(context, error, request.Number);
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

    /// <summary>Answers a request that is not metered, a list of models say, to those whose credential is accepted.</summary>
    public async Task GuardAsync(HttpContext context, Provider provider, Func<Task> answer)
    {
        var number = meter.NextNumber();
        try
        {
            provider.Begin(context, number);
            provider.Authorize(context, provider.Credential(context), default, options.Keys);
            if (!control.Current.IsEmpty)
            {
                var script = control.Current.Always(provider.Credential(context), time.GetUtcNow());
                await new ScriptedResponse(context, script, 0, time).BeforeHeadAsync();
                ScriptedRefusal.ThrowIfAny(context, provider, script, time);
                if (script.CutAfter == 0)
                {
                    context.Abort();
                    return;
                }
            }

            await answer();
        }
        catch (ProviderException error)
        {
            await provider.WriteErrorAsync(context, error, number);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Left while it was kept waiting.
        }
    }

    private async Task<Ending> AnswerAsync(HttpContext context, MeteredRequest request, JsonElement body, Operation operation, ControlState mood, int bytes)
    {
        var provider = operation.Provider;
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw provider.NotJson();
        }

        // A recording answers whatever its provider was asked, so the strict rules of this one do not apply.
        var model = operation.ModelOf(context, body);
        var recording = model is null ? null : RecordingLibrary.IdOf(FaultDirectives.ModelName(model));
        if (recording is null)
        {
            operation.Check(body);
        }

        request.Asked(model!);
        request.User = operation.UserOf(body);
        request.Stream = operation.StreamOf(context, body);

        // Four bytes a token, as a provider guesses before it has read the text.
        using var visit = mood.IsEmpty ? null : await mood.EnterAsync(context, provider, provider.Credential(context), request, bytes / 4, time);
        var call = new ProviderCall
        {
            Context = context,
            Provider = provider,
            Meter = request,
            Body = body,
            Model = model!,
            Stream = request.Stream,
            Seed = options.Seed,
            Time = time,
            Mood = visit?.Mood ?? FaultScript.None,
        };
        if (recording is not null)
        {
            return await RecordingPlayer.PlayAsync(call, recordings.Find(recording) ?? throw provider.NoModel(model!));
        }

        if (options.Models.Count > 0 && !options.Models.Contains(FaultDirectives.ModelName(model!), StringComparer.Ordinal))
        {
            throw provider.NoModel(model!);
        }

        return await operation.AnswerAsync(call);
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContext context)
    {
        // The length is a claim, so it is not trusted with memory that has not arrived.
        using var buffer = new MemoryStream((int)Math.Min(context.Request.ContentLength ?? 0, 64 * 1024));
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> bytes, Provider provider)
    {
        try
        {
            return JsonDocument.Parse(bytes);
        }
        catch (JsonException)
        {
            throw provider.NotJson();
        }
    }
}

internal static class ProviderDoorSetup
{
    public static WebApplicationBuilder AddProviderDoor(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton<ProviderDoor>();
        return builder;
    }

    /// <summary>A POST that is answered by <paramref name="operation"/>.</summary>
    public static void MapOperation(this IEndpointRouteBuilder routes, string path, Operation operation)
    {
        var door = routes.ServiceProvider.GetRequiredService<ProviderDoor>();
        routes.MapPost(path, context => door.InvokeAsync(context, operation));
    }
}
