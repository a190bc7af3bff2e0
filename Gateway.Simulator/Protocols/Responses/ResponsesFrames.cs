using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Protocols.OpenAI;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Responses;

/// <summary>The numbered events of a streamed response: items one after another, each added, filled and done.</summary>
internal sealed class ResponsesFrames(ResponsesAnswer response, FaultScript script) : IAnswerFrames
{
    private const int NoItem = int.MinValue;

    private readonly SseBuffer _events = new(script.Crlf);
    private int _item = NoItem;
    private int _index = -1;
    private int _sequence;

    public string ContentType => "text/event-stream; charset=utf-8";

    public ReadOnlyMemory<byte> Open(int choice, AnswerToken? first)
    {
        _events.Clear();
        WriteResponse("response.created"u8, done: false);
        WriteResponse("response.in_progress"u8, done: false);
        return _events.Bytes;
    }

    public ReadOnlyMemory<byte> Token(int choice, AnswerToken token)
    {
        _events.Clear();
        if (token.Call != _item)
        {
            CloseItem();
            OpenItem(token.Call);
        }

        switch (token.Call)
        {
            case AnswerToken.Reasoning when response.ShowReasoning:
                Write("response.reasoning_summary_text.delta"u8, "summary_index"u8, "delta"u8, token.Text);
                break;
            case AnswerToken.Reasoning:
                break;
            case AnswerToken.Content:
                var json = StartPart("response.output_text.delta"u8, "content_index"u8);
                json.WriteString("delta"u8, token.Text);
                json.WriteStartArray("logprobs"u8);
                json.WriteEndArray();
                End(json);
                break;
            default:
                if (!token.StartsCall)
                {
                    Write("response.function_call_arguments.delta"u8, default, "delta"u8, token.Text);
                }

                break;
        }

        return _events.Bytes;
    }

    public ReadOnlyMemory<byte> Finish(int choice, AnswerEnd end)
    {
        _events.Clear();
        CloseItem();
        return _events.Bytes;
    }

    public ReadOnlyMemory<byte> End(Answer answer)
    {
        _events.Clear();
        response.Keep();
        if (!script.NoDone)
        {
            WriteResponse(answer.Choices[0].End == AnswerEnd.Length ? "response.incomplete"u8 : "response.completed"u8, done: true);
        }

        return _events.Bytes;
    }

    public ReadOnlyMemory<byte> Error(ProviderException error)
    {
        _events.Clear();
        var json = Start("error"u8);
        json.WritePropertyName("error"u8);
        ((OpenAIError)error).WriteDetail(json);
        End(json);
        WriteResponse("response.failed"u8, done: false, (OpenAIError)error);
        return _events.Bytes;
    }

    public ReadOnlyMemory<byte> Garbage()
    {
        _events.Clear();
        _events.Raw("{\"type\":\"response.output_text.delta\",\"delta\":"u8, "response.output_text.delta"u8);
        return _events.Bytes;
    }

    public void Dispose() => _events.Dispose();

    private void OpenItem(int item)
    {
        _item = item;
        _index++;
        WriteItem("response.output_item.added"u8, done: false);
        if (item == AnswerToken.Content)
        {
            var json = StartPart("response.content_part.added"u8, "content_index"u8);
            json.WritePropertyName("part"u8);
            ResponsesAnswer.WritePart(json, "");
            End(json);
        }
        else if (item == AnswerToken.Reasoning && response.ShowReasoning)
        {
            WriteSummary("response.reasoning_summary_part.added"u8, "");
        }
    }

    private void CloseItem()
    {
        if (_item == NoItem)
        {
            return;
        }

        var text = response.Text(_item);
        switch (_item)
        {
            case AnswerToken.Content:
                var json = StartPart("response.output_text.done"u8, "content_index"u8);
                json.WriteString("text"u8, text);
                json.WriteStartArray("logprobs"u8);
                json.WriteEndArray();
                End(json);
                json = StartPart("response.content_part.done"u8, "content_index"u8);
                json.WritePropertyName("part"u8);
                ResponsesAnswer.WritePart(json, text);
                End(json);
                break;
            case AnswerToken.Reasoning when response.ShowReasoning:
                Write("response.reasoning_summary_text.done"u8, "summary_index"u8, "text"u8, text);
                WriteSummary("response.reasoning_summary_part.done"u8, text);
                break;
            case AnswerToken.Reasoning:
                break;
            default:
                Write("response.function_call_arguments.done"u8, default, "arguments"u8, text);
                break;
        }

        WriteItem("response.output_item.done"u8, done: true);
        _item = NoItem;
    }

    private void WriteResponse(ReadOnlySpan<byte> name, bool done, OpenAIError? error = null)
    {
        var json = Start(name);
        json.WritePropertyName("response"u8);
        response.WriteResponse(json, done, error);
        End(json);
    }

    private void WriteItem(ReadOnlySpan<byte> name, bool done)
    {
        var json = Start(name);
        json.WriteNumber("output_index"u8, _index);
        json.WritePropertyName("item"u8);
        response.WriteItem(json, _item, done);
        End(json);
    }

    private void WriteSummary(ReadOnlySpan<byte> name, string text)
    {
        var json = StartPart(name, "summary_index"u8);
        json.WritePropertyName("part"u8);
        ResponsesAnswer.WriteSummary(json, text);
        End(json);
    }

    private void Write(ReadOnlySpan<byte> name, ReadOnlySpan<byte> place, ReadOnlySpan<byte> member, string text)
    {
        var json = StartPart(name, place);
        json.WriteString(member, text);
        End(json);
    }

    /// <param name="name">The event.</param>
    /// <param name="place">The member that numbers the parts of the item, always 0 here; empty for an item without parts.</param>
    private Utf8JsonWriter StartPart(ReadOnlySpan<byte> name, ReadOnlySpan<byte> place)
    {
        var json = Start(name);
        json.WriteString("item_id"u8, response.ItemId(_item));
        json.WriteNumber("output_index"u8, _index);
        if (!place.IsEmpty)
        {
            json.WriteNumber(place, 0);
        }

        return json;
    }

    private Utf8JsonWriter Start(ReadOnlySpan<byte> name)
    {
        var json = _events.StartEvent(name);
        json.WriteStartObject();
        json.WriteString("type"u8, name);
        json.WriteNumber("sequence_number"u8, _sequence++);
        return json;
    }

    private void End(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        _events.EndEvent();
    }
}
