using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Core.Requests;

namespace Gateway.Edge.Budgets;

/// <param name="Money">What the store decides by.</param>
/// <param name="Input">Tokens of <see cref="MoneyBound.InputNanoUsd"/>.</param>
/// <param name="CautiousInput">Tokens of <see cref="MoneyBound.CautiousInputNanoUsd"/>.</param>
internal readonly record struct RequestBound(MoneyBound Money, long Input, long CautiousInput)
{
    /// <summary>Input tokens that an admission's money suffices for; -1 where nothing is held.</summary>
    public long InputFor(AdmissionAnswer answer) => answer.HeldNanoUsd <= 0 ? -1
        : answer.HeldNanoUsd >= MoneyBound.Of(Money.CautiousInputNanoUsd, Money.NanoUsdPerOutputToken, Math.Max(0, answer.OutputCap)) ? CautiousInput : Input;
}

/// <summary>What a request may use at most, in tokens and in money. All of it rounds up; money is integer nano-USD. Stateless.</summary>
internal static class MoneyBounds
{
    /// <summary>An answer that may not even have so many tokens is none.</summary>
    private const long LeastOutput = 16;

    /// <summary>What a picture or sound is at most for models that charge most for it (tiles of small models, multiplied).</summary>
    private const long MostMediaTokens = 50_000;

    /// <summary>A usual picture.</summary>
    private const long UsualMediaTokens = 1_000;

    /// <summary>Sound of any length: no codec that providers take has fewer base64 bytes for a token.</summary>
    private const long MediaBytesPerToken = 16;

    /// <summary>What providers put round the text of a request.</summary>
    private const long FrameTokens = 64;

    /// <summary>What providers put before the text of a request with tools.</summary>
    private const long ToolTokens = 1_024;

    private const long TokensPerPrice = 1_000_000;

    /// <summary>Tokens of the input as learned; nobody is held to it.</summary>
    public static long EstimateInput(in InputSize size, KeyTarget target, bool isForm) => isForm
        ? target.Input.TokensOf(size.MediaBytes, InputRatio.StandardFile)
        : target.Input.TokensOf(size.TextBytes, InputRatio.StandardText) + (size.Media * UsualMediaTokens);

    /// <summary>Tokens that limits reserve: the input's, and as many as nine of ten answers have, or as the client allows.</summary>
    public static long Reserved(long input, in RequestFacts facts, LlmKind kind, in InputSize size, KeyTarget target)
    {
        if (!HasOutput(kind))
        {
            return input;
        }

        long output = target.Output.High;
        return input + (size.Choices * (facts.OutputCap >= 0 ? Math.Min(facts.OutputCap, output) : output));
    }

    /// <param name="input">By <see cref="EstimateInput"/>.</param>
    public static RequestBound Of(long input, in RequestFacts facts, LlmKind kind, in InputSize size, TargetPrice price)
    {
        var cautious = Cautious(in size, price);
        var estimate = size.IsOpen ? cautious : Math.Min(cautious, Likely(input, in size));
        var (cap, least) = CapOf(in facts, kind, price);
        var (inputPrice, outputPrice) = price.For(cautious);
        var perToken = Math.Min(Cost(size.Choices, outputPrice), BudgetConfig.MostNanoUsd / Math.Max(1, cap));
        return new RequestBound(new MoneyBound(Cost(estimate, inputPrice), Cost(cautious, inputPrice), perToken, cap, least), estimate, cautious);
    }

    /// <summary>Whether an output cap can be written into such a request.</summary>
    public static bool HasOutputCap(LlmKind kind) => kind == LlmKind.Chat;

    private static bool HasOutput(LlmKind kind) => kind is LlmKind.Chat or LlmKind.Image or LlmKind.Audio;

    private static (long Cap, long Least) CapOf(in RequestFacts facts, LlmKind kind, TargetPrice price)
    {
        if (!HasOutput(kind))
        {
            return (0, 0);
        }

        if (facts.OutputCap >= 0)
        {
            // More than the model can do costs nothing more.
            var asked = Math.Min(facts.OutputCap, price.MaxOutput ?? long.MaxValue);
            return (asked, asked);
        }

        // What cannot be written into the request must be affordable whole.
        return (price.OutputCap, HasOutputCap(kind) ? Math.Min(price.OutputCap, LeastOutput) : price.OutputCap);
    }

    // What text there is with a margin, and media as the dearest models count them.
    private static long Likely(long input, in InputSize size)
    {
        var media = size.Media == 0 ? 0 : Math.Max(size.Media * MostMediaTokens, size.MediaBytes / MediaBytesPerToken);
        return (((input * 115) + 99) / 100) + media + Frame(in size);
    }

    private static long Cautious(in InputSize size, TargetPrice price)
    {
        // A token is a byte at least. Pictures alone may be more: a small file can have many dots.
        var bytes = size.TextBytes + Math.Max(size.MediaBytes, size.Media * MostMediaTokens) + Frame(in size);
        return size.IsOpen ? price.Context ?? Math.Max(price.MostInput, bytes) : Math.Min(bytes, price.Context ?? long.MaxValue);
    }

    private static long Frame(in InputSize size) => FrameTokens + (size.HasTools ? ToolTokens : 0);

    private static long Cost(long tokens, long perMillion) =>
        (long)Int128.Min((((Int128)tokens * perMillion) + TokensPerPrice - 1) / TokensPerPrice, BudgetConfig.MostNanoUsd);
}
