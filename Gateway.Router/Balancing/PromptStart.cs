using System.Text.Json;
using Gateway.Core.Requests;

namespace Gateway.Router.Balancing;

/// <summary>
/// How a prompt begins: the instructions, and the first message after them. Only text counts, so what changes from turn to turn around it (caps, cache
/// marks, a string that becomes a list of parts) does not.
/// </summary>
/// <remarks>Reads the body up to that message; and to its end where the protocol keeps instructions beside the messages and they come later.</remarks>
internal ref struct PromptStart
{
    /// <summary>Bytes of text that count, of instructions and message each: about what providers look at to find their caches.</summary>
    public const int MostBytes = 1024;

    private Utf8JsonReader _reader;
    private StableHash _system = new(1);
    private StableHash _message = new(2);
    private int _systemBytes;
    private int _messageBytes;

    private PromptStart(ReadOnlySpan<byte> body) => _reader = ReaderOf(body);

    public static Utf8JsonReader ReaderOf(ReadOnlySpan<byte> body) => new(body, new JsonReaderOptions { MaxDepth = RequestFactsReader.MaxDepth });

    public static PromptStart Read(ReadOnlySpan<byte> body, LlmOperation operation)
    {
        var start = new PromptStart(body);
        start.ReadBody(body, hasSystemBeside: operation is LlmOperation.Messages or LlmOperation.MessagesCountTokens or LlmOperation.Responses or LlmOperation.ResponsesInputTokens
            or LlmOperation.GenerateContent or LlmOperation.GeminiCountTokens or LlmOperation.OllamaGenerate);
        return start;
    }

    /// <summary>Tells talks apart: instructions and first message.</summary>
    public readonly ulong OfTalk()
    {
        var hash = new StableHash(_system.Value);
        hash.Add(_message.Value);
        return hash.Value;
    }

    /// <summary>Tells cached prompts apart: the message counts only where the instructions are short.</summary>
    public readonly ulong OfPrefix() => _systemBytes >= MostBytes ? _system.Value : OfTalk();

    private void ReadBody(ReadOnlySpan<byte> body, bool hasSystemBeside)
    {
        var hasMessage = false;
        var hasSystem = !hasSystemBeside;
        _reader.Read();
        while (!(hasMessage && hasSystem) && _reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var isSystem = IsSystem();
            var isMessages = !isSystem && IsMessages();
            var depth = _reader.CurrentDepth;
            _reader.Read();
            if (isSystem)
            {
                ReadText(ref _system, ref _systemBytes);
                hasSystem = true;
            }
            else if (isMessages && _messageBytes == 0)
            {
                ReadMessages();
                hasMessage = true;

                // The rest of a long talk is only read for instructions that come after it.
                hasSystem |= !MayHaveSystem(body[(int)_reader.BytesConsumed..]);
                if (!hasSystem)
                {
                    LeaveTo(depth);
                }
            }
            else
            {
                _reader.Skip();
            }
        }
    }

    private readonly bool IsSystem() =>
        _reader.ValueTextEquals("system"u8) || _reader.ValueTextEquals("instructions"u8) || _reader.ValueTextEquals("systemInstruction"u8) || _reader.ValueTextEquals("system_instruction"u8);

    private readonly bool IsMessages() =>
        _reader.ValueTextEquals("messages"u8) || _reader.ValueTextEquals("input"u8) || _reader.ValueTextEquals("contents"u8) || _reader.ValueTextEquals("prompt"u8)
        || _reader.ValueTextEquals("content"u8) || _reader.ValueTextEquals("requests"u8) || _reader.ValueTextEquals("query"u8);

    private static bool MayHaveSystem(ReadOnlySpan<byte> rest) => rest.IndexOf("\"system"u8) >= 0 || rest.IndexOf("\"instructions\""u8) >= 0;

    /// <summary>Reads on to the end of the value whose name stood at <paramref name="depth"/>.</summary>
    private void LeaveTo(int depth)
    {
        while (_reader.CurrentDepth > depth && _reader.Read())
        {
        }
    }

    /// <summary>A list of messages or parts, one of them, or plain text. Stands on the first token; ends on the last one, or inside the list.</summary>
    private void ReadMessages()
    {
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            ReadText(ref _message, ref _messageBytes);
            return;
        }

        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (_reader.TokenType != JsonTokenType.StartObject)
            {
                // A list of texts or tokens: the first of them.
                ReadText(ref _message, ref _messageBytes);
                return;
            }

            // The role may stand after the text, so whose text it is shows at the end.
            var text = new StableHash(3);
            var bytes = 0;
            if (!ReadMessage(ref text, ref bytes))
            {
                _message.Add(text.Value);
                _messageBytes = Math.Max(1, bytes);
                return;
            }

            if (_systemBytes < MostBytes)
            {
                _system.Add(text.Value);
                _systemBytes += bytes;
            }
        }
    }

    /// <returns>Whether it is an instruction.</returns>
    private bool ReadMessage(ref StableHash text, ref int bytes)
    {
        var isSystem = false;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var isRole = _reader.ValueTextEquals("role"u8);
            var isText = IsText();
            _reader.Read();
            if (isRole)
            {
                isSystem = _reader.TokenType == JsonTokenType.String && (_reader.ValueTextEquals("system"u8) || _reader.ValueTextEquals("developer"u8));
            }

            if (isText)
            {
                ReadText(ref text, ref bytes);
            }
            else
            {
                _reader.Skip();
            }
        }

        return isSystem;
    }

    private readonly bool IsText() => _reader.ValueTextEquals("content"u8) || _reader.ValueTextEquals("text"u8) || _reader.ValueTextEquals("parts"u8);

    /// <summary>All text of a value, up to <see cref="MostBytes"/>. Stands on its first token, ends on its last.</summary>
    private void ReadText(ref StableHash hash, ref int bytes)
    {
        switch (_reader.TokenType)
        {
            case JsonTokenType.String or JsonTokenType.Number:
                if (bytes < MostBytes)
                {
                    var text = _reader.ValueSpan;
                    text = text[..Math.Min(text.Length, MostBytes - bytes)];
                    hash.Add(text);
                    bytes += text.Length;
                }

                break;
            case JsonTokenType.StartArray:
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
                {
                    ReadText(ref hash, ref bytes);
                }

                break;
            case JsonTokenType.StartObject:
                while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
                {
                    var isText = IsText();
                    _reader.Read();
                    if (isText)
                    {
                        ReadText(ref hash, ref bytes);
                    }
                    else
                    {
                        _reader.Skip();
                    }
                }

                break;
        }
    }
}
