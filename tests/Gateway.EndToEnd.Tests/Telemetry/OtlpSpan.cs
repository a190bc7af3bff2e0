using System.Text;

namespace Gateway.EndToEnd.Tests.Telemetry;

/// <summary>One exported span, as far as tests look at it.</summary>
internal sealed record OtlpSpan(string Service, string Name, string TraceId, string SpanId, string ParentId, int Kind, Dictionary<string, string> Tags, List<string> LinkedTraces, bool IsError)
{
    public string? Tag(string name) => Tags.GetValueOrDefault(name);

    /// <summary>All spans of one export.</summary>
    /// <remarks>Source of the numbers: opentelemetry-proto, trace/v1/trace.proto and collector/trace/v1/trace_service.proto.</remarks>
    public static IEnumerable<OtlpSpan> Read(byte[] export)
    {
        foreach (var resourceSpans in Children(export, 1))
        {
            var service = Children(resourceSpans, 1).SelectMany(static resource => Attributes(resource, 1)).FirstOrDefault(static tag => tag.Key == "service.name").Value ?? "";
            foreach (var span in Children(resourceSpans, 2).SelectMany(static scope => Children(scope, 2)))
            {
                yield return new OtlpSpan(
                    service, Text(span, 5), Hex(span, 1), Hex(span, 2), Hex(span, 4), (int)Numbers(span, 6).FirstOrDefault(), new(Attributes(span, 9)),
                    [.. Children(span, 13).Select(static link => Hex(link, 1))], Children(span, 15).Any(static status => Numbers(status, 3).Contains(2UL)));
            }
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Attributes(byte[] message, int field) =>
        Children(message, field).Select(static pair => KeyValuePair.Create(Text(pair, 1), ValueOf(Children(pair, 2).FirstOrDefault([]))));

    private static string ValueOf(byte[] any) =>
        Fields(any).Select(static field => field.Number == 1 ? Encoding.UTF8.GetString(field.Bytes) : ((long)field.Value).ToString(System.Globalization.CultureInfo.InvariantCulture)).FirstOrDefault("");

    private static string Text(byte[] message, int field) => Encoding.UTF8.GetString(Children(message, field).FirstOrDefault([]));

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Children(message, field).FirstOrDefault([]));

    private static IEnumerable<byte[]> Children(byte[] message, int field) => Fields(message).Where(found => found.Number == field && found.IsBytes).Select(static found => found.Bytes);

    private static IEnumerable<ulong> Numbers(byte[] message, int field) => Fields(message).Where(found => found.Number == field && !found.IsBytes).Select(static found => found.Value);

    private static List<(int Number, bool IsBytes, byte[] Bytes, ulong Value)> Fields(byte[] message)
    {
        var fields = new List<(int, bool, byte[], ulong)>();
        for (var at = 0; at < message.Length;)
        {
            var key = Varint(message, ref at);
            var number = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    fields.Add((number, false, [], Varint(message, ref at)));
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    fields.Add((number, true, message[at..(at + length)], 0));
                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException("Not protobuf.");
            }
        }

        return fields;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var part = message[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }
    }
}
