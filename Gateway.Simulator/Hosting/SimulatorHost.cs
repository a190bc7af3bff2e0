using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Gateway.Simulator.Hosting;

internal static class SimulatorHost
{
    private const long MaxBodyBytes = 64 * 1024 * 1024;

    /// <summary>The server and what every feature of it shares.</summary>
    public static WebApplicationBuilder AddSimulator(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(SimulatorOptions.From(builder.Configuration));
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Limits.MaxRequestBodySize = MaxBodyBytes);
        builder.Services.Configure<SocketTransportOptions>(static sockets =>
        {
            // A flush ends when the socket took the bytes, not when they entered a buffer of ours. Without this the meter would
            // count tokens as written that a reset throws away, and 'cut_after=10' would sometimes cut after 7.
            sockets.MaxWriteBufferSize = 1;
        });
        return builder;
    }
}
