using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Writes a request for a message, or for the count of its tokens.</summary>
/// <param name="counts">The request only counts: nothing that steers the answer is written.</param>
internal sealed class AnthropicRequestWriter(Translation translation, bool counts, Utf8JsonWriter json)
{
    private const int LongestUserId = 256;

    private NeutralRequest Request => translation.Request;

    public void Write()
    {
        try
        {
            WriteRequest();
        }
        catch (InvalidOperationException exception)
        {
            // Only the framework's reader throws it: a schema whose text holds half a surrogate pair.
            throw new GatewayException(new GatewayError(GatewayErrorKind.InvalidRequest, "A JSON schema of the request holds text that is no valid Unicode."), exception);
        }
    }

    private void WriteRequest()
    {
        // 1. What depends on the whole request is decided before anything is written.
        var plan = new MessagePlan(translation);
        var emulates = Request.Output is { Kind: OutputKind.JsonSchema } && !translation.Traits.JsonSchema;
        var tools = new ToolWriter(translation, emulates);
        var thinking = ThinkingPlan.Make(translation, plan.MayThink && translation.OutputTool is null, counts);
        if (Request.Output?.Kind == OutputKind.JsonObject)
        {
            // Anthropic has no such mode: it is asked in words.
            plan.System.Add(new TextPart("Respond with one valid JSON object and nothing else: no prose, no code fence.", Request.Output.Path));
            translation.Adapt(NeutralField.Output);
        }
        else if (emulates)
        {
            translation.Adapt(NeutralField.Output);
        }

        plan.System.RemoveAll(static part => part is TextPart { Text: var text } && string.IsNullOrWhiteSpace(text));
        var marks = new CacheMarks(tools.CountMarks() + CacheMarks.Count(plan.System) + CountMarks(plan));
        var parts = new PartWriter(translation, json, marks);

        // 2. Tools, system, messages: the order in which the provider caches, and so in which marks count.
        json.WriteStartObject();
        json.WriteString("model"u8, translation.UpstreamModel);
        if (!counts)
        {
            json.WriteNumber("max_tokens"u8, thinking.MaxTokens);
            if (Request.Stream)
            {
                json.WriteBoolean("stream"u8, true);
            }

            WriteSampling(thinking.IsOn);
            WriteStops();
            WriteRecords();
            SettleRest();
        }

        WriteThinking(thinking);
        WriteOutput(thinking, emulates);
        tools.WriteChoice(json, thinking.IsOn);
        tools.WriteTools(json, marks);
        WriteSystem(plan, parts);
        WriteMessages(plan, parts);
        json.WriteEndObject();
    }

    private static int CountMarks(MessagePlan plan)
    {
        var count = 0;
        foreach (var message in plan.Messages)
        {
            count += CacheMarks.Count(message.Parts);
        }

        return count;
    }

    private void WriteSampling(bool thinks)
    {
        var isFixed = translation.Traits.FixedTemperature;
        var temperature = Request.Temperature;
        if (temperature is { } wanted && (isFixed || (thinks && wanted != 1)))
        {
            translation.Drop(NeutralField.Temperature);
            temperature = null;
        }
        else if (temperature > 1)
        {
            temperature = 1;
            translation.Adapt(NeutralField.Temperature);
        }

        if (temperature is { } value)
        {
            json.WriteNumber("temperature"u8, value);
        }

        if (Request.TopP is { } topP)
        {
            // New models refuse the two together, and a thinking one a narrow choice.
            if (isFixed || temperature is not null || (thinks && topP < 0.95))
            {
                translation.Drop(NeutralField.TopP);
            }
            else
            {
                json.WriteNumber("top_p"u8, topP);
            }
        }

        if (Request.TopK is { } topK)
        {
            if (isFixed || thinks)
            {
                translation.Drop(NeutralField.TopK);
            }
            else
            {
                json.WriteNumber("top_k"u8, topK);
            }
        }
    }

    private void WriteStops()
    {
        if (Request.Stop.Count == 0)
        {
            return;
        }

        json.WriteStartArray("stop_sequences"u8);
        foreach (var stop in Request.Stop)
        {
            if (string.IsNullOrWhiteSpace(stop))
            {
                var field = translation.NameOf(NeutralField.Stop);
                TranslationNotes.Reject(field, $"'{field}' holds a sequence of white space only, which the provider of this model refuses, and leaving it out would change the answer.");
            }

            json.WriteStringValue(stop);
        }

        json.WriteEndArray();
    }

