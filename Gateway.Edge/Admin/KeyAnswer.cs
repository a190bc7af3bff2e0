using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Edge.VirtualKeys.Store;

namespace Gateway.Edge.Admin;

/// <summary>A key as operators are shown it.</summary>
/// <param name="Key">Its members; of a key of the document the secret is in it, and is not written.</param>
/// <param name="Stored">Null for a key of the document.</param>
/// <param name="Team">Its team, or its user's.</param>
/// <param name="HidesRuntimeKey">There is a key made at run time of the same id, which is not used.</param>
internal sealed record KeyAnswer(VirtualKeyConfig Key, StoredKey? Stored, string? Team, bool HidesRuntimeKey)
{
    /// <param name="secret">Only where it was made by this very request.</param>
    public void Write(Utf8JsonWriter json, string? secret)
    {
        json.WriteStartObject();
        VirtualKeyDocument.WriteMembers(json, Key);
        json.WriteString("source"u8, Stored is null ? "document"u8 : "runtime"u8);
        if (HidesRuntimeKey)
        {
            json.WriteBoolean("hides_runtime_key"u8, true);
        }

        if (Stored is { } stored)
        {
            json.WriteNumber("version"u8, stored.Version);
            json.WriteString("created"u8, stored.Created);
            json.WriteString("updated"u8, stored.Updated);
            json.WriteString("secret_created"u8, stored.Secrets[0].Created);
            if (stored.Secrets is [_, { Until: { } until }, ..])
            {
                json.WriteString("previous_secret_until"u8, until);
            }
        }

        if (secret is not null)
        {
            json.WriteString("secret"u8, secret);
        }

        json.WriteEndObject();
    }
}
