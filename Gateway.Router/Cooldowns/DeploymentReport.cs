using System.Text.Json;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Cooldowns;

/// <summary>Writes what operators see of the deployments of the document: health, load, credentials, queues, as this Router knows them.</summary>
internal sealed class DeploymentReport(ModelCatalog catalog, RouterPeers peers, RouterClock clock)
{
    public void Write(Utf8JsonWriter json)
    {
        var current = catalog.Current;
        var now = clock.Now;
        var groups = ConfiguredDeployments.GroupsOf(current).ToList();
        json.WriteStartObject();
        json.WriteString("router"u8, peers.Name);
        json.WriteNumber("routers_alive"u8, peers.Count);
        json.WriteStartArray("deployments"u8);
        foreach (var deployment in ConfiguredDeployments.Of(current))
        {
            WriteDeployment(json, deployment, groups, now);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteDeployment(Utf8JsonWriter json, Deployment deployment, List<ModelGroup> groups, long now)
    {
        var (state, load) = (deployment.State, deployment.State.Load.ReadAt(now));
        var own = state.Breaker.ViewAt(now);
        var isEndpoint = DeploymentHealth.Of(state.Endpoint.Breaker, now) > DeploymentHealth.Of(state.Breaker, now);
        json.WriteStartObject();
        json.WriteString("id"u8, deployment.Id);
        json.WriteString("provider"u8, deployment.Provider.Name);
        var waiting = WriteModels(json, deployment, groups);
        json.WriteString("state"u8, DeploymentHealth.Of(state, now).Word());
        json.WriteString("reason"u8, (isEndpoint ? state.Endpoint.Breaker.ViewAt(now) : own).Reason.Word());
        WriteTime(json, "open_until"u8, state.OpenUntil, now);
        json.WriteNumber("ramp"u8, state.RampAt(now));
        json.WriteBoolean("soft"u8, own.IsSoft);
        json.WriteNumber("failures_in_a_row"u8, own.FailuresInARow);
        json.WriteNumber("times_in_a_row"u8, own.TimesInARow);
        json.WriteNumber("calls_30s"u8, own.Calls);
        json.WriteNumber("failures_30s"u8, own.Failures);
        json.WriteNumber("in_flight"u8, load.InFlight);
        WriteMeasure(json, "ttft_ms"u8, load.FirstToken.IsKnown, load.FirstToken.Seconds * 1000);
        json.WriteNumber("error_share"u8, Math.Round(load.Errors, 4));
        WriteMeasure(json, "tokens_per_second"u8, load.PerToken is { IsKnown: true, Seconds: > 0 }, 1 / load.PerToken.Seconds);
        WriteCredentials(json, deployment, now);
        WriteEndpoint(json, state.Endpoint.Breaker, now);
        json.WriteStartObject("queue"u8);
        json.WriteNumber("waiting"u8, waiting);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <returns>Requests that wait for any of its groups.</returns>
    private static int WriteModels(Utf8JsonWriter json, Deployment deployment, List<ModelGroup> groups)
    {
        var waiting = 0;
        json.WriteStartArray("models"u8);
        foreach (var group in groups)
        {
            foreach (var member in group.Deployments)
            {
                if (member.Id == deployment.Id)
                {
                    json.WriteStartObject();
                    json.WriteString("model"u8, group.Name);
                    json.WriteNumber("order"u8, member.Order);
                    json.WriteNumber("weight"u8, member.Weight);
                    json.WriteEndObject();
                    waiting += group.State.Room.Count;
                    break;    // twice in one group is one deployment there
                }
            }
        }

        json.WriteEndArray();
        return waiting;
    }

    private void WriteCredentials(Utf8JsonWriter json, Deployment deployment, long now)
    {
        json.WriteStartArray("credentials"u8);
        foreach (var credential in deployment.Upstream.Credentials.Describe(deployment.State.Lanes, now))
        {
            if (credential.Label is not { } label)
            {
                continue;    // the provider wants none
            }

            json.WriteStartObject();
            json.WriteString("label"u8, label);
            json.WriteString("state"u8, credential.State);
            WriteTime(json, "until"u8, credential.Until is { } left ? now + left.Ticks : 0, now);
            json.WriteNumber("quota_left"u8, Math.Round(credential.QuotaLeft, 4));
            json.WriteNumber("in_flight"u8, credential.Running);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteEndpoint(Utf8JsonWriter json, Breaker breaker, long now)
    {
        var view = breaker.ViewAt(now);
        json.WriteStartObject("endpoint"u8);
        json.WriteString("state"u8, DeploymentHealth.Of(breaker, now).Word());
        json.WriteString("reason"u8, view.Reason.Word());
        WriteTime(json, "open_until"u8, view.OpenUntil, now);
        json.WriteEndObject();
    }

    /// <param name="at">Ticks; 0 for none.</param>
    private void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> name, long at, long now)
    {
        if (at == 0)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteString(name, (clock.UtcNow + TimeSpan.FromTicks(at - now)).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    private static void WriteMeasure(Utf8JsonWriter json, ReadOnlySpan<byte> name, bool isKnown, double value)
    {
        if (isKnown)
        {
            json.WriteNumber(name, Math.Round(value, 1));
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
