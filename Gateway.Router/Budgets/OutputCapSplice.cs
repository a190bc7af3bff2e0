using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;

namespace Gateway.Router.Budgets;

/// <summary>Finds where a cap on output tokens stands in a body that passes through, or where it goes. All else stays byte for byte.</summary>
internal ref struct OutputCapSplice
{
    private readonly CapNames _names;
    private readonly long _cap;
    private Utf8JsonReader _reader;
    private int _firstMember;
    private ByteRange _value;      // of a member that says how much
    private ByteRange _nothing;    // of one that says null
    private ByteRange _parent;
    private int _parentMember;     // behind the brace of a parent that has members; 0 for none

    private OutputCapSplice(ReadOnlySpan<byte> body, CapNames names, long cap)
    {
        (_names, _cap) = (names, cap);
        _reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = RequestFactsReader.MaxDepth });
    }

    /// <param name="body">A body that <see cref="RequestFactsReader"/> has read without complaint: no name stands in it twice.</param>
    /// <param name="operation">What is asked for.</param>
    /// <param name="newName">The upstream knows <c>max_completion_tokens</c>.</param>
    /// <param name="cap">The cap.</param>
    /// <returns>Nothing to do for an operation that has no cap.</returns>
    public static Splice Of(ReadOnlySpan<byte> body, LlmOperation operation, bool newName, long cap) =>
        CapNames.Of(operation, newName) is { } names ? new OutputCapSplice(body, names, cap).Find() : Splice.None;

    private Splice Find()
    {
        _reader.Read();
        _firstMember = (int)_reader.BytesConsumed;
        if (_names.Parents.Length == 0)
        {
            ReadMembers(_names.Caps);
        }
        else
        {
            ReadParents();
        }

        // A cap that the client wrote is lowered where it stands.
        return _value.Length > 0 ? new Splice(_value.Start, _value.Length, Utf8(Number))
            : _nothing.Length > 0 ? new Splice(_nothing.Start, _nothing.Length, Utf8(Number))
            : _parentMember > 0 ? new Splice(_parentMember, 0, Utf8($"{Member},"))
            : _parent.Length > 0 ? new Splice(_parent.Start, _parent.Length, Utf8($"{{{Member}}}"))
            : new Splice(_firstMember, 0, Utf8(_names.Parents.Length == 0 ? $"{Member}," : $"\"{_names.Parents[0]}\":{{{Member}}},"));
    }

    private readonly string Number => _cap.ToString(CultureInfo.InvariantCulture);

    private readonly string Member => $"\"{_names.Written}\":{Number}";

    private void ReadParents()
    {
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var isParent = IsOneOf(_names.Parents);
            _reader.Read();
            if (!isParent)
            {
                _reader.Skip();
                continue;
            }

            var start = (int)_reader.TokenStartIndex;
            var inside = (int)_reader.BytesConsumed;
            if (_reader.TokenType == JsonTokenType.StartObject && ReadMembers(_names.Caps))
            {
                _parentMember = inside;
            }

            _parent = new ByteRange(start, (int)_reader.BytesConsumed - start);
        }
    }

    /// <returns>Whether the object has any members.</returns>
    private bool ReadMembers(string[] caps)
    {
        var any = false;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            any = true;
            var (isCap, isWritten) = (IsOneOf(caps), _reader.ValueTextEquals(_names.Written));
            _reader.Read();
            var token = new ByteRange((int)_reader.TokenStartIndex, (int)(_reader.BytesConsumed - _reader.TokenStartIndex));
            if (isCap && _reader.TokenType == JsonTokenType.Number)
            {
                _value = token;
            }
            else if (isWritten && _reader.TokenType == JsonTokenType.Null)
            {
                _nothing = token;
            }

            _reader.Skip();
        }

        return any;
    }

    private readonly bool IsOneOf(string[] names)
    {
        foreach (var name in names)
        {
            if (_reader.ValueTextEquals(name))
            {
                return true;
            }
        }

        return false;
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>How a protocol says it.</summary>
    private sealed class CapNames(string written, string[] caps, params string[] parents)
    {
        private static readonly string[] OpenAI = ["max_completion_tokens", "max_tokens"];
        private static readonly CapNames Old = new("max_tokens", OpenAI);
        private static readonly CapNames New = new("max_completion_tokens", OpenAI);
        private static readonly CapNames Responses = new("max_output_tokens", ["max_output_tokens"]);
        private static readonly CapNames Messages = new("max_tokens", ["max_tokens"]);
        private static readonly CapNames Gemini = new("maxOutputTokens", ["maxOutputTokens", "max_output_tokens"], "generationConfig", "generation_config");
        private static readonly CapNames Ollama = new("num_predict", ["num_predict"], "options");

        /// <summary>The name that the gateway writes.</summary>
        public string Written { get; } = written;

        /// <summary>All names that it may have.</summary>
        public string[] Caps { get; } = caps;

        /// <summary>Names of the object that it stands in; empty for the body itself.</summary>
        public string[] Parents { get; } = parents;

        public static CapNames? Of(LlmOperation operation, bool newName) => operation switch
        {
            LlmOperation.ChatCompletions => newName ? New : Old,
            LlmOperation.Completions => Old,
            LlmOperation.Responses => Responses,
            LlmOperation.Messages => Messages,
            LlmOperation.GenerateContent => Gemini,
            LlmOperation.OllamaChat or LlmOperation.OllamaGenerate => Ollama,
            _ => null,
        };
    }
}
