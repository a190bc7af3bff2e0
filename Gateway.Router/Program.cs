using Gateway.Core.Configuration;
using Gateway.Router;
using Gateway.Router.Cooldowns;
using Gateway.Router.Explain;
using Gateway.Router.ModelLists;
using Gateway.Router.Pipeline;
using Gateway.Router.Settlement;
using Gateway.Router.StoredResponses;

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
app.MapStoredResponses();
app.MapDeployments();
app.MapExplain();
return app.RunService();
