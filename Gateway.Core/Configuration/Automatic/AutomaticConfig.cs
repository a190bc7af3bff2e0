using System.Globalization;
using System.Text;

namespace Gateway.Core.Configuration.Automatic;

/// <summary>
/// The document that holds when nobody wrote one: it follows from the provider keys in the environment. It is a document
/// like any other, with variables in place of secrets, so it can be printed, copied and grown into one's own.
/// </summary>
public static class AutomaticConfig
{
    public const string Origin = "environment";

    /// <summary>Requests per minute of the demo key: enough for trying out, not enough for an accident with a paid key.</summary>
    public const int DemoRequestsPerMinute = 60;

    private const string OllamaVariable = "OLLAMA_HOST";
    private const int OllamaPort = 11434;

    private static readonly Vendor[] Vendors =
    [
        new("openai", "openai", "OPENAI_API_KEY", "https://api.openai.com/v1", ["gpt-*", "o1*", "o3*", "o4*", "chatgpt-*", "text-embedding-*"]),
        new("anthropic", "anthropic", "ANTHROPIC_API_KEY", "https://api.anthropic.com/v1", ["claude-*"]),
        new("gemini", "gemini", "GEMINI_API_KEY", "https://generativelanguage.googleapis.com/v1beta", ["gemini-*"]),
    ];

    /// <summary>Names of the variables that make a provider.</summary>
    public static IReadOnlyList<string> Variables { get; } = [.. Vendors.Select(static vendor => vendor.Variable), OllamaVariable];

    /// <summary>The vendors as rows of the reference page.</summary>
    internal static IEnumerable<string> Describe() =>
        Vendors.Select(static vendor => $"| `{vendor.Variable}` | `{vendor.Name}` | {string.Join(", ", vendor.Prefixes.Select(static prefix => $"`{prefix}`"))} |");

    /// <returns>The document as YAML, or null when the environment names no provider.</returns>
    public static string? Write(Func<string, string?> environment)
    {
        var vendors = Vendors.Where(vendor => IsSet(environment, vendor.Variable)).ToList();
        var hasOllama = IsSet(environment, OllamaVariable);
        if (vendors.Count == 0 && !hasOllama)
        {
            return null;
        }

        var yaml = new StringBuilder("# Made from the provider keys in the environment.\nversion: 1\n");
        if (IsSet(environment, "GATEWAY_ADMIN_KEY"))
        {
            yaml.Append("server:\n  admin_key: \"${GATEWAY_ADMIN_KEY}\"\n");
        }

        yaml.Append("providers:\n");
        foreach (var vendor in vendors)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"  {vendor.Name}:\n    protocol: {vendor.Protocol}\n    base_url: {vendor.BaseUrl}\n    keys: [\"${{{vendor.Variable}}}\"]\n    list_models: true\n");
        }

        if (hasOllama)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"  ollama:\n    protocol: ollama\n    base_url: {Quote(OllamaUrl(environment(OllamaVariable)!))}\n    internal: true\n    list_models: true\n");
        }

        yaml.Append("resolve:\n");
        if (vendors.Count == 0)
        {
            yaml.Append("  default_provider: ollama\n");
        }
        else
        {
            yaml.Append("  prefixes:\n");
            foreach (var (prefix, name) in vendors.SelectMany(static vendor => vendor.Prefixes.Select(prefix => (prefix, vendor.Name))))
            {
                yaml.Append(CultureInfo.InvariantCulture, $"    \"{prefix}\": {name}\n");
            }
        }

        if (IsSet(environment, "GATEWAY_DEMO_KEY"))
        {
            yaml.Append("keys:\n  - id: demo\n    secret: \"${GATEWAY_DEMO_KEY}\"\n    models: [\"*\"]\n");
            yaml.Append(CultureInfo.InvariantCulture, $"    limits: {{ requests_per_minute: {DemoRequestsPerMinute} }}\n");
        }

        return yaml.ToString();
    }

    /// <summary>Reads OLLAMA_HOST as Ollama's own client does: scheme and port may be missing, and a listening address means this machine.</summary>
    private static string OllamaUrl(string host)
    {
        host = host.Trim().TrimEnd('/');
        var hasScheme = host.Contains("://", StringComparison.Ordinal);
        if (!Uri.TryCreate(hasScheme ? host : $"http://{host}", UriKind.Absolute, out var url) || url.UserInfo.Length > 0)
        {
            // The loader says what is wrong with it.
            return host;
        }

        // Uri fills in the scheme's port, so whether one was written shows in the text only.
        var authority = hasScheme ? host[(host.IndexOf("://", StringComparison.Ordinal) + 3)..].Split('/')[0] : host.Split('/')[0];
        var hasPort = authority.LastIndexOf(':') > authority.LastIndexOf(']');
        var port = hasPort || url.Scheme == "https" ? url.Port : OllamaPort;
        var name = url.Host switch { "0.0.0.0" => "127.0.0.1", "[::]" => "[::1]", _ => url.Host };
        return string.Create(CultureInfo.InvariantCulture, $"{url.Scheme}://{name}:{port}{url.AbsolutePath.TrimEnd('/')}");
    }

    private static bool IsSet(Func<string, string?> environment, string variable) => !string.IsNullOrWhiteSpace(environment(variable));

    private static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal).Replace("$", "$$", StringComparison.Ordinal)}'";

    private sealed record Vendor(string Name, string Protocol, string Variable, string BaseUrl, string[] Prefixes);
}
