using Gateway.Core.Configuration;
using Gateway.Usage;
using Gateway.Usage.Commands;

if (LedgerCommands.IsOne(args))
{
    return await LedgerCommands.OfThisProcess().RunAsync(args);
}

var builder = ServiceHost.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddGatewayConfiguration();
builder.AddUsage();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapUsage();
return app.RunService();
