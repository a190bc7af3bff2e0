using Gateway.Bench.Chain;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(static kestrel => kestrel.AddServerHeader = false);
builder.Services.Configure<SocketTransportOptions>(static sockets => sockets.UnsafePreferInlineScheduling = true);

var next = builder.Configuration["next"] ?? throw new InvalidOperationException("--next http://HOST:PORT is missing.");
var relay = new Relay(new Uri(next));
var app = builder.Build();
app.Run(relay.InvokeAsync);
app.Run();
