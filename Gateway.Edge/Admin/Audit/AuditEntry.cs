using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Edge.Admin.Audit;

/// <summary>One call of an admin endpoint. Nothing of its body, its query or its credentials.</summary>
/// <param name="Address">Whole address of the caller, or "-".</param>
/// <param name="Path">Escaped, with the secrets of keys masked.</param>
/// <param name="KeyId">The virtual key that it was about; null for none.</param>
/// <param name="Unsaid">Refused calls before this one that were not noted one by one.</param>
internal sealed record AuditEntry(DateTimeOffset Time, string Address, string Method, string Path, int Status, string? KeyId, string RequestId, long Unsaid)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Default };

    /// <summary>As one line with its end.</summary>
    public byte[] ToLine()
    {
        var output = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            json.WriteString("time"u8, Time.UtcDateTime);
            json.WriteString("address"u8, Address);
            json.WriteString("method"u8, Method);
            json.WriteString("path"u8, Path);
            json.WriteNumber("status"u8, Status);
            json.WriteString("key_id"u8, KeyId);
            json.WriteString("request_id"u8, RequestId);
            if (Unsaid > 0)
            {
                json.WriteNumber("refused_and_not_noted"u8, Unsaid);
            }

            json.WriteEndObject();
        }

        output.Write("\n"u8);
        return output.WrittenSpan.ToArray();
    }
}
