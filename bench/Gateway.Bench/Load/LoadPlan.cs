using System.Globalization;
using System.Text;
using Gateway.Bench.Mock;

namespace Gateway.Bench.Load;

/// <summary>One run of load: to whom, what, how much and for how long. All of it is bounded.</summary>
internal sealed record LoadPlan
{
    public const int RequestBytes = 1024;

    public required int Port { get; init; }

    public string Key { get; init; } = "bench-key";

    /// <summary>Which model is asked for: it decides where a gateway sends the request.</summary>
    public string Model { get; init; } = "bench-model";

    public bool Stream { get; init; }

    public int Tokens { get; init; } = 64;

    public TimeSpan Gap { get; init; }

    /// <summary>Closed loop: requests under way at any time. Open loop: connections made beforehand.</summary>
    public int Connections { get; init; } = 64;

    /// <summary>Open loop: Poisson arrivals at this rate, latency from the intended time. 0: closed loop.</summary>
    public double RatePerSecond { get; init; }

    /// <summary>Open loop: more arrivals than this at once wait in the generator, and the wait counts as latency.</summary>
    public int MaxConnections { get; init; } = 1024;

    public required TimeSpan Duration { get; init; }

    public long MaxRequests { get; init; } = long.MaxValue;

    /// <summary>How long after <see cref="Duration"/> answers may still come; what is missing then is an error.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(5);

    public int Seed { get; init; } = 1;

    /// <summary>The request as it goes over the wire: the head, and a body of exactly <see cref="RequestBytes"/>.</summary>
    public byte[] BuildRequest()
    {
        var wishes = Stream ? $"tokens={Tokens} gap={Gap.TotalMicroseconds.ToString("F0", CultureInfo.InvariantCulture)} " : "";
        var options = Stream ? ""","stream":true,"stream_options":{"include_usage":true}""" : "";
        var start = $$"""{"model":"{{Model}}"{{options}},"messages":[{"role":"system","content":"You are terse."},{"role":"user","content":"{{wishes}}""";
        const string End = "\"}],\"temperature\":0.7,\"max_tokens\":256}";
        var body = start + Padding.Text(RequestBytes - start.Length - End.Length) + End;
        return Encoding.ASCII.GetBytes(
            $"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{Port}\r\nAuthorization: Bearer {Key}\r\n"
            + $"Content-Type: application/json\r\nAccept: */*\r\nUser-Agent: gateway-bench\r\nContent-Length: {body.Length}\r\n\r\n{body}");
    }
}
