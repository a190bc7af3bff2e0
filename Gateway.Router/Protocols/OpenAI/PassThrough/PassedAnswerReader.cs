using Gateway.Core.Money;
using Gateway.Core.Requests;

namespace Gateway.Router.Protocols.OpenAI.PassThrough;

/// <summary>Follows an answer that is a JSON object, or sound or plain text of which nothing is read.</summary>
internal sealed class PassedAnswerReader(LlmOperation operation) : IAnswerReader
{
    private readonly OpenAIAnswerReader _json = new(PassedUsage.TryRead);
    private int _matched;
    private bool _isSearch;
    private bool _started;
    private bool _isJson;

    /// <summary>Cohere's unit of reranking. In a string the closing quote would have a backslash, so these bytes are a member's name.</summary>
    private static ReadOnlySpan<byte> SearchUnits => "\"search_units\":"u8;

    // Files have no tokens, and their content may look like anything.
    public TokenUsage? Usage => operation == LlmOperation.Files ? default(TokenUsage) : _json.Usage ?? (_isSearch ? default(TokenUsage) : null);

    public string? Model => _json.Model;

    public bool IsError => _isJson && _json.IsError;

    public bool IsWhole => _isJson && _json.IsWhole;

    public void Append(ReadOnlySpan<byte> piece)
    {
        if (!_started)
        {
            piece = piece.TrimStart(" \t\r\n"u8);
            if (piece.IsEmpty)
            {
                return;
            }

            _started = true;
            _isJson = piece[0] == (byte)'{';
        }

        if (_isJson)
        {
            _json.Append(piece);
            if (operation == LlmOperation.Rerank && !_isSearch)
            {
                FindSearchUnits(piece);
            }
        }
    }

    private void FindSearchUnits(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            if (_matched == 0)
            {
                var quote = piece.IndexOf((byte)'"');
                if (quote < 0)
                {
                    return;
                }

                piece = piece[(quote + 1)..];
                _matched = 1;
                continue;
            }

            if (piece[0] != SearchUnits[_matched])
            {
                // The quote that did not fit may begin the next name.
                _matched = 0;
                continue;
            }

            piece = piece[1..];
            if (++_matched == SearchUnits.Length)
            {
                _isSearch = true;
                return;
            }
        }
    }
}
