using Gateway.Core.Configuration;
using Gateway.Usage;

var builder = ServiceHost.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddGatewayConfiguration();
builder.AddUsage();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapUsage();
return app.RunService();
