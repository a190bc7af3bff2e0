using static Gateway.Moderation.Content.Shapes.CommonShapes;

namespace Gateway.Moderation.Content.Shapes;

/// <summary>Bodies of OpenAI's endpoints. Top-level fields that nobody here knows are read whole.</summary>
internal static class OpenAIShapes
{
    public static readonly Shape Chat = new() { Other = Data };

    public static readonly Shape Completion = new() { Other = Data };

    public static readonly Shape Embedding = new() { Other = Data };

    public static readonly Shape Image = new() { Other = Data };

    public static readonly Shape Speech = new() { Other = Data };

    /// <summary>Cohere's and Jina's: documents are strings, or objects with a text or a picture in them.</summary>
    public static readonly Shape Rerank = new() { Other = Data };

    public static readonly Shape Responses = new() { Other = Data };

    static OpenAIShapes()
    {
        var message = new Shape { Strings = StringUse.Text, Other = Any };
        message["content", "refusal", "reasoning_content"] = Parts;
        message.AddRulesOf(Any);
        Chat["messages"] = message;
        Chat["prediction"] = new Shape { Other = Any, ["type"] = Machine, ["content"] = Parts };
        Chat["tools", "functions", "response_format"] = Descriptions;
        AddKnobs(Chat);

        Completion["prompt", "suffix"] = Texts;
        AddKnobs(Completion);

        Embedding["input"] = Texts;
        AddKnobs(Embedding);

        Image["prompt"] = Texts;
        Image["background", "moderation", "n", "output_compression", "output_format", "partial_images", "quality", "response_format", "size", "stream", "style"] = Shape.Nothing;
        AddKnobs(Image);

        Speech["input", "instructions"] = Texts;
        Speech["voice", "response_format", "speed", "stream_format"] = Shape.Nothing;
        AddKnobs(Speech);

        var document = new Shape { Strings = StringUse.Text, Other = Any };
        document["image"] = Media;
        Rerank["query", "documents"] = document;
        Rerank["rank_fields", "top_n", "return_documents", "max_tokens_per_doc", "max_chunks_per_doc", "truncation"] = Shape.Nothing;
        AddKnobs(Rerank);

        Responses["input"] = Items();
        Responses["instructions"] = Items();
        Responses["prompt"] = new Shape
        {
            Other = Any,
            ["id", "version"] = Machine,

            // The names are the client's, so "type" or "id" may be one of them; the values are text or parts.
            ["variables"] = new Shape { Strings = StringUse.Text, Items = Parts, Other = Parts },
        };
        Responses["tools", "text"] = Descriptions;
        Responses["previous_response_id", "conversation", "include", "truncation", "background", "reasoning", "max_tool_calls", "context_management"] = Shape.Nothing;
        AddKnobs(Responses);
    }

    /// <summary>What stands in an <c>input</c>: a string, or messages, calls, results and reasoning.</summary>
    private static Shape Items()
    {
        var item = new Shape { Strings = StringUse.Text, NumbersAreTokens = true };
        item["id", "type", "role", "status", "call_id", "approval_request_id", "encrypted_content", "server_label"] = Machine;
        item["content", "summary", "output", "text", "refusal"] = Parts;

        // The picture that a hosted tool made.
        item["result"] = new Shape { Strings = StringUse.File, Items = Any, Other = Any };
        item["image_url", "file_data", "file_url", "file_id", "input_audio"] = Media;
        item["tools"] = Descriptions;
        item["arguments", "input", "action", "operation"] = Data;
        item.Other = Any;
        return item;
    }

    /// <summary>What turns knobs and is no text for a model. Stop sequences end an answer and are not read.</summary>
    private static void AddKnobs(Shape root) =>
        root[
            "model", "user", "safety_identifier", "metadata", "stop", "stream_options", "service_tier", "store", "tool_choice", "function_call", "logit_bias",
            "modalities", "audio", "reasoning_effort", "verbosity", "prompt_cache_key", "prompt_cache_retention", "encoding_format"] = Shape.Nothing;
}
