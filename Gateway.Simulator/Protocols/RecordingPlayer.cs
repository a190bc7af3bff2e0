using Gateway.Simulator.Meter;
using Gateway.Simulator.Recordings;

namespace Gateway.Simulator.Protocols;

/// <summary>Answers with a recording: its status, its headers, its bytes, in one piece or in the pieces that a directive asks for.</summary>
internal static class RecordingPlayer
{
    public static async Task<Ending> PlayAsync(ProviderCall call, Recording recording)
    {
        // Only the model name can script a recording: its messages are whatever was said then.
        var script = call.ReadScript("");
        call.Context.Response.StatusCode = call.Meter.Status = recording.Status;
        foreach (var (name, value) in recording.Headers)
        {
            call.Context.Response.Headers[name] = value;
        }

        var response = await call.OpenAsync(script, call.SeedOf(call.Body, script));
        await response.SendAsync(recording.Body);
        return recording.Status < StatusCodes.Status400BadRequest ? Ending.Completed : Ending.Error;
    }
}
