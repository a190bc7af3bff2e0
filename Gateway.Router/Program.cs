using Gateway.Core.Configuration;
using Gateway.Router;
using Gateway.Router.ModelLists;
using Gateway.Router.Pipeline;
using Gateway.Router.Settlement;

var builder = ServiceHost.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddGatewayConfiguration();
builder.AddDrain();
builder.AddUsageJournal();
builder.AddRouter();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapLlmEndpoints();
app.MapModelLists();
return app.RunService();
