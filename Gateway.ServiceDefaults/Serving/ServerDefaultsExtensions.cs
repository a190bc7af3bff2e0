using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gateway.ServiceDefaults.Serving;

internal static class ServerDefaultsExtensions
{
    public static void AddServerDefaults(this IHostApplicationBuilder builder)
    {
        var inline = InlineCompletions.Decide(builder.Configuration);
        builder.Services.Configure<SocketTransportOptions>(options => options.UnsafePreferInlineScheduling = inline);
        builder.Services.Configure<KestrelServerOptions>(static options =>
        {
            options.AddServerHeader = false;
            options.RequestHeaderEncodingSelector = LengthDigits.Select;

            // What nobody sane sends is refused before anything is done for it. The body's limit is each service's own.
            options.Limits.MaxRequestLineSize = 8 * 1024;
            options.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
            options.Limits.MaxRequestHeaderCount = 100;
            options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        });
    }
}
