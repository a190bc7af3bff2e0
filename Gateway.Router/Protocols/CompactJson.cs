using System.Runtime.InteropServices;
using System.Text.Json;

namespace Gateway.Router.Protocols;

/// <summary>Writes JSON on as it stands, without the white space between its tokens: member order, numbers and escapes stay the sender's.</summary>
internal static class CompactJson
{
    public static void Write(Utf8JsonWriter json, JsonElement element) => Write(json, JsonMarshal.GetRawUtf8Value(element));

    /// <param name="document">One whole JSON value.</param>
    public static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> document) => json.WriteRawValue(Strip(document), skipInputValidation: true);

    /// <returns>The document itself where it is compact already, as nearly all are.</returns>
    public static ReadOnlySpan<byte> Strip(ReadOnlySpan<byte> document)
    {
        byte[]? compact = null;
        var written = 0;
        var inString = false;
        for (var at = 0; at < document.Length; at++)
        {
            var one = document[at];
            if (!inString && one is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            {
                if (compact is null)
                {
                    compact = new byte[document.Length];
                    document[..at].CopyTo(compact);
                    written = at;
                }

                continue;
            }

            Put(one);
            if (inString && one == (byte)'\\' && at + 1 < document.Length)
            {
                Put(document[++at]);
            }
            else if (one == (byte)'"')
            {
                inString = !inString;
            }
        }

        return compact is null ? document : compact.AsSpan(0, written);

        void Put(byte value)
        {
            if (compact is not null)
            {
                compact[written++] = value;
            }
        }
    }
}
