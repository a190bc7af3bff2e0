using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>
/// Arguments of a call that come in pieces, each with the JSON path of its place (<c>$.a.b[0]</c>): the object that they make is known
/// only when all are there.
/// </summary>
internal sealed class PartialArguments
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Node _root = new();

    /// <summary>Adds to the text at a place.</summary>
    public void Append(string path, string text) => (At(path).Text ??= new StringBuilder()).Append(text);

    /// <param name="literal">A number, <c>true</c>, <c>false</c> or <c>null</c>.</param>
    public void Set(string path, string literal) => At(path).Literal = literal;

    /// <summary>The whole object.</summary>
    public byte[] ToJson()
    {
        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output, Plain);
        if (_root.Items is null)
        {
            _root.Members ??= [];
        }

        Write(_root, json);
        json.Flush();
        return output.WrittenSpan.ToArray();
    }

    private static void Write(Node node, Utf8JsonWriter json)
    {
        if (node.Members is { } members)
        {
            json.WriteStartObject();
            foreach (var (name, member) in members)
            {
                json.WritePropertyName(name);
                Write(member, json);
            }

            json.WriteEndObject();
        }
        else if (node.Items is { } items)
        {
            json.WriteStartArray();
            foreach (var item in items)
            {
                Write(item, json);
            }

            json.WriteEndArray();
        }
        else if (node.Text is { } text)
        {
            json.WriteStringValue(text.ToString());
        }
        else
        {
            json.WriteRawValue(node.Literal ?? "null");
        }
    }

    /// <summary>Walks the path and makes what is not there yet. Understands names after a dot and names or numbers in brackets, which is all that comes.</summary>
    private Node At(string path)
    {
        var node = _root;
        var rest = path.AsSpan();
        rest = rest.StartsWith("$") ? rest[1..] : rest;
        while (!rest.IsEmpty)
        {
            if (rest[0] != '[')
            {
                rest = rest[0] == '.' ? rest[1..] : rest;
                var end = rest.IndexOfAny('.', '[');
                node = node.Member(end < 0 ? rest : rest[..end]);
                rest = end < 0 ? default : rest[end..];
                continue;
            }

            var close = rest.IndexOf(']');
            close = close < 0 ? rest.Length - 1 : close;
            var inside = rest[1..Math.Max(close, 1)];
            node = int.TryParse(inside, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? node.Item(index) : node.Member(inside.Trim("'\""));
            rest = rest[(close + 1)..];
        }

        return node;
    }

    private sealed class Node
    {
        public List<(string Name, Node Value)>? Members { get; set; }

        public List<Node>? Items { get; private set; }

        public StringBuilder? Text { get; set; }

        public string? Literal { get; set; }

        public Node Member(ReadOnlySpan<char> name)
        {
            Members ??= [];
            foreach (var (known, value) in Members)
            {
                if (name.SequenceEqual(known))
                {
                    return value;
                }
            }

            var node = new Node();
            Members.Add((name.ToString(), node));
            return node;
        }

        public Node Item(int index)
        {
            Items ??= [];
            if (index < Items.Count)
            {
                return Items[index];
            }

            // Places come in order; a number far away must not make a list as long.
            var node = new Node();
            Items.Add(node);
            return node;
        }
    }
}
