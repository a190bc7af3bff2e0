using System.Globalization;
using System.Runtime.InteropServices;
using Gateway.Bench.Load;
using Gateway.Bench.Measuring;
using Gateway.Bench.Mock;
using Gateway.Bench.Selftest;
using Gateway.Bench.Sockets;
using Gateway.Bench.Table;

namespace Gateway.Bench;

/// <summary>The subcommands. All of them stop on Ctrl-C and on SIGTERM.</summary>
internal static class Commands
{
    private const string Usage = """
        usage: Gateway.Bench <command> [options]

        table      everything that `make bench` prints
                     --quick                 under three minutes instead of ten
                     --rounds N              interleaved rounds (5, quick 2)
                     --targets A,B           direct, nginx-2hop, chain-2hop, gateway, gateway-balanced, gateway-unbalanced, gateway-limits, gateway-anthropic
                     --measures A,B          closed, open500, open1000, paced, burst, idle
                     --idle-streams N        open streams of the idle measure (500)
                     --seed N                of arrivals (1; round r uses seed + r)
                     --no-build              measure what is built
                     --no-redis              the gateway without Redis
                     --gateway-env N=V ...   environment of Edge and Router, to try out runtime settings
        mock       the cheap upstream alone: --port N
        load       one run against a port: --port N [--connections N | --rate N] [--stream] [--tokens N] [--gap-ms N] [--seconds N] [--key K] [--model M] [--seed N]
        selftest   checks histogram, parser, arrivals, and both ends of short runs
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        Clock.RequireNanoseconds();
        var arguments = new Arguments(args.Skip(1));
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        switch (args.FirstOrDefault())
        {
            case "table":
                return await new TableCommand(Settings.From(arguments)).RunAsync(stop.Token);
            case "mock":
                return RunMock(arguments, stop.Token);
            case "load":
                return await RunLoadAsync(arguments, stop.Token);
            case "selftest":
                arguments.RefuseRest();
                return await SelftestCommand.RunAsync(stop.Token);
            default:
                Console.Error.WriteLine(Usage);
                return 2;
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }

    private static int RunMock(Arguments arguments, CancellationToken cancellationToken)
    {
        var port = arguments.Number("port", 0, 0, 65535);
        var parent = arguments.Number("parent", 0, 0, int.MaxValue);
        arguments.RefuseRest();
        using var mock = new MockServer(port);
        Console.WriteLine($"mock upstream on http://127.0.0.1:{mock.Port}/v1");
        mock.Run(() => !cancellationToken.IsCancellationRequested && (parent == 0 || Native.ParentProcess == parent));
        return 0;
    }

    private static async Task<int> RunLoadAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var plan = new LoadPlan
        {
            Port = arguments.Number("port", 8080, 1, 65535),
            Key = arguments.Text("key", "bench-key"),
            Model = arguments.Text("model", "bench-model"),
            Connections = arguments.Number("connections", 64, 1, 4000),
            RatePerSecond = arguments.Number("rate", 0, 0, 200_000),
            Stream = arguments.Switch("stream"),
            Tokens = arguments.Number("tokens", 64, 1, 10_000),
            Gap = TimeSpan.FromMilliseconds(arguments.Number("gap-ms", 0, 0, 10_000)),
            Duration = TimeSpan.FromSeconds(arguments.Number("seconds", 3, 1, 600)),
            Seed = arguments.Number("seed", 1, 0, int.MaxValue),
        };
        arguments.RefuseRest();
        var load = await LoadGenerator.RunAsync(plan, cancellationToken);
        var culture = CultureInfo.InvariantCulture;
        Console.WriteLine(string.Create(culture, $"{load.Completed:N0} answers, {load.PerSecond:N0}/s, {load.Tokens:N0} tokens, generator {RunRecord.Per(load.CpuNanoseconds, load.Completed):F1} µs CPU per request"));
        Print("latency", load.Latency);
        Print("first token", load.FirstToken);
        Print("token transit", load.Transit);
        foreach (var (error, count) in load.Errors)
        {
            Console.WriteLine($"error: {error}: {count}");
        }

        return load.ErrorCount == 0 ? 0 : 1;

        void Print(string name, Histogram histogram)
        {
            if (histogram.Count > 0)
            {
                Console.WriteLine(string.Create(culture, $"{name}: p50 {histogram.Microseconds(50):N0} p90 {histogram.Microseconds(90):N0} p99 {histogram.Microseconds(99):N0} p99.9 {histogram.Microseconds(99.9):N0} max {histogram.Max / 1000.0:N0} µs"));
            }
        }
    }
}
