using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Core.Masking;

namespace Gateway.Router.Capture;

/// <summary>
/// Copies a JSON document, also one that was cut: what is whole of it is kept and closed. Masking takes personal data and secrets out of texts and names, and leaves out what only looks opaque and may be
/// turned back into content: data in base64, lists of numbers (tokens, vectors).
/// </summary>
internal ref struct MaskedJson
{
    public const int MaxDepth = 64;

    /// <summary>Characters from which on a text without blanks is taken for data.</summary>
    private const int LongData = 256;

    /// <summary>What is written here is read by machines, and never stands in a page as it is.</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly SearchValues<char> DataCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-,;:.");

    private readonly bool _masks;
    private readonly Utf8JsonWriter _writer;
    private readonly Stack<(bool IsObject, int Numbers)> _open = new();
    private Utf8JsonReader _reader;
    private bool _awaitsValue;
    private int _masked;

    private MaskedJson(ReadOnlySpan<byte> json, bool isWhole, bool masks, Utf8JsonWriter writer)
    {
        _masks = masks;
        _writer = writer;
        _reader = new Utf8JsonReader(json, isWhole, new JsonReaderState(new JsonReaderOptions { MaxDepth = MaxDepth }));
    }

    /// <param name="json">The bytes.</param>
    /// <param name="isWhole">Whether nothing is missing at their end.</param>
    /// <param name="masks">Whether to mask.</param>
    /// <param name="masked">How much was masked or left out.</param>
    /// <returns>Null when it is not JSON.</returns>
    public static byte[]? Copy(ReadOnlySpan<byte> json, bool isWhole, bool masks, out int masked)
    {
        masked = 0;
        var output = new ArrayBufferWriter<byte>(Math.Max(256, json.Length));
        using var writer = new Utf8JsonWriter(output, Options);
        var copy = new MaskedJson(json, isWhole, masks, writer);
        try
        {
            copy.Run();
        }
        catch (JsonException)
        {
            return null;
        }

        writer.Flush();
        masked = copy._masked;
        return output.WrittenCount == 0 ? null : output.WrittenSpan.ToArray();
    }

    /// <summary>Masks one text.</summary>
    public static string Mask(string text, ref int masked)
    {
        if (text.Length >= LongData && IsData(text))
        {
            masked++;
            return string.Create(CultureInfo.InvariantCulture, $"[{text.Length} characters of data]");
        }

        var clean = PersonalData.Mask(text, out var count);
        masked += count;
        return clean;
    }

    private void Run()
    {
        while (_reader.Read())
        {
            Token();
        }

        if (_awaitsValue)
        {
            _writer.WriteNullValue();
        }

        while (_open.Count > 0)
        {
            Close();
        }
    }

    private void Token()
    {
        var wasName = _awaitsValue;
        _awaitsValue = false;
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                _writer.WriteStartObject();
                _open.Push((true, 0));
                break;
            case JsonTokenType.StartArray:
                _writer.WriteStartArray();
                _open.Push((false, 0));
                break;
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                Close();
                break;
            case JsonTokenType.PropertyName:
                _writer.WritePropertyName(Clean(Text()));
                _awaitsValue = true;
                break;
            case JsonTokenType.String:
                _writer.WriteStringValue(Clean(Text()));
                break;
            case JsonTokenType.Number:
                Number(isItem: !wasName);
                break;
            case JsonTokenType.True or JsonTokenType.False:
                _writer.WriteBooleanValue(_reader.TokenType == JsonTokenType.True);
                break;
            case JsonTokenType.Null:
                _writer.WriteNullValue();
                break;
            default:
                break;
        }
    }

    private void Close()
    {
        var (isObject, numbers) = _open.Pop();
        if (isObject)
        {
            _writer.WriteEndObject();
            return;
        }

        if (numbers > 0)
        {
            _writer.WriteStringValue(string.Create(CultureInfo.InvariantCulture, $"[{numbers} numbers]"));
            _masked++;
        }

        _writer.WriteEndArray();
    }

    private void Number(bool isItem)
    {
        if (_masks && isItem && _open.TryPop(out var list))
        {
            _open.Push((list.IsObject, list.Numbers + 1));
            return;
        }

        var digits = Encoding.ASCII.GetString(_reader.ValueSpan);
        var clean = Clean(digits);
        if (ReferenceEquals(clean, digits) || clean == digits)
        {
            _writer.WriteRawValue(_reader.ValueSpan, skipInputValidation: true);
        }
        else
        {
            _writer.WriteStringValue(clean);
        }
    }

    private string Clean(string text) => _masks ? Mask(text, ref _masked) : text;

    private readonly string Text()
    {
        try
        {
            return _reader.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, which the framework does not take: as it was written.
            return Encoding.UTF8.GetString(_reader.ValueSpan);
        }
    }

    private static bool IsData(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(DataCharacters);
}
