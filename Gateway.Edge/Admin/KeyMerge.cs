using System.Text;
using System.Text.Json.Nodes;
using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Edge.VirtualKeys.Store;

namespace Gateway.Edge.Admin;

/// <summary>Members of a key before and after a change, held to the rules of the document in force. Stateless.</summary>
internal static class KeyMerge
{
    private const int MaxErrorsShown = 10;

    /// <summary>Merges a patch into what is stored.</summary>
    /// <returns>What to store.</returns>
    /// <exception cref="GatewayException">Something is wrong; the error names the member.</exception>
    public static string Apply(StoredKey stored, JsonObject patch, GatewayConfig current)
    {
        if (patch.TryGetPropertyValue("id", out var id) && !(id is JsonValue value && value.TryGetValue(out string? text) && text == stored.Id))
        {
            throw new GatewayException(GatewayErrorKind.InvalidRequest, "'id' cannot be changed: reports and budgets go by it. Make a new key instead.", "id");
        }

        var members = (JsonObject)JsonNode.Parse(stored.Document!)!;
        Merge(members, patch);
        return Check(members, stored, current);
    }

    /// <summary>Holds members to the rules.</summary>
    /// <param name="members">With the id.</param>
    /// <param name="stored">What they were; null for a new key.</param>
    /// <returns>What to store.</returns>
    /// <exception cref="GatewayException">Something is wrong; the error names the member.</exception>
    public static string Check(JsonObject members, StoredKey? stored, GatewayConfig current)
    {
        var json = Bytes(members);
        if (VirtualKeyDocument.TryRead(json, current, out var key, out var errors))
        {
            return Encoding.UTF8.GetString(VirtualKeyDocument.Write(key));
        }

        // The document may have lost what the key names since it was made. That must not keep anybody from disabling it.
        if (stored is not null && VirtualKeyDocument.ReadStored(json) is { } readable)
        {
            VirtualKeyDocument.TryRead(Encoding.UTF8.GetBytes(stored.Document!), current, out _, out var before);
            var known = before.Select(Named).ToHashSet();
            if (errors.All(error => known.Contains(Named(error))))
            {
                return Encoding.UTF8.GetString(VirtualKeyDocument.Write(readable));
            }
        }

        throw Describe(errors);
    }

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            switch (value)
            {
                case null:
                    target.Remove(name);
                    break;
                case JsonObject changes when target[name] is JsonObject there:
                    Merge(there, changes);
                    break;
                case JsonObject changes:
                    var made = new JsonObject();
                    Merge(made, changes);
                    target[name] = made;
                    break;
                default:
                    target[name] = value.DeepClone();
                    break;
            }
        }
    }

    private static (string Path, string Message) Named(ConfigError error) => (error.Path, error.Message);

    private static byte[] Bytes(JsonObject members) => Encoding.UTF8.GetBytes(members.ToJsonString());

    private static GatewayException Describe(IReadOnlyList<ConfigError> errors)
    {
        var text = string.Join(" ", errors.Take(MaxErrorsShown).Select(static error =>
            $"{(error.Path.Length == 0 ? "" : $"{error.Path}: ")}{error.Message}{(error.Nearest is null ? "." : $"; did you mean \"{error.Nearest}\"?")}"));
        return new GatewayException(GatewayErrorKind.InvalidRequest, errors.Count > MaxErrorsShown ? $"{text} ({errors.Count} errors in all.)" : text, errors[0].Path is { Length: > 0 } path ? path : null);
    }
}
