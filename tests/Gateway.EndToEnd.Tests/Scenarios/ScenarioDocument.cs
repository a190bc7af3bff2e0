using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Rig.History;

namespace Gateway.EndToEnd.Tests.Scenarios;

/// <summary>
/// Writes the document of the scenarios and knows what the checker has to know of it. Each scenario has model groups of its own, and where it breaks connections
/// providers of its own, so that what the Router learned in one says nothing in the next. The model at the upstream has the name of its group.
/// </summary>
internal sealed class ScenarioDocument
{
    private readonly StringBuilder _providers = new();
    private readonly StringBuilder _models = new();
    private readonly StringBuilder _keys = new();
    private readonly Dictionary<string, (int Simulator, string[] Keys, int Input, int Output)> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KnownDeployment> _deployments = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<string>> _groups = new(StringComparer.Ordinal);

    public HistoryRules Rules => new() { Deployments = _deployments, Groups = _groups };

    /// <param name="silence">Its <c>first_byte</c> and <c>idle</c>.</param>
    /// <param name="total">For the whole request.</param>
    /// <param name="input">Nano-USD a token of input; 0 chooses a price that no other has.</param>
    /// <param name="output">And of output.</param>
    /// <param name="concurrency">Requests at once that the document allows; 0 for no limit.</param>
    public ScenarioDocument Provider(string name, int simulator, string silence = "1500ms", string total = "20s", int input = 0, int output = 0, int concurrency = 0, params string[] keys)
    {
        keys = keys.Length > 0 ? keys : [$"key-{name}"];
        // A price of its own each: a request that is charged at another's is seen.
        _known[name] = (simulator, keys, input > 0 ? input : 1000 + (_known.Count * 100), output > 0 ? output : 5000 + (_known.Count * 100));
        _providers.AppendLine(CultureInfo.InvariantCulture, $$"""
              {{name}}: { protocol: openai, base_url: "${SIMULATOR_URL_{{simulator}}}/v1", keys: [{{string.Join(", ", keys)}}], internal: true, timeouts: { connect: 500ms, first_byte: {{silence}}, idle: {{silence}}, total: {{total}} }{{(concurrency > 0 ? $", limits: {{ concurrency: {concurrency} }}" : "")}} }
            """);
        return this;
    }

    /// <param name="providers">One deployment each; <c>name*3</c> has that weight.</param>
    /// <param name="rest">More members of the group, as in the document.</param>
    /// <param name="fallbacks">Groups that may serve instead.</param>
    public ScenarioDocument Group(string name, string[] providers, string rest = "", params string[] fallbacks)
    {
        var deployments = providers.Select(entry =>
        {
            var (provider, weight) = entry.Split('*') is [var heavy, var times] ? (heavy, times) : (entry, "1");
            var (simulator, keys, input, output) = _known[provider];
            _deployments[$"{provider}/{name}"] = new KnownDeployment(name, simulator, name, input, output) { Credentials = [.. keys.Select(Fingerprint)] };
            return FormattableString.Invariant($"{{ provider: {provider}, model: {name}, weight: {weight}, price: {{ input: {input / 1000m}, output: {output / 1000m} }} }}");
        });
        _groups[name] = [name, .. fallbacks];
        _models.AppendLine(CultureInfo.InvariantCulture, $"  {name}: {{ deployments: [ {string.Join(", ", deployments)} ]{(fallbacks.Length > 0 ? $", fallbacks: [{string.Join(", ", fallbacks)}]" : "")}{(rest.Length > 0 ? ", " + rest : "")} }}");
        return this;
    }

    public ScenarioDocument Key(string id, string secret, params string[] models)
    {
        _keys.AppendLine(CultureInfo.InvariantCulture, $"  - {{ id: {id}, secret: {secret}, models: [{string.Join(", ", models.Select(model => $"\"{model}\""))}] }}");
        return this;
    }

    public string ToYaml() => $$"""
        version: 1
        server: { admin_key: "${GATEWAY_ADMIN_KEY}", max_body: 8MiB, drain: 5s }
        providers:
        {{_providers}}
        models:
        {{_models}}
        keys:
          - { id: demo, secret: "${GATEWAY_DEMO_KEY}", models: ["*"] }
        {{_keys}}
        """;

    public static string Fingerprint(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)))[..12];
}
