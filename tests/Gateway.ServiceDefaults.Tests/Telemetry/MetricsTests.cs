using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Gateway.ServiceDefaults.Tests.Telemetry;

public sealed class MetricsTests
{
    [Fact]
    public async Task Metrics_AfterARequest_HaveItsDurationByRouteAndStatus()
    {
        await using var service = await TestService.StartAsync(map: static app => app.MapGet("/things/{id}", static (string id) => Results.StatusCode(418)));
        await service.Http.GetAsync("/things/1");
        await service.Http.GetAsync("/things/2");

        using var response = await service.Http.GetAsync("/metrics");
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n');

        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("0.0.4", response.Content.Headers.ContentType?.ToString(), StringComparison.Ordinal);
        Assert.Contains("# TYPE http_server_request_duration_seconds histogram", lines);
        var mine = lines.Where(static line => line.Contains("http_route=\"/things/{id}\"", StringComparison.Ordinal)
            && line.Contains("http_response_status_code=\"418\"", StringComparison.Ordinal)).ToList();
        // The last bound is ten minutes: a completion may take that long.
        Assert.Contains(mine, static line => line.StartsWith("http_server_request_duration_seconds_bucket{", StringComparison.Ordinal) && line.EndsWith("le=\"600\"} 2", StringComparison.Ordinal));
        Assert.Contains(mine, static line => line.StartsWith("http_server_request_duration_seconds_bucket{", StringComparison.Ordinal) && line.EndsWith("le=\"+Inf\"} 2", StringComparison.Ordinal));
        Assert.Contains(mine, static line => line.StartsWith("http_server_request_duration_seconds_count{", StringComparison.Ordinal) && line.EndsWith("} 2", StringComparison.Ordinal));
        Assert.Single(mine, static line => line.StartsWith("http_server_request_duration_seconds_sum{", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metrics_AfterProbes_HaveNoDurationOfThem()
    {
        await using var service = await TestService.StartAsync(map: static app => app.MapGet("/work", static () => "done"));
        await service.Http.GetAsync("/health");
        await service.Http.GetAsync("/ready");
        await service.Http.GetAsync("/work");

        var durations = (await service.Http.GetStringAsync("/metrics")).Split('\n')
            .Where(static line => line.StartsWith("http_server_request_duration_seconds_count", StringComparison.Ordinal)).ToList();

        Assert.Contains("http_route=\"/work\"", Assert.Single(durations), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_OfAGatewayMeter_AreNamedTypedAndEscapedForPrometheus()
    {
        using var meter = new Meter("Gateway.Test.Metrics");
        await using var service = await TestService.StartAsync();
        var tokens = meter.CreateCounter<long>("gateway.tokens.sent", "{token}", "Tokens, \"all\" of them.\nReally.");
        var spent = meter.CreateCounter<double>("gateway.spent.total", "$");
        var open = meter.CreateUpDownCounter<int>("gateway.streams.open");
        var size = meter.CreateHistogram<int>("gateway.body.size", "By");
        tokens.Add(3, new KeyValuePair<string, object?>("gateway.model", "a\"b\\c\nd"), new("cached", true));
        tokens.Add(4, new KeyValuePair<string, object?>("gateway.model", "a\"b\\c\nd"), new("cached", true));
        spent.Add(0.25);
        open.Add(2);
        open.Add(-1);
        size.Record(7);

        var lines = (await service.Http.GetStringAsync("/metrics")).Split('\n')
            .Where(static line => line.Contains("gateway_", StringComparison.Ordinal)).ToList();

        const string Scope = "otel_scope_name=\"Gateway.Test.Metrics\"";
        Assert.Contains("# TYPE gateway_tokens_sent_total counter", lines);
        Assert.Contains("# HELP gateway_tokens_sent_total Tokens, \"all\" of them.\\nReally.", lines);
        Assert.Contains($"gateway_tokens_sent_total{{{Scope},cached=\"true\",gateway_model=\"a\\\"b\\\\c\\nd\"}} 7", lines);
        Assert.Contains(lines, static line => line.StartsWith("gateway_spent_", StringComparison.Ordinal) && line.EndsWith("} 0.25", StringComparison.Ordinal));
        Assert.Contains("# TYPE gateway_streams_open gauge", lines);
        Assert.Contains($"gateway_streams_open{{{Scope}}} 1", lines);
        Assert.Contains("# TYPE gateway_body_size_bytes histogram", lines);
        Assert.Contains($"gateway_body_size_bytes_bucket{{{Scope},le=\"5\"}} 0", lines);
        Assert.Contains($"gateway_body_size_bytes_bucket{{{Scope},le=\"10\"}} 1", lines);
        Assert.Contains($"gateway_body_size_bytes_sum{{{Scope}}} 7", lines);
    }

    [Fact]
    public async Task Metrics_OfTheProcess_AreThere()
    {
        await using var service = await TestService.StartAsync();

        var text = await service.Http.GetStringAsync("/metrics");

        Assert.Contains("\ndotnet_process_cpu_time_seconds_total{", text, StringComparison.Ordinal);
        Assert.Contains("\nkestrel_active_connections{", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_ThatOnlyCostTime_AreNotThere()
    {
        await using var service = await TestService.StartAsync(map: static app => app.MapGet("/work", static () => "done"));
        await service.Http.GetAsync("/work");

        var text = await service.Http.GetStringAsync("/metrics");

        Assert.Contains("http_server_request_duration", text, StringComparison.Ordinal);
        Assert.DoesNotContain("http_server_active_requests", text, StringComparison.Ordinal);
        Assert.DoesNotContain("aspnetcore_routing", text, StringComparison.Ordinal);
    }
}
