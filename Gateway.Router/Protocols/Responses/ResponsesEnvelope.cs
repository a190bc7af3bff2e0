using System.Buffers;
using System.Text;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Responses;

/// <summary>Writes the response object around the items. All members that official clients read unchecked are there.</summary>
internal sealed class ResponsesEnvelope(AnswerContext context, ResponsesState state)
{
    private readonly TimeSpan _startedAfter = context.Elapsed();

    /// <summary>The upstream's id where it is one of this protocol, else our own.</summary>
    public string Id { get; private set; } = "resp_" + context.RequestId.ToString("N");

    public void SetUpstreamId(ReadOnlySpan<byte> id)
    {
        if (id.StartsWith("resp_"u8))
        {
            Id = Encoding.UTF8.GetString(id);
        }
    }

    public void WriteInProgress(IBufferWriter<byte> output)
    {
        Begin(output, "in_progress"u8, isOver: false);
        output.Write("\"error\":null,\"incomplete_details\":null,"u8);
        End(output, null, null);
    }

    /// <summary>Writes the end, and keeps it where the client wants that.</summary>
    /// <param name="reason">Null when the upstream gave none: a whole answer.</param>
    public void WriteEnd(IBufferWriter<byte> output, FinishReason? reason, ResponsesAssembly assembly, TokenUsage? usage)
    {
        if (state.Keeper is null)
        {
            WriteWhole(output, reason, assembly, usage);
            return;
        }

        var whole = new ArrayBufferWriter<byte>(1024);
        WriteWhole(whole, reason, assembly, usage);
        state.Keeper.Keep(Id, whole.WrittenSpan);
        output.Write(whole.WrittenSpan);
    }

    private void WriteWhole(IBufferWriter<byte> output, FinishReason? reason, ResponsesAssembly assembly, TokenUsage? usage)
    {
        var cut = CutBy(reason);
        Begin(output, cut.IsEmpty ? "completed"u8 : "incomplete"u8, isOver: true);
        output.Write("\"error\":null,\"incomplete_details\":"u8);
        if (cut.IsEmpty)
        {
            output.Write("null,"u8);
        }
        else
        {
            output.Write("{\"reason\":\""u8);
            output.Write(cut);
            output.Write("\"},"u8);
        }

        End(output, assembly, usage);
    }

    public void WriteFailed(IBufferWriter<byte> output, in ErrorReply error, ResponsesAssembly assembly, TokenUsage? usage)
    {
        Begin(output, "failed"u8, isOver: true);
        output.Write("\"error\":{\"code\":"u8);
        JsonPieces.String(output, error.Code ?? error.Type);
        output.Write(",\"message\":"u8);
        JsonPieces.String(output, error.Message);
        output.Write("},\"incomplete_details\":null,"u8);
        End(output, assembly, usage);
    }

    public static bool IsCut(FinishReason? reason) => !CutBy(reason).IsEmpty;

    private static ReadOnlySpan<byte> CutBy(FinishReason? reason) => reason switch
    {
        FinishReason.Length => "max_output_tokens"u8,
        FinishReason.Filtered => "content_filter"u8,
        _ => default,
    };

    private void Begin(IBufferWriter<byte> output, ReadOnlySpan<byte> status, bool isOver)
    {
        output.Write("{\"id\":"u8);
        JsonPieces.String(output, Id);
        output.Write(",\"object\":\"response\",\"created_at\":"u8);
        JsonPieces.Number(output, context.Created.ToUnixTimeSeconds());
        output.Write(",\"status\":\""u8);
        output.Write(status);
        output.Write("\",\"background\":false,\"completed_at\":"u8);
        if (isOver)
        {
            JsonPieces.Number(output, (context.Created + (context.Elapsed() - _startedAfter)).ToUnixTimeSeconds());
        }
        else
        {
            output.Write("null"u8);
        }

        output.Write(",\"model\":"u8);
        JsonPieces.String(output, context.Model);
        output.Write(","u8);
    }

    private void End(IBufferWriter<byte> output, ResponsesAssembly? assembly, TokenUsage? usage)
    {
        output.Write(state.Echo);
        output.Write("\"output\":["u8);
        assembly?.WriteItems(output);
        output.Write("],\"usage\":"u8);
        if (usage is { } counts)
        {
            WriteUsage(output, in counts);
        }
        else
        {
            output.Write("null"u8);
        }

        output.Write("}"u8);
    }

    private static void WriteUsage(IBufferWriter<byte> output, in TokenUsage usage)
    {
        output.Write("{\"input_tokens\":"u8);
        JsonPieces.Number(output, usage.Input);
        output.Write(",\"input_tokens_details\":{\"cached_tokens\":"u8);
        JsonPieces.Number(output, usage.CachedInput);
        output.Write(",\"cache_write_tokens\":"u8);
        JsonPieces.Number(output, usage.CacheWrite);
        output.Write("},\"output_tokens\":"u8);
        JsonPieces.Number(output, usage.Output);
        output.Write(",\"output_tokens_details\":{\"reasoning_tokens\":"u8);
        JsonPieces.Number(output, usage.Reasoning);
        output.Write("},\"total_tokens\":"u8);
        JsonPieces.Number(output, usage.Input + usage.Output);
        output.Write("}"u8);
    }
}
