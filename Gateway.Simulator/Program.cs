using Gateway.Simulator.Hosting;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Protocols.OpenAI;
using Gateway.Simulator.Recordings;

var builder = ServiceHost.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddSimulator().AddMeter().AddRecordings().AddOpenAI();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapMeter();
app.MapOpenAI();
return app.RunService();
