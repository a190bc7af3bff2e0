using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols;

/// <summary>One request that passed the door.</summary>
internal sealed class ProviderCall
{
    public required HttpContext Context { get; init; }

    public required Provider Provider { get; init; }

    public required MeteredRequest Meter { get; init; }

    public required JsonElement Body { get; init; }

    /// <summary>As asked for, directives included.</summary>
    public required string Model { get; init; }

    public required bool Stream { get; init; }

    /// <summary>The Simulator's own seed.</summary>
    public required ulong Seed { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>What holds for this request without any directive of its own.</summary>
    public FaultScript Mood { get; init; } = FaultScript.None;

    public long Created => Time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>The seed of this request: its model, what it says, and its own <c>seed</c>. Streamed or not gives the same words.</summary>
    public ulong SeedOf(JsonElement content, FaultScript script)
    {
        var seed = StableRandom.SeedOf(Seed + script.Seed, Encoding.UTF8.GetBytes(FaultDirectives.ModelName(Model)));
        seed = StableRandom.SeedOf(seed, JsonMarshal.GetRawUtf8Value(content));
        return Json.Member(Body, "seed"u8) is { } own ? StableRandom.SeedOf(seed, JsonMarshal.GetRawUtf8Value(own)) : seed;
    }

    /// <param name="text">The last user text, where directives may stand.</param>
    /// <exception cref="ProviderException">A directive cannot be followed.</exception>
    public FaultScript ReadScript(string text)
    {
        try
        {
            var script = FaultDirectives.Read(Model, text, Mood);
            Meter.Directives = script.Said;
            return script;
        }
        catch (FaultDirectiveException error)
        {
            throw Provider.BadDirective(error.Message);
        }
    }

    /// <summary>The response by its script: waits for its head, and refuses when the script says so.</summary>
    /// <exception cref="ProviderException">The script wants an error status.</exception>
    public async Task<ScriptedResponse> OpenAsync(FaultScript script, ulong seed)
    {
        var response = new ScriptedResponse(Context, script, seed, Time);
        await response.BeforeHeadAsync();
        ScriptedRefusal.ThrowIfAny(Context, Provider, script, Time);
        return response;
    }
}
