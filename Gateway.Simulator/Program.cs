using Gateway.Simulator.Control;
using Gateway.Simulator.Hosting;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Protocols;
using Gateway.Simulator.Recordings;

var builder = ServiceHost.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddSimulator().AddMeter().AddControl().AddRecordings().AddProtocols();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapMeter();
app.MapControl();
app.MapProtocols();
return app.RunService();