    private void WriteRecords()
    {
        if (Request.EndUser is { Length: > 0 } user)
        {
            if (user.Length > LongestUserId)
            {
                translation.Adapt(NeutralField.EndUser);
                user = user[..(char.IsHighSurrogate(user[LongestUserId - 1]) ? LongestUserId - 1 : LongestUserId)];
            }

            json.WriteStartObject("metadata"u8);
            json.WriteString("user_id"u8, user);
            json.WriteEndObject();
        }

        if (Request.Metadata is not null)
        {
            translation.Drop(NeutralField.Metadata);
        }

        switch (Request.ServiceTier)
        {
            case null:
                break;
            case "auto":
                json.WriteString("service_tier"u8, "auto"u8);
                break;
            case "default":
                json.WriteString("service_tier"u8, "standard_only"u8);
                break;
            default:
                translation.Drop(NeutralField.ServiceTier);
                break;
        }
    }

    /// <summary>What Anthropic has no word for.</summary>
    private void SettleRest()
    {
        RejectIf(Request.Logprobs, NeutralField.Logprobs);
        RejectIf(Request.TopLogprobs > 0, NeutralField.TopLogprobs);
        RejectIf(Request.CandidateCount > 1, NeutralField.CandidateCount);
        DropIf(Request.FrequencyPenalty is not (null or 0), NeutralField.FrequencyPenalty);
        DropIf(Request.PresencePenalty is not (null or 0), NeutralField.PresencePenalty);
        DropIf(Request.Seed is not null, NeutralField.Seed);
        DropIf(Request.LogitBias is not null, NeutralField.LogitBias);
        DropIf(Request.Verbosity is not null, NeutralField.Verbosity);
        DropIf(Request.Store == true, NeutralField.Store);
        DropIf(Request.PromptCacheKey is not null, NeutralField.PromptCacheKey);
        DropIf(Request.ContextWindow is not null, NeutralField.ContextWindow);
    }

    private void RejectIf(bool isSet, NeutralField field)
    {
        if (isSet)
        {
            var name = translation.NameOf(field);
            TranslationNotes.Reject(name, $"'{name}' has no counterpart at the provider of this model, and leaving it out would change the answer. Leave it out, or ask for a model whose provider has it.");
        }
    }

    private void DropIf(bool isSet, NeutralField field)
    {
        if (isSet)
        {
            translation.Drop(field);
        }
    }

    private void WriteThinking(ThinkingPlan thinking)
    {
        if (thinking.Type == ThinkingType.Absent)
        {
            return;
        }

        json.WriteStartObject("thinking"u8);
        json.WriteString("type"u8, thinking.Type switch
        {
            ThinkingType.Enabled => "enabled"u8,
            ThinkingType.Adaptive => "adaptive"u8,
            _ => "disabled"u8,
        });
        if (thinking.Type == ThinkingType.Enabled)
        {
            json.WriteNumber("budget_tokens"u8, thinking.Budget);
        }

        if (thinking.IsOn && Request.Reasoning!.Show is { } show)
        {
            json.WriteString("display"u8, show ? "summarized"u8 : "omitted"u8);
        }

        json.WriteEndObject();
    }

    private void WriteOutput(ThinkingPlan thinking, bool emulates)
    {
        var schema = emulates ? null : Request.Output?.Schema;
        if (schema is null && thinking.Effort is null)
        {
            return;
        }

        json.WriteStartObject("output_config"u8);
        if (thinking.Effort is not null)
        {
            json.WriteString("effort"u8, thinking.Effort);
        }

        if (schema is { } root)
        {
            json.WriteStartObject("format"u8);
            json.WriteString("type"u8, "json_schema"u8);
            json.WritePropertyName("schema"u8);
            if (StrictSchema.Write(json, root, Request.Output!.Description))
            {
                translation.Adapt(NeutralField.Output);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private void WriteSystem(MessagePlan plan, PartWriter parts)
    {
        if (plan.System.Count == 0)
        {
            return;
        }

        json.WriteStartArray("system"u8);
        foreach (var part in plan.System)
        {
            if (part is not TextPart)
            {
                TranslationNotes.Reject(part.Path, $"'{part.Path}' must be text: the provider of this model takes no media in its instructions.");
            }

            parts.Write(part);
        }

        json.WriteEndArray();
    }

    private void WriteMessages(MessagePlan plan, PartWriter parts)
    {
        json.WriteStartArray("messages"u8);
        foreach (var message in plan.Messages)
        {
            json.WriteStartObject();
            json.WriteString("role"u8, message.IsAssistant ? "assistant"u8 : "user"u8);
            json.WriteStartArray("content"u8);
            foreach (var part in message.Parts)
            {
                parts.Write(part);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
