using Gateway.Core.Configuration;
using Gateway.Moderation.Endpoints;

var builder = ServiceHost.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddGatewayConfiguration();
builder.AddModeration();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapModeration();
return app.RunService();
