using System.Text;
using Gateway.Core.Money;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols;

/// <summary>Counts what passes: usage, model, content. Hands it on where there is somebody to hand it to.</summary>
/// <param name="next">The writer of the client's protocol; null where the bytes pass through and are only followed.</param>
internal sealed class MeteringSink(IAnswerSink? next) : IAnswerSink
{
    private long _contentBytes;

    public TokenUsage? Usage { get; private set; }

    public ServiceTier Tier { get; private set; }

    public string? Model { get; private set; }

    /// <summary>Events with content so far.</summary>
    public long ContentEvents { get; private set; }

    /// <summary>Our own count of output tokens, for where the provider gives none: some send a token per event, some many.</summary>
    public long OutputEstimate => TokenGuess.Of(ContentEvents, _contentBytes);

    public void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model)
    {
        if (Model is null && !model.IsEmpty)
        {
            Model = Encoding.UTF8.GetString(model);
        }

        next?.Start(id, model);
    }

    public void Text(ReadOnlySpan<byte> text)
    {
        Count(text);
        next?.Text(text);
    }

    public void Reasoning(ReadOnlySpan<byte> text)
    {
        Count(text);
        next?.Reasoning(text);
    }

    public void ReasoningSignature(ReadOnlySpan<byte> signature) => next?.ReasoningSignature(signature);

    public void RedactedReasoning(ReadOnlySpan<byte> data)
    {
        Count(data);
        next?.RedactedReasoning(data);
    }

    public void Refusal(ReadOnlySpan<byte> text)
    {
        Count(text);
        next?.Refusal(text);
    }

    public void ToolStart(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name)
    {
        Count(name);
        next?.ToolStart(index, id, name);
    }

    public void ToolArguments(int index, ReadOnlySpan<byte> json)
    {
        Count(json);
        next?.ToolArguments(index, json);
    }

    public void ToolSignature(int index, ReadOnlySpan<byte> signature) => next?.ToolSignature(index, signature);

    public void ToolEnd(int index) => next?.ToolEnd(index);

    void IAnswerSink.Usage(in TokenUsage usage)
    {
        Usage = usage;
        next?.Usage(in usage);
    }

    void IAnswerSink.Tier(ServiceTier tier)
    {
        Tier = tier == ServiceTier.Unsaid ? Tier : tier;
        next?.Tier(tier);
    }

    public void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence) => next?.Finish(reason, stopSequence);

    private void Count(ReadOnlySpan<byte> content)
    {
        if (!content.IsEmpty)
        {
            ContentEvents++;
            _contentBytes += content.Length;
        }
    }
}
