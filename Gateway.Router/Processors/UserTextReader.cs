using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Requests;

namespace Gateway.Router.Processors;

/// <summary>
/// Finds the last message of the user that has text, in one pass. Messages of others, and what of the message is no text (pictures, files,
/// results of tools), are passed over.
/// </summary>
internal ref struct UserTextReader
{
    private readonly UserTextShape _shape;
    private Utf8JsonReader _reader;
    private UserText? _found;

    private UserTextReader(ReadOnlySpan<byte> body, UserTextShape shape)
    {
        _shape = shape;
        _reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = RequestFactsReader.MaxDepth });
    }

    /// <param name="body">A body that <see cref="RequestFactsReader"/> has read without complaint.</param>
    /// <param name="operation">What is asked for.</param>
    /// <returns>Null for a request without such text.</returns>
    /// <exception cref="GatewayException">The text cannot be rewritten: half of a surrogate pair, or one of several prompts.</exception>
    public static UserText? Find(ReadOnlySpan<byte> body, LlmOperation operation)
    {
        if (UserTextShape.Of(operation) is not { } shape)
        {
            return null;
        }

        try
        {
            return new UserTextReader(body, shape).Read();
        }
        catch (InvalidOperationException exception)
        {
            throw new GatewayException(new GatewayError(GatewayErrorKind.InvalidRequest, $"'{shape.Name}' has text with half of a surrogate pair. Send whole characters.", shape.Name), exception);
        }
    }

    private UserText? Read()
    {
        _reader.Read();
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMember = _reader.ValueTextEquals(_shape.Member);
            _reader.Read();
            if (isMember)
            {
                // Of two members of one name the second counts, as for the readers of upstreams.
                _found = null;
                ReadMember();
            }
            else
            {
                _reader.Skip();
            }
        }

        return _found;
    }

    private void ReadMember()
    {
        if (_reader.TokenType == JsonTokenType.String && _shape.MayBeText)
        {
            Keep(ReadText());
        }
        else if (_reader.TokenType != JsonTokenType.StartArray)
        {
            _reader.Skip();
        }
        else if (_shape.Content.Length > 0)
        {
            ReadMessages();
        }
        else
        {
            ReadPrompts();
        }
    }

    /// <summary>Prompts in a list are each a request of their own; tokens are no text.</summary>
    private void ReadPrompts()
    {
        UserText? text = null;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (_reader.TokenType != JsonTokenType.String)
            {
                _reader.Skip();
                continue;
            }

            if (text is not null)
            {
                throw new GatewayException(GatewayErrorKind.InvalidRequest, "'prompt' has several prompts, and this path rewrites one. Send each in a request of its own.", "prompt");
            }

            text = ReadText();
        }

        Keep(text);
    }

    private void ReadMessages()
    {
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (_reader.TokenType == JsonTokenType.StartObject)
            {
                ReadMessage();
            }
            else
            {
                _reader.Skip();
            }
        }
    }

    private void ReadMessage()
    {
        var isUsers = _shape.RoleIsUser;
        UserText? text = null;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isRole, isContent) = (_reader.ValueTextEquals("role"u8), _reader.ValueTextEquals(_shape.Content));
            _reader.Read();
            if (isRole && _reader.TokenType == JsonTokenType.String)
            {
                isUsers = _reader.ValueTextEquals("user"u8);
            }
            else if (isContent && _reader.TokenType == JsonTokenType.String)
            {
                text = ReadText();
            }
            else if (isContent && _reader.TokenType == JsonTokenType.StartArray)
            {
                text = ReadParts();
            }
            else
            {
                _reader.Skip();
            }
        }

        if (isUsers)
        {
            Keep(text);
        }
    }

    private UserText? ReadParts()
    {
        UserText? text = null;
        var previousEnd = (int)_reader.BytesConsumed;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (_reader.TokenType != JsonTokenType.StartObject)
            {
                _reader.Skip();
            }
            else if (ReadPart() is { } part)
            {
                // From the end of the part before on: that takes the comma along.
                text ??= new UserText();
                text.Add(part.Text, part.Token, new ByteRange(previousEnd, (int)_reader.BytesConsumed - previousEnd));
            }

            previousEnd = (int)_reader.BytesConsumed;
        }

        return text;
    }

    /// <returns>Null for a part that is no text.</returns>
    private (string Text, ByteRange Token)? ReadPart()
    {
        var isText = _shape.PartType.Length == 0;
        (string Text, ByteRange Token)? found = null;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isType, holdsText) = (_reader.ValueTextEquals("type"u8), _reader.ValueTextEquals("text"u8));
            _reader.Read();
            if (holdsText && _reader.TokenType == JsonTokenType.String)
            {
                found = (_reader.GetString()!, Token());
            }
            else if (isType && _shape.PartType.Length > 0 && _reader.TokenType == JsonTokenType.String)
            {
                isText = _reader.ValueTextEquals(_shape.PartType);
            }
            else
            {
                _reader.Skip();
            }
        }

        return isText ? found : null;
    }

    private readonly UserText ReadText()
    {
        var text = new UserText();
        text.Add(_reader.GetString()!, Token(), default);
        return text;
    }

    private void Keep(UserText? text)
    {
        if (text is { IsEmpty: false })
        {
            _found = text;
        }
    }

    private readonly ByteRange Token() => new((int)_reader.TokenStartIndex, (int)(_reader.BytesConsumed - _reader.TokenStartIndex));
}
