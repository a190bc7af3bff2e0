using System.Text.Json;
using Gateway.Core.Money;

namespace Gateway.Router.Protocols.Bedrock;

/// <summary>What is in the payload of one event. The members of all events have names of their own, so that one pass reads them all.</summary>
internal struct BedrockEvent
{
    public long BlockIndex;
    public JsonPiece Text;
    public JsonPiece ToolId;
    public JsonPiece ToolName;
    public JsonPiece ToolInput;
    public bool HasTool;
    public JsonPiece Reasoning;
    public JsonPiece Signature;
    public JsonPiece Redacted;
    public JsonPiece StopReason;
    public JsonPiece StopSequence;
    public JsonPiece Message;
    public long OriginalStatus;
    public TokenUsage? Usage;

    private enum Scope
    {
        Top,
        Delta,
        Tool,
        Reasoning,
        Extra,
    }

    /// <returns>False when the payload is no whole JSON object.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, out BedrockEvent read)
    {
        read = new BedrockEvent { BlockIndex = -1, OriginalStatus = -1 };
        try
        {
            var reader = new Utf8JsonReader(payload);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            read.ReadObject(ref reader, Scope.Top);
            return !reader.Read();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The second for a name with a lone surrogate, which cannot be compared with ours.
            return false;
        }
    }

    private void ReadObject(ref Utf8JsonReader reader, Scope scope)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            switch (scope)
            {
                case Scope.Top:
                    ReadTop(ref reader);
                    break;
                case Scope.Delta:
                    ReadDelta(ref reader);
                    break;
                case Scope.Tool:
                    ReadTool(ref reader);
                    break;
                case Scope.Reasoning:
                    ReadReasoning(ref reader);
                    break;
                default:
                    if (reader.ValueTextEquals("stop_sequence"u8))
                    {
                        StopSequence = JsonPiece.TakeString(ref reader);
                    }
                    else
                    {
                        reader.Skip();
                    }

                    break;
            }
        }
    }

    private void ReadTop(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("contentBlockIndex"u8))
        {
            BlockIndex = JsonPiece.TakeCount(ref reader);
        }
        else if (reader.ValueTextEquals("delta"u8) || reader.ValueTextEquals("start"u8))
        {
            Enter(ref reader, Scope.Delta);
        }
        else if (reader.ValueTextEquals("stopReason"u8))
        {
            StopReason = JsonPiece.TakeString(ref reader);
        }
        else if (reader.ValueTextEquals("usage"u8))
        {
            reader.Read();
            Usage = BedrockUsage.Read(ref reader);
        }
        else if (reader.ValueTextEquals("additionalModelResponseFields"u8))
        {
            Enter(ref reader, Scope.Extra);
        }
        else if (reader.ValueTextEquals("message"u8))
        {
            Message = JsonPiece.TakeString(ref reader);
        }
        else if (reader.ValueTextEquals("originalStatusCode"u8))
        {
            OriginalStatus = JsonPiece.TakeCount(ref reader);
        }
        else
        {
            reader.Skip();
        }
    }

    private void ReadDelta(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("text"u8))
        {
            Text = JsonPiece.TakeString(ref reader);
        }
        else if (reader.ValueTextEquals("toolUse"u8))
        {
            HasTool = true;
            Enter(ref reader, Scope.Tool);
        }
        else if (reader.ValueTextEquals("reasoningContent"u8))
        {
            Enter(ref reader, Scope.Reasoning);
        }
        else
        {
            reader.Skip();
        }
    }

    private void ReadTool(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("toolUseId"u8))
        {
            ToolId = JsonPiece.TakeString(ref reader);
        }
        else if (reader.ValueTextEquals("name"u8))
        {
            ToolName = JsonPiece.TakeString(ref reader);
        }
        else if (reader.ValueTextEquals("input"u8))
        {
            ToolInput = JsonPiece.TakeString(ref reader);
        }
        else
        {
            reader.Skip();
        }
    }

    private void ReadReasoning(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("text"u8))
        {
            Reasoning = JsonPiece.TakeString(ref reader);
        }
        else if (reader.ValueTextEquals("signature"u8))
        {
            Signature = JsonPiece.TakeString(ref reader);
        }
        else if (reader.ValueTextEquals("redactedContent"u8))
        {
            Redacted = JsonPiece.TakeString(ref reader);
        }
        else
        {
            reader.Skip();
        }
    }

    private void Enter(ref Utf8JsonReader reader, Scope scope)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            ReadObject(ref reader, scope);
        }
        else
        {
            reader.Skip();
        }
    }
}
